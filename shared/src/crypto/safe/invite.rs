//! The invite secret: what an invitee needs and the server never sees. It derives an Ed25519 invite key, whose
//! public half is in the log's Invite, and a hand-over key that seals the newcomer's names.

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::names::{self, NameError, NameOf};
use crate::crypto::hazmat::hash::hkdf;
use crate::crypto::hazmat::random::{Random, RandomFailed};
use crate::crypto::hazmat::secret::Secret;
use crate::crypto::hazmat::sign::SigningKey;
use crate::membership::body::{DeviceKeysPublic, SealedName};
use crate::wire::cbor::{self, CodecError};
use crate::wire::ids::{DeviceId, Hash, InviteId, MemberId, PublicKey, ServerId, Signature, WorkspaceId};
use crate::wire::payload;

const SALT: &[u8] = b"groundplan/invite/v1\0";

/// An invite secret of 160 random bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteSecret(Secret<20>);

/// What a Join's `invite_signature` is over.
pub fn join_payload(
    workspace: &WorkspaceId,
    invite: &InviteId,
    member: &MemberId,
    device: &DeviceKeysPublic,
) -> Vec<u8> {
    [
        b"groundplan/join/v1\0".as_slice(),
        &workspace.0,
        &invite.0,
        &member.0,
        &device.signing.0,
        &device.hpke.0,
    ]
    .concat()
}

impl InviteSecret {
    /// Makes a random secret.
    ///
    /// # Errors
    /// [`RandomFailed`].
    pub fn make(random: &dyn Random) -> Result<Self, RandomFailed> {
        Ok(Self(Secret::make(random)?))
    }

    fn key(&self) -> SigningKey {
        SigningKey::from_seed(Secret::new(hkdf(self.0.expose(), SALT, &[b"signing"])))
    }

    fn handover(&self) -> Secret<32> {
        Secret::new(hkdf(self.0.expose(), SALT, &[b"hand-over"]))
    }

    /// Derives the public half of the invite key, for the log's Invite.
    pub fn public(&self) -> PublicKey {
        self.key().public()
    }

    /// Signs a join.
    pub fn sign_join(
        &self,
        workspace: &WorkspaceId,
        invite: &InviteId,
        member: &MemberId,
        device: &DeviceKeysPublic,
    ) -> Signature {
        self.key().sign(&join_payload(workspace, invite, member, device))
    }

    /// Signs a request to read the log before joining.
    pub fn sign_access(
        &self,
        server: &ServerId,
        workspace: &WorkspaceId,
        invite: &InviteId,
        device: &DeviceId,
    ) -> Signature {
        self.key().sign(&payload::invite_access(server, workspace, invite, device))
    }

    /// Seals a newcomer's member or device name for whoever made the invitation.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn seal_name(
        &self,
        workspace: &WorkspaceId,
        of: NameOf,
        name: &str,
        random: &dyn Random,
    ) -> Result<SealedName, NameError> {
        names::seal_handover_name(&self.handover(), workspace, of, name, random)
    }

    /// Opens a newcomer's name; `None` if it is not authentic.
    pub fn open_name(&self, workspace: &WorkspaceId, of: NameOf, name: &SealedName) -> Option<String> {
        names::open_handover_name(&self.handover(), workspace, of, name)
    }

    /// Returns the secret for the inviter's encrypted store (needed to open the newcomer's names).
    pub fn to_secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.0.to_vec()
    }

    /// Restores the secret; `None` if it is not 20 bytes.
    pub fn from_secret_bytes(bytes: &[u8]) -> Option<Self> {
        Secret::from_slice(bytes).map(Self)
    }
}

/// All that an invitee gets, in a link's fragment or a QR code: it must not pass through a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteTicket {
    /// Where the server is.
    pub server_url: String,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The invitation.
    pub invite: InviteId,
    /// Hash of the workspace's genesis: the anchor of the log.
    pub genesis: Hash,
    /// The secret.
    pub secret: InviteSecret,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct TicketForm {
    #[n(0)]
    version: u8,
    #[n(1)]
    server_url: String,
    #[n(2)]
    workspace: WorkspaceId,
    #[n(3)]
    invite: InviteId,
    #[n(4)]
    genesis: Hash,
    #[cbor(n(5), with = "minicbor::bytes")]
    secret: Vec<u8>,
}

impl InviteTicket {
    /// Writes the ticket as base64url text.
    pub fn to_text(&self) -> Zeroizing<String> {
        let form = TicketForm {
            version: 1,
            server_url: self.server_url.clone(),
            workspace: self.workspace,
            invite: self.invite,
            genesis: self.genesis,
            secret: self.secret.0.expose().to_vec(),
        };
        Zeroizing::new(cbor::to_base64(&Zeroizing::new(cbor::encode(&form))))
    }

    /// Reads a ticket.
    ///
    /// # Errors
    /// [`CodecError`].
    pub fn parse(text: &str) -> Result<Self, CodecError> {
        let bytes = Zeroizing::new(cbor::from_base64(text.trim()).ok_or(CodecError::Malformed)?);
        let form: TicketForm = cbor::decode_canonical(&bytes, 4096)?;
        if form.version != 1 {
            return Err(CodecError::Version { version: form.version });
        }
        let secret = InviteSecret::from_secret_bytes(&form.secret).ok_or(CodecError::Malformed)?;
        Ok(Self {
            server_url: form.server_url,
            workspace: form.workspace,
            invite: form.invite,
            genesis: form.genesis,
            secret,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hazmat::random::seeded;

    #[test]
    fn a_ticket_survives_its_text_and_hides_its_secret_in_debug() {
        let ticket = InviteTicket {
            server_url: "https://plan.example".into(),
            workspace: WorkspaceId([1; 16]),
            invite: InviteId([2; 16]),
            genesis: Hash([3; 32]),
            secret: InviteSecret::make(&seeded(17)).unwrap(),
        };
        let text = ticket.to_text();
        assert_eq!(InviteTicket::parse(&text), Ok(ticket.clone()));
        assert!(InviteTicket::parse(text.get(1..).unwrap()).is_err());
        assert!(format!("{ticket:?}").contains("redacted"));
    }

    #[test]
    fn the_vector_is_kept_for_ever() {
        let secret = InviteSecret::from_secret_bytes(&[7; 20]).unwrap();
        assert_eq!(
            secret.public().to_string(),
            "fc8be4bdd4a6a518b7f46bd2c6d26feb11a65d5054701cedbddaf1b5af1700aa"
        );
    }

    #[test]
    fn names_open_only_with_the_secret() {
        let random = seeded(18);
        let (secret, other) = (InviteSecret::make(&random).unwrap(), InviteSecret::make(&random).unwrap());
        let (w, of) = (WorkspaceId([1; 16]), NameOf::Device([4; 16]));
        let name = secret.seal_name(&w, of, "laptop", &random).unwrap();
        assert_eq!(secret.open_name(&w, of, &name).as_deref(), Some("laptop"));
        assert_eq!(other.open_name(&w, of, &name), None);
    }
}
