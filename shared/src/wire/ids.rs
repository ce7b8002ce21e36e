//! Fixed-size byte newtypes that cross the wire: ids, hashes, public keys, signatures.
//!
//! Nothing secret is here: all of these may be shown and logged. Model ids convert through [`uuid::Uuid`].

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Formats bytes as lower-case hexadecimal.
pub fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(out, "{byte:02x}").expect("invariant: writing to a String cannot fail");
    }
    out
}

/// Parses hexadecimal of exactly `N` bytes; hyphens (as in UUIDs) are skipped.
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut out = [0u8; N];
    let mut digits = text.bytes().filter(|b| *b != b'-');
    for slot in &mut out {
        let high = (digits.next()? as char).to_digit(16)?;
        let low = (digits.next()? as char).to_digit(16)?;
        *slot = u8::try_from(high << 4 | low).ok()?;
    }
    digits.next().is_none().then_some(out)
}

macro_rules! bytes_newtype {
    ($($(#[$doc:meta])* $name:ident, $len:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;
            /// Takes bytes of exactly the right length.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
            /// Returns the bytes.
            pub fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                Self::from_slice(d.bytes()?)
                    .ok_or_else(|| decode::Error::message(concat!("wrong length of ", stringify!($name))))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                from_hex(text).map(Self).ok_or(InvalidId { kind: stringify!($name) })
            }
        }
    )*};
}

macro_rules! shown_as_hex {
    ($($name:ident)*) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&to_hex(&self.0))
            }
        }
    )*};
}

macro_rules! shown_as_uuid {
    ($($name:ident)*) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                uuid::Uuid::from_bytes(self.0).hyphenated().fmt(f)
            }
        }
        impl From<uuid::Uuid> for $name {
            fn from(id: uuid::Uuid) -> Self {
                Self(id.into_bytes())
            }
        }
        impl From<$name> for uuid::Uuid {
            fn from(id: $name) -> Self {
                uuid::Uuid::from_bytes(id.0)
            }
        }
    )*};
}

/// The text is not an id of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a valid {kind}; expected hexadecimal of its exact length")]
pub struct InvalidId {
    /// The type that was expected.
    pub kind: &'static str,
}

bytes_newtype! {
    /// A workspace (a UUID).
    WorkspaceId, 16;
    /// A document of a workspace (a UUID: that of its element, page, view, run, or of the settings).
    DocumentId, 16;
    /// A member of a workspace: a person or a service account (a UUID, random for each workspace).
    MemberId, 16;
    /// An account on a server (a UUID); it opens no data.
    AccountId, 16;
    /// An invitation in a membership log (a UUID).
    InviteId, 16;
    /// A custom role (a UUID).
    RoleId, 16;
    /// A device: the first 16 bytes of SHA-256(domain tag ‖ signing public key ‖ HPKE public key).
    DeviceId, 16;
    /// A server's identity, chosen at its set-up; challenges and tokens are bound to it.
    ServerId, 16;
    /// One life of a server's database; a restore from backup makes a new one.
    Incarnation, 16;
    /// A pairing mailbox on a server, derived from the pairing secret.
    MailboxId, 16;
    /// One run of a program that tells where its person is: random.
    SessionId, 16;
    /// SHA-256: a log entry, a link, a key commitment.
    Hash, 32;
    /// An envelope: SHA-256(header ‖ SHA-256(ciphertext)).
    EnvelopeId, 32;
    /// A sealed chunk of an attachment: an HMAC of its content under a compartment's key.
    BlobId, 32;
    /// A challenge of a server, used once.
    Nonce, 32;
    /// An Ed25519 or X25519 public key.
    PublicKey, 32;
    /// An Ed25519 signature.
    Signature, 64;
}

shown_as_uuid!(WorkspaceId DocumentId MemberId AccountId InviteId RoleId);
shown_as_hex!(DeviceId ServerId Incarnation MailboxId SessionId Hash EnvelopeId BlobId Nonce PublicKey Signature);

impl Hash {
    /// What stands before the first link or entry of a chain.
    pub const ZERO: Self = Self([0; 32]);
}

impl EnvelopeId {
    /// What the first envelope of a stream names as its previous one.
    pub const ZERO: Self = Self([0; 32]);
}

/// One installation's chain of envelopes in one compartment: 8 to 16 random bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    bytes: [u8; 16],
    len: u8,
}

impl StreamId {
    /// Takes 8 to 16 bytes; `None` for any other length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        if !(8..=16).contains(&bytes.len()) {
            return None;
        }
        let mut padded = [0; 16];
        padded.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Self { bytes: padded, len: u8::try_from(bytes.len()).ok()? })
    }

    /// Returns the bytes, 8 to 16 of them.
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl std::fmt::Display for StreamId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&to_hex(self.as_slice()))
    }
}

impl std::fmt::Debug for StreamId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StreamId({self})")
    }
}

impl<C> Encode<C> for StreamId {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.bytes(self.as_slice())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for StreamId {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Self::from_slice(d.bytes()?).ok_or_else(|| decode::Error::message("wrong length of StreamId"))
    }
}
