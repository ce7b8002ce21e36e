//! The values that cross the store's boundary. All content in them is ciphertext or a signed record, as bytes.

use groundplan_shared::auth::Compartment;
use groundplan_shared::wire::ids::{from_hex, to_hex};
use groundplan_shared::wire::{
    AccountId, DeviceId, DocumentId, EnvelopeId, Hash, Incarnation, PublicKey, StreamId, WorkspaceId,
};

use super::ids::FamilyId;

/// Milliseconds since 1970, by the server's clock.
pub type UnixMs = i64;

/// What an account may do on this server. Roles inside workspaces live in the membership log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountRole {
    /// Uses workspaces.
    Member,
    /// Also makes invitations.
    Admin,
}

impl AccountRole {
    /// The word that is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }

    /// Reads the stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "member" => Some(Self::Member),
            "admin" => Some(Self::Admin),
            _ => None,
        }
    }
}

/// Whether an account may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStatus {
    /// It may.
    Active,
    /// It may not; its sessions are over.
    Disabled,
}

impl AccountStatus {
    /// The word that is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// Reads the stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "active" => Some(Self::Active),
            "disabled" => Some(Self::Disabled),
            _ => None,
        }
    }
}

/// An account on this server.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its sign-in name, normalised.
    pub name: String,
    /// The OPAQUE registration record.
    pub opaque_record: Vec<u8>,
    /// Its role on this server.
    pub role: AccountRole,
    /// Whether it may sign in.
    pub status: AccountStatus,
    /// When it was made.
    pub created_at: UnixMs,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

/// A single-use invitation to register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// SHA-256 of the token; the token itself is shown once and not stored.
    pub token_hash: Hash,
    /// The role that the new account gets.
    pub role: AccountRole,
    /// Who made it; none for the command line.
    pub created_by: Option<AccountId>,
    /// When it was made.
    pub created_at: UnixMs,
    /// When it ends.
    pub expires_at: UnixMs,
}

/// A device of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Whose it is.
    pub account: AccountId,
    /// Its Ed25519 public key.
    pub signing_key: PublicKey,
    /// Its X25519 public key for HPKE.
    pub sealing_key: PublicKey,
    /// When it was registered.
    pub created_at: UnixMs,
    /// When it last began or renewed a session; its registration where it never did. Ignored when registering.
    pub last_seen_at: UnixMs,
    /// When it was revoked, if it was.
    pub revoked_at: Option<UnixMs>,
}

/// A family of refresh tokens: the chain of tokens that one sign-in on one device leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshFamily {
    /// Its id.
    pub id: FamilyId,
    /// Whose it is.
    pub account: AccountId,
    /// The device it is bound to.
    pub device: DeviceId,
    /// SHA-256 of the valid token.
    pub current_hash: Hash,
    /// When the chain began.
    pub created_at: UnixMs,
    /// When it ends, used or not.
    pub expires_at: UnixMs,
    /// The sign-in brought a second factor, or was by key alone.
    pub second_factor: bool,
}

/// A session that lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveSession {
    /// Its sign-in brought a second factor, or was by key alone.
    pub second_factor: bool,
}

/// What a rotation asks for.
#[derive(Debug, Clone)]
pub struct Rotate {
    /// SHA-256 of the token that the client presented.
    pub presented: Hash,
    /// SHA-256 of the token that would follow.
    pub next: Hash,
    /// The following token, sealed under the presented one.
    pub next_sealed: Vec<u8>,
    /// Now.
    pub now: UnixMs,
    /// How long after a rotation the previous token still yields the same successor, in milliseconds.
    pub grace_ms: i64,
    /// How long a family may lie unused, in milliseconds.
    pub idle_ms: i64,
}

/// How long tokens that were replaced are remembered, in milliseconds: seven days.
pub(super) const REMEMBERED_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// What a rotation led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// The next token is valid now.
    Rotated(RefreshOwner),
    /// The response to an earlier rotation was lost: the successor made then, sealed under the presented token.
    Repeated(RefreshOwner, Vec<u8>),
    /// A token was used again: the family is revoked.
    Reused(RefreshOwner),
    /// The family is revoked or has ended.
    Ended,
}

/// Whom a refresh family belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshOwner {
    /// The account.
    pub account: AccountId,
    /// The device.
    pub device: DeviceId,
}

/// A workspace as the server knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// The account that pays for its storage.
    pub owner: AccountId,
    /// The life of the server's database in which it was made.
    pub incarnation: Incarnation,
    /// Entries in its membership log.
    pub log_length: u64,
    /// Hash of the last entry.
    pub log_head: Hash,
    /// The last feed position.
    pub last_ws_seq: u64,
    /// Bytes of log entries and envelopes.
    pub stored_bytes: u64,
}

/// A membership log entry that the one validator accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// Its index, from 0.
    pub index: u64,
    /// Its hash.
    pub hash: Hash,
    /// Its signed bytes as received.
    pub entry: Vec<u8>,
}

/// An envelope whose outside was verified at a known log head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEnvelope {
    /// Its id.
    pub env_id: EnvelopeId,
    /// Its document.
    pub document: DocumentId,
    /// Its author.
    pub author: DeviceId,
    /// The author's stream.
    pub stream: StreamId,
    /// Its number in the stream.
    pub dev_seq: u64,
    /// `env_id` of the author's previous envelope in the stream; zeros for the first.
    pub previous: EnvelopeId,
    /// The compartment whose key sealed it.
    pub compartment: Compartment,
    /// Its bytes as received.
    pub bytes: Vec<u8>,
}

