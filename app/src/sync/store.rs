//! What the state machine needs of a store: small reads and writes inside one transaction.
//!
//! Two implementations: `sqlite` over the workspace's database, `memory` for the simulation. No logic is here.

use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::safe::{CompartmentKey, InviteSecret};
use groundplan_shared::envelope::SavedChange;
use groundplan_shared::membership::CutItem;
use groundplan_shared::wire::{
    DeviceId, DocumentId, EnvelopeId, Hash, Incarnation, InviteId, ServerId, StreamId,
};

use super::SyncError;
use super::healing::HealingTx;

/// What became of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EnvelopeState {
    /// Ours, sealed, not acknowledged: it is sent again byte for byte.
    Sealed,
    /// Ours, acknowledged, not yet read back from the server.
    Stored,
    /// Verified and applied.
    Applied,
    /// Verified and in place, but its content cannot be applied yet: this device lacks the key, or the document's
    /// beginning.
    Locked,
    /// In place, but something before it is missing in its author's chain or in the membership log.
    Waiting,
    /// Its place is not verified: something before it is missing in the document's log.
    Held,
    /// In place, but its signature was damaged on the way: the true bytes are asked for again.
    Broken,
}

impl EnvelopeState {
    /// The word that is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Stored => "stored",
            Self::Applied => "applied",
            Self::Locked => "locked",
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Broken => "broken",
        }
    }

    /// Reads the stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Sealed, Self::Stored, Self::Applied, Self::Locked, Self::Waiting, Self::Held, Self::Broken]
            .into_iter()
            .find(|state| state.word() == word)
    }
}

/// Where the server put an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Place in the workspace's feed.
    pub ws_seq: u64,
    /// Place in the document's log, from 1.
    pub doc_seq: u64,
    /// The document's link after it.
    pub link: Hash,
    /// The log index that the link covers.
    pub log_index: u64,
}

/// The push of an acknowledged envelope that was read back and waits for what lies before it in its document.
pub(super) const READ_BACK: u64 = 0;

/// An envelope with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeRow {
    /// Its id.
    pub env_id: EnvelopeId,
    /// Its document.
    pub document: DocumentId,
    /// Its compartment.
    pub compartment: Compartment,
    /// Its author.
    pub author: DeviceId,
    /// The author's stream.
    pub stream: StreamId,
    /// Its number there.
    pub dev_seq: u64,
    /// The one before it there.
    pub previous: EnvelopeId,
    /// What became of it.
    pub state: EnvelopeState,
    /// The push it belongs to, while sealed; [`READ_BACK`] of a stored one that came back too early for its place.
    pub push: Option<u64>,
    /// Where the server put it, once known.
    pub place: Option<Place>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The end of a chain of envelopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// Number of the last one; 0: none yet.
    pub dev_seq: u64,
    /// Its id; zero at 0.
    pub env_id: EnvelopeId,
}

/// The verified end of a document's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentHead {
    /// Place of the last envelope; 0: none.
    pub doc_seq: u64,
    /// The link there; zero at 0.
    pub link: Hash,
    /// The log index that the link covers.
    pub log_index: u64,
    /// The compartment of the document's first envelope; none before it.
    pub compartment: Option<Compartment>,
}

impl DocumentHead {
    /// Before the first envelope.
    pub const START: Self = Self { doc_seq: 0, link: Hash::ZERO, log_index: 0, compartment: None };
}

/// A change of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its number; numbers grow.
    pub id: u64,
    /// The atomic edit that it belongs to.
    pub batch: u64,
    /// The document.
    pub document: DocumentId,
    /// The compartment of the document.
    pub compartment: Compartment,
    /// One Automerge change, or several of one document one after the other, which travel in one envelope.
    pub change: Vec<u8>,
}

/// Something wrong that outlives a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// The server shows an older state than it showed before.
    RolledBack,
    /// The server shows another history than it showed before, or showed somebody else.
    Forked,
    /// The server's database is another one than before.
    Restored,
    /// The membership log that the server sent breaks a rule.
    BadLog,
    /// The documents that the server shows are not those that a rotation of keys was signed over.
    CutBroken,
}

impl Alarm {
    /// The word that is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::RolledBack => "rolled_back",
            Self::Forked => "forked",
            Self::Restored => "restored",
            Self::BadLog => "bad_log",
            Self::CutBroken => "cut_broken",
        }
    }

    /// Reads the stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::RolledBack, Self::Forked, Self::Restored, Self::BadLog, Self::CutBroken]
            .into_iter()
            .find(|a| a.word() == word)
    }
}

