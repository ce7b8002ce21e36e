//! HPKE (RFC 9180), base mode: X25519, HKDF-SHA256, ChaCha20-Poly1305, one message each.

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{CryptoRng, RngCore};
use hpke::{Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _};
use zeroize::{Zeroize as _, Zeroizing};

use super::aead;
use super::hash::sha256;
use super::random::{Random, RandomFailed, draw};
use super::secret::Secret;
use crate::proof;
use crate::wire::ids::PublicKey;

type Kem = X25519HkdfSha256;
type PrivateKey = <Kem as hpke::Kem>::PrivateKey;

/// An X25519 key pair for HPKE, kept as its 32 private bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct KemKey {
    private: Secret<32>,
    public: PublicKey,
}

/// Why HPKE did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KemError {
    /// The recipient's public key is not usable.
    #[error("the recipient's key is invalid")]
    Key,
    /// The sealed message does not belong to key, info and associated data.
    #[error("the sealed message is not for this key and purpose")]
    NotAuthentic,
    /// The generator failed.
    #[error(transparent)]
    Random(#[from] RandomFailed),
}

impl KemKey {
    /// Derives the pair from 32 secret bytes (RFC 9180 DeriveKeyPair).
    pub fn derive(ikm: &Secret<32>) -> Self {
        let (private, public) = Kem::derive_keypair(ikm.expose());
        Self { private: private_bytes(&private), public: public_bytes(&public) }
    }

    /// Makes a random pair.
    ///
    /// # Errors
    /// [`RandomFailed`].
    pub fn make(random: &dyn Random) -> Result<Self, RandomFailed> {
        Ok(Self::derive(&Secret::make(random)?))
    }

    /// Takes private bytes from the encrypted store.
    pub fn from_private(private: Secret<32>) -> Option<Self> {
        let key = PrivateKey::from_bytes(private.expose()).ok()?;
        Some(Self { public: public_bytes(&Kem::sk_to_pk(&key)), private })
    }

    /// Returns the private bytes, for the encrypted store.
    pub fn private(&self) -> &Secret<32> {
        &self.private
    }

    /// Returns the public key.
    pub fn public(&self) -> PublicKey {
        self.public
    }
}

impl std::fmt::Debug for KemKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KemKey").field("public", &self.public).finish_non_exhaustive()
    }
}

fn private_bytes(key: &PrivateKey) -> Secret<32> {
    let mut bytes = key.to_bytes();
    let secret = Secret::from_slice(&bytes).expect("invariant: X25519 private keys have 32 bytes");
    bytes.as_mut_slice().zeroize();
    secret
}

fn public_bytes(key: &<Kem as hpke::Kem>::PublicKey) -> PublicKey {
    PublicKey::from_slice(&key.to_bytes()).expect("invariant: X25519 public keys have 32 bytes")
}

/// Lets `hpke` draw from our source, and remembers a failure, which voids the result.
struct Source<'a> {
    random: &'a dyn Random,
    failed: bool,
}

impl RngCore for Source<'_> {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }
    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }
    fn fill_bytes(&mut self, out: &mut [u8]) {
        self.failed |= self.random.fill(out).is_err();
    }
}

impl CryptoRng for Source<'_> {}

/// Seals one message to a public key; returns the encapsulated key and the ciphertext.
pub(crate) fn seal(
    recipient: &PublicKey,
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    random: &dyn Random,
) -> Result<(PublicKey, Vec<u8>), KemError> {
    if proof::quick() {
        let encapsulated = PublicKey(draw(random)?);
        let key = stand_in(recipient, &encapsulated, info);
        return Ok((encapsulated, aead::seal(&key, [0; 12], aad, plaintext)));
    }
    let key = <Kem as hpke::Kem>::PublicKey::from_bytes(&recipient.0).map_err(|_| KemError::Key)?;
    let mut source = Source { random, failed: false };
    let sealed = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, Kem, _>(
        &OpModeS::Base,
        &key,
        info,
        plaintext,
        aad,
        &mut source,
    );
    if source.failed {
        return Err(RandomFailed.into());
    }
    let (encapsulated, ciphertext) = sealed.map_err(|_| KemError::Key)?;
    let encapsulated =
        PublicKey::from_slice(&encapsulated.to_bytes()).expect("invariant: encapsulated keys have 32 bytes");
    Ok((encapsulated, ciphertext))
}

/// Opens one message.
pub(crate) fn open(
    recipient: &KemKey,
    encapsulated: &PublicKey,
    info: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, KemError> {
    if proof::quick() {
        let key = stand_in(&recipient.public, encapsulated, info);
        return aead::open(&key, [0; 12], aad, ciphertext)
            .map(Zeroizing::new)
            .map_err(|_| KemError::NotAuthentic);
    }
    let key = PrivateKey::from_bytes(recipient.private.expose()).map_err(|_| KemError::Key)?;
    let encapsulated =
        <Kem as hpke::Kem>::EncappedKey::from_bytes(&encapsulated.0).map_err(|_| KemError::NotAuthentic)?;
    hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
        &OpModeR::Base,
        &key,
        &encapsulated,
        info,
        ciphertext,
        aad,
    )
    .map(Zeroizing::new)
    .map_err(|_| KemError::NotAuthentic)
}

/// What simulations take for a shared secret: everybody could make it, but this code opens only with the recipient's key.
fn stand_in(recipient: &PublicKey, encapsulated: &PublicKey, info: &[u8]) -> [u8; 32] {
    sha256(&[b"no secret\0", &recipient.0, &encapsulated.0, info]).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hazmat::random::{FromFn, seeded};

    #[test]
    fn opens_only_for_key_info_and_data() {
        let random = seeded(2);
        let (alice, bob) = (KemKey::make(&random).unwrap(), KemKey::make(&random).unwrap());
        let (encapsulated, sealed) = seal(&alice.public(), b"info", b"aad", b"key", &random).unwrap();
        assert_eq!(open(&alice, &encapsulated, b"info", b"aad", &sealed).unwrap().as_slice(), b"key");
        assert!(open(&bob, &encapsulated, b"info", b"aad", &sealed).is_err());
        assert!(open(&alice, &encapsulated, b"other", b"aad", &sealed).is_err());
        assert!(open(&alice, &encapsulated, b"info", b"other", &sealed).is_err());
    }

    #[test]
    fn a_failing_generator_voids_the_result() {
        let key = KemKey::make(&seeded(3)).unwrap();
        let broken = FromFn(|_: &mut [u8]| Err(RandomFailed));
        assert_eq!(seal(&key.public(), b"", b"", b"", &broken), Err(KemError::Random(RandomFailed)));
    }

    #[test]
    fn private_bytes_restore_the_pair() {
        let key = KemKey::make(&seeded(4)).unwrap();
        assert_eq!(KemKey::from_private(key.private().clone()), Some(key));
    }
}