/// Where an envelope stands in the log of its document and in the feed of its workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// The envelope.
    pub env_id: EnvelopeId,
    /// Position in its document, from 1, contiguous.
    pub doc_seq: u64,
    /// Chain link at that position.
    pub link: Hash,
    /// Position in the workspace's feed, from 1, contiguous.
    pub ws_seq: u64,
    /// Head index of the membership log when it was accepted; part of the link.
    pub log_index: u64,
    /// Whether it was there before.
    pub repeated: bool,
}

/// A batch to append, all or nothing.
#[derive(Debug, Clone)]
pub struct AppendBatch {
    /// Length of the log at which the batch was verified; anything else is `HeadMoved`.
    pub log_length: u64,
    /// Head of the log at which the batch was verified.
    pub log_head: Hash,
    /// The envelopes, in order.
    pub envelopes: Vec<NewEnvelope>,
    /// Bytes that the workspace may hold.
    pub quota_bytes: u64,
    /// Now.
    pub now: UnixMs,
}

/// An envelope as it lies in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEnvelope {
    /// Position in the feed.
    pub ws_seq: u64,
    /// Its document.
    pub document: DocumentId,
    /// Position in its document.
    pub doc_seq: u64,
    /// Chain link there.
    pub link: Hash,
    /// Head index of the membership log when it was accepted; part of the link.
    pub log_index: u64,
    /// Its compartment.
    pub compartment: Compartment,
    /// Its bytes as received.
    pub bytes: Vec<u8>,
}

/// A bounded piece of a feed or of a document's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Envelopes in ascending order.
    pub envelopes: Vec<StoredEnvelope>,
    /// Whether there is more after the last one.
    pub more: bool,
}

/// How much a page may hold.
#[derive(Debug, Clone, Copy)]
pub struct PageLimit {
    /// Rows; at least one is returned if there is one.
    pub rows: usize,
    /// Bytes of envelopes; the first is returned whatever its size.
    pub bytes: usize,
}

/// A document's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentHead {
    /// The document.
    pub document: DocumentId,
    /// Its last position.
    pub doc_seq: u64,
    /// The link there.
    pub link: Hash,
    /// The compartment of the envelope there.
    pub compartment: Compartment,
}

/// Counters for operators.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Accounts.
    pub accounts: u64,
    /// Devices not revoked.
    pub devices: u64,
    /// Workspaces.
    pub workspaces: u64,
    /// Bytes of log entries and envelopes.
    pub stored_bytes: u64,
}

impl Device {
    /// Decides what it means that `again` is registered although this device is there.
    pub(super) fn admits(&self, again: &Self) -> Result<(), super::StoreError> {
        use super::{Conflict, StoreError};
        if self.revoked_at.is_some() {
            Err(StoreError::Conflict(Conflict::DeviceRevoked))
        } else if self.account == again.account
            && self.signing_key == again.signing_key
            && self.sealing_key == again.sealing_key
        {
            Ok(())
        } else {
            Err(StoreError::Conflict(Conflict::DeviceExists))
        }
    }
}

impl Rotate {
    /// Decides what a presented token means, from what is stored of its family. Shared by both stores, so that they
    /// cannot differ. `times` are the last rotation and the end of the family; `previous` is the hash of the token
    /// before the current one with the current one sealed under it.
    pub(super) fn judge(
        &self,
        owner: RefreshOwner,
        current: Hash,
        previous: Option<(Hash, Vec<u8>)>,
        times: (UnixMs, UnixMs),
        alive: bool,
    ) -> Rotation {
        let (rotated_at, expires_at) = times;
        if !alive || self.now >= expires_at || self.now.saturating_sub(rotated_at) > self.idle_ms {
            return Rotation::Ended;
        }
        if self.presented == current {
            return Rotation::Rotated(owner);
        }
        match previous {
            Some((hash, sealed))
                if hash == self.presented && self.now.saturating_sub(rotated_at) <= self.grace_ms =>
            {
                Rotation::Repeated(owner, sealed)
            }
            // A token of this family that is neither current nor the one just lost: somebody kept a copy.
            _ => Rotation::Reused(owner),
        }
    }
}

/// What one replica tells the others after a commit; a hint to look, never the news itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Announcement {
    /// Something was appended in this workspace.
    Workspace(WorkspaceId),
    /// Sessions of this account ended.
    Sessions(AccountId),
}

impl Announcement {
    /// The text form, of one length for all.
    pub(super) fn encode(self) -> String {
        match self {
            Self::Workspace(id) => format!("w{}", to_hex(&id.0)),
            Self::Sessions(id) => format!("s{}", to_hex(&id.0)),
        }
    }

    /// Reads the text form.
    pub(super) fn decode(text: &str) -> Option<Self> {
        let mut letters = text.chars();
        let kind = letters.next()?;
        let id = from_hex(letters.as_str())?;
        match kind {
            'w' => Some(Self::Workspace(WorkspaceId(id))),
            's' => Some(Self::Sessions(AccountId(id))),
            _ => None,
        }
    }
}

/// Reads the stored number of a compartment.
pub(super) fn compartment(number: i64) -> Option<Compartment> {
    Compartment::ALL.into_iter().find(|compartment| i64::from(compartment.number()) == number)
}