/// What is known about the server and the feed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncRecord {
    /// Address of the server; `None`: the workspace is local only.
    pub server_url: Option<String>,
    /// Its identity, once met.
    pub server_id: Option<ServerId>,
    /// The life of its database, once met.
    pub incarnation: Option<Incarnation>,
    /// Whether the server has the workspace.
    pub uploaded: bool,
    /// Everything up to here was read.
    pub feed_cursor: u64,
    /// When everything was last up to date; 0: never.
    pub synced_ms: u64,
    /// The device last heard from.
    pub heard_device: Option<DeviceId>,
    /// When.
    pub heard_ms: u64,
    /// What is wrong with the server.
    pub alarm: Option<Alarm>,
    /// The life that the server shows now, while no owner has signed it.
    pub found: Option<Incarnation>,
    /// The life that the person of this device, an owner, wants to sign.
    pub approved: Option<Incarnation>,
    /// Whether everything is read anew under a signed life, and what the server lost goes back.
    pub resend: bool,
    /// When everything that the server had was last read; 0: never.
    pub contact_ms: u64,
}

/// An item set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineRow {
    /// The envelope as far as it can be named.
    pub env_id: EnvelopeId,
    /// The document that the server named.
    pub document: DocumentId,
    /// Its place in the feed.
    pub ws_seq: u64,
    /// Its place in the document.
    pub doc_seq: u64,
    /// Why.
    pub reason: String,
    /// When.
    pub at_ms: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Why changes could not be applied to a document, which is as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unappliable {
    /// The document's beginning is not here yet.
    NotYet,
    /// They are no changes that this program accepts.
    Bad(String),
}

/// One transaction. Every method reads what earlier ones wrote.
#[expect(missing_docs, reason = "each method reads or writes the record that its name and types say")]
pub trait SyncTx: HealingTx {
    fn record(&mut self) -> Result<SyncRecord, SyncError>;
    fn set_record(&mut self, record: &SyncRecord) -> Result<(), SyncError>;

    /// All entries of the log from an index on.
    fn log_from(&mut self, index: u64) -> Result<Vec<Vec<u8>>, SyncError>;
    fn log_hash(&mut self, index: u64) -> Result<Option<Hash>, SyncError>;
    fn log_append(&mut self, index: u64, hash: Hash, entry: &[u8]) -> Result<(), SyncError>;

    fn key(&mut self, compartment: Compartment, epoch: u32) -> Result<Option<CompartmentKey>, SyncError>;
    fn put_key(
        &mut self,
        compartment: Compartment,
        epoch: u32,
        key: &CompartmentKey,
    ) -> Result<(), SyncError>;

    /// Takes everything of a compartment from this device, keys and documents; what was not sent is kept as words.
    fn purge(&mut self, compartment: Compartment) -> Result<(), SyncError>;

    fn own_stream(&mut self, compartment: Compartment) -> Result<Option<StreamId>, SyncError>;
    fn set_own_stream(&mut self, compartment: Compartment, stream: StreamId) -> Result<(), SyncError>;
    fn chain(&mut self, author: DeviceId, stream: StreamId) -> Result<Option<ChainHead>, SyncError>;
    fn set_chain(&mut self, author: DeviceId, stream: StreamId, head: ChainHead) -> Result<(), SyncError>;

    fn head(&mut self, document: DocumentId) -> Result<DocumentHead, SyncError>;
    fn set_head(&mut self, document: DocumentId, head: DocumentHead) -> Result<(), SyncError>;

    /// Keeps where a document stood when the membership log moved on under it.
    fn put_turn(&mut self, document: DocumentId, head: DocumentHead) -> Result<(), SyncError>;
    /// Lists where the documents of a compartment stood before the entry of an index; `u64::MAX`: where they stand.
    fn stood(&mut self, compartment: Compartment, before: u64) -> Result<Vec<CutItem>, SyncError>;
    /// The start of the newest epoch whose rotation cut was verified, and those before it; 0: none but genesis.
    fn cut(&mut self, compartment: Compartment) -> Result<u64, SyncError>;
    fn set_cut(&mut self, compartment: Compartment, log_index: u64) -> Result<(), SyncError>;

    fn envelope(&mut self, id: EnvelopeId) -> Result<Option<EnvelopeRow>, SyncError>;
    /// Finds the link that was verified or acknowledged at a place of a document.
    fn link_at(
        &mut self,
        document: DocumentId,
        doc_seq: u64,
    ) -> Result<Option<(EnvelopeId, Place)>, SyncError>;
    /// Says whether an envelope of the document was ever sealed or received.
    fn document_known(&mut self, document: DocumentId) -> Result<bool, SyncError>;
    fn put_envelope(&mut self, row: &EnvelopeRow) -> Result<(), SyncError>;
    fn remove_envelope(&mut self, id: EnvelopeId) -> Result<(), SyncError>;
    /// Lists envelopes in a state, oldest first.
    fn envelopes_in(&mut self, state: EnvelopeState, limit: usize) -> Result<Vec<EnvelopeRow>, SyncError>;
    /// Lists what is stored and marked [`READ_BACK`], oldest first. It has no state of its own, so that older stores are
    /// read as they are.
    fn read_back(&mut self, limit: usize) -> Result<Vec<EnvelopeRow>, SyncError>;
    fn count_in(&mut self, state: EnvelopeState) -> Result<u64, SyncError>;

    fn quarantine(&mut self, row: &QuarantineRow) -> Result<(), SyncError>;
    fn quarantined(&mut self) -> Result<u64, SyncError>;
    /// Lists what was set aside, the latest first.
    fn quarantine_list(&mut self, limit: usize) -> Result<Vec<QuarantineRow>, SyncError>;

    fn refuse_document(&mut self, document: DocumentId, code: &str, message: &str) -> Result<(), SyncError>;
    /// The first refused document's message and how many there are.
    fn refused(&mut self) -> Result<Option<(String, u64)>, SyncError>;
    fn clear_refused(&mut self) -> Result<(), SyncError>;

    /// Lists unsealed changes in order, without those of refused documents: at most `rows` of them, and no more
    /// after `bytes` are reached, but always the whole of the last batch that fits.
    fn outbox_unsealed(&mut self, rows: usize, bytes: usize) -> Result<Vec<OutboxRow>, SyncError>;
    /// Puts a change of a document that is here back into the outbox.
    fn outbox_put(
        &mut self,
        document: DocumentId,
        compartment: Compartment,
        change: &[u8],
    ) -> Result<(), SyncError>;
    fn outbox_seal(&mut self, rows: &[u64], id: EnvelopeId) -> Result<(), SyncError>;
    fn outbox_unseal(&mut self, id: EnvelopeId) -> Result<(), SyncError>;
    fn outbox_done(&mut self, id: EnvelopeId) -> Result<(), SyncError>;
    fn outbox_count(&mut self) -> Result<u64, SyncError>;

    fn invite_secret(&mut self, invite: InviteId) -> Result<Option<InviteSecret>, SyncError>;
    fn put_invite_secret(
        &mut self,
        invite: InviteId,
        secret: &InviteSecret,
        expires_ms: u64,
    ) -> Result<(), SyncError>;
    fn remove_invite_secret(&mut self, invite: InviteId) -> Result<(), SyncError>;

    /// Returns the actor of a change without applying it; `None` if it is not a change.
    fn actor(&mut self, change: &[u8]) -> Option<Vec<u8>>;
    /// Returns the hash of a change; `None` if it is not a change.
    fn change_hash(&mut self, change: &[u8]) -> Option<Hash>;
    /// Saves a document as it stands; `None` if it is not here.
    fn save(&mut self, document: DocumentId) -> Result<Option<Vec<u8>>, SyncError>;
    /// Decodes a save within limits into its changes, causes first; `None` if it cannot be read.
    fn saved_changes(&mut self, save: &[u8]) -> Option<Vec<(SavedChange, Vec<u8>)>>;
    /// Says whether changes only talk: they begin a thread of comments or go on in one, and take nothing from others.
    /// `own` says of an actor whether it is their author's. `None`: that shows when the document's beginning has come.
    fn talks(
        &mut self,
        document: DocumentId,
        changes: &[Vec<u8>],
        own: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Option<bool>, SyncError>;
    /// Applies verified changes to a document, in the same transaction.
    fn apply(
        &mut self,
        document: DocumentId,
        compartment: Compartment,
        changes: &[Vec<u8>],
    ) -> Result<Result<(), Unappliable>, SyncError>;
}

/// A store: runs closures as transactions, all or nothing and durable when `Ok` returns.
pub trait SyncStore: Send + Sync {
    /// Runs `work` in one transaction.
    ///
    /// # Errors
    /// Those of `work`, and [`SyncError::Store`]; nothing is written then.
    fn transaction(
        &self,
        work: &mut dyn FnMut(&mut dyn SyncTx) -> Result<(), SyncError>,
    ) -> Result<(), SyncError>;
}

/// Runs `work` in one transaction of `store` and returns its value.
///
/// # Errors
/// Those of [`SyncStore::transaction`].
pub fn run<T>(
    store: &dyn SyncStore,
    mut work: impl FnMut(&mut dyn SyncTx) -> Result<T, SyncError>,
) -> Result<T, SyncError> {
    let mut value = None;
    store.transaction(&mut |tx| {
        value = Some(work(tx)?);
        Ok(())
    })?;
    Ok(value.expect("invariant: a committed transaction ran its work"))
}

/// Notes an alarm; the first one stays.
pub(super) fn raise(tx: &mut dyn SyncTx, alarm: Alarm) -> Result<(), SyncError> {
    let mut record = tx.record()?;
    if record.alarm.is_none() {
        record.alarm = Some(alarm);
        tx.set_record(&record)?;
    }
    Ok(())
}
