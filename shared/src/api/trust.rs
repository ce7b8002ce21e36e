//! Commands about what the server sent and should not have, and about work that could not be sent.
//!
//! Not here: the checks themselves (`app::sync`).

use serde::{Deserialize, Serialize};

/// Lists received items that fail a check.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncQuarantineParams {
    /// At most so many; 0 means 200.
    #[serde(default)]
    pub limit: u32,
}

/// An item set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineView {
    /// The envelope as far as it can be named, in hexadecimal.
    pub envelope: String,
    /// The document that the server named.
    pub document: String,
    /// Who claims to have written it, if that can be read.
    pub author: Option<String>,
    /// Why.
    pub reason: String,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Items set aside; nothing of them is applied, and nothing else waits for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineList {
    /// The rows, the latest first.
    pub items: Vec<QuarantineView>,
    /// How many there are.
    pub total: u64,
}

/// Shows what is wrong with the server, with the proof.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncAlarmParams {}

/// What is wrong with the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmView {
    /// `rolled_back`, `forked`, `restored`, `bad_log`, `cut_broken`; none if nothing is.
    pub alarm: Option<String>,
    /// What it means and what to do.
    pub problem: Option<super::ApiError>,
    /// What this device saw, as JSON to hand to others: server, log head, places of documents, signed bytes. No content.
    pub proof: String,
    /// What a person may answer with `sync/settle`; empty if only the server can settle it.
    pub answers: Vec<String>,
}

/// Settles an alarm after a person looked at it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncSettleParams {
    /// The alarm as it was shown, so that nobody settles another one.
    pub alarm: String,
}

/// Shows changes that could not be sent, and exports them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncRescueParams {}

/// A document with changes that were not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsentDocument {
    /// Its id.
    pub id: String,
    /// What it is: `element`, `page`, `view` or `settings`.
    pub kind: String,
    /// Its name or title.
    pub name: String,
    /// Changes that were not sent.
    pub changes: u64,
    /// When the last of them was made, in milliseconds since 1970.
    pub last_ms: u64,
}

/// Changes that could not be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rescue {
    /// Why they cannot be sent; none if they simply wait.
    pub problem: Option<super::ApiError>,
    /// The documents.
    pub documents: Vec<UnsentDocument>,
    /// Those documents as they stand here, as JSON, to review and to write again elsewhere.
    pub text: String,
}

/// Sends what was not sent when this device was shut out, as edits of the device that it became.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncBringInParams {}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BroughtIn {
    /// Documents that were brought in.
    pub documents: u64,
    /// Changes in them that were written anew.
    pub changes: u64,
    /// Documents that cannot be brought in yet, because something of them has not arrived.
    pub left: u64,
    /// How synchronisation stands after it.
    pub status: super::SyncStatus,
}

/// Asks how far each device is known to have read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncPeersParams {}

/// A device, as far as it is known by what it signed itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerView {
    /// The device, in hexadecimal.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its member's name.
    pub member: String,
    /// Whether it is this one.
    pub this: bool,
    /// Whether it may still write.
    pub active: bool,
    /// When something of it was last taken in here, in milliseconds since 1970; 0: never.
    pub heard_ms: u64,
    /// Entries of the membership log that it knew when it wrote last.
    pub known_entries: u64,
    /// Place in the feed up to which it is known to have read.
    pub known_items: u64,
}

/// A document of which the server holds something back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapView {
    /// The document.
    pub document: String,
    /// It is verified up to here.
    pub verified: u64,
    /// The first place that was received after the gap; it is applied once the gap is filled.
    pub next: u64,
}

/// How far everybody is known to be. The server's word counts for nothing here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerList {
    /// This device first.
    pub items: Vec<PeerView>,
    /// What is missing here although later things came.
    pub gaps: Vec<GapView>,
    /// Entries of the membership log verified here.
    pub verified_entries: u64,
    /// Place in the feed up to which everything was read and verified here.
    pub verified_items: u64,
    /// When everything that the server had was last read, in milliseconds since 1970; 0: never.
    pub contact_ms: u64,
}

/// Lists what another device deletes and this one holds until a person has decided.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncHeldParams {}

/// Something that would be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldThing {
    /// Its id.
    pub id: String,
    /// What it is: `element`, `page` or `view`.
    pub kind: String,
    /// Its name or title.
    pub name: String,
}

/// What is held of a device: everything that it sent since it began to delete that much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldView {
    /// The device, in hexadecimal.
    pub device: String,
    /// Its name.
    pub name: String,
    /// Things that it deletes.
    pub deletes: u64,
    /// The first 500 of them.
    pub things: Vec<HeldThing>,
    /// Received items held.
    pub received: u64,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
}

/// What is held, by device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldList {
    /// The devices.
    pub items: Vec<HeldView>,
}

/// Decides about what is held of a device.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncDecideParams {
    /// The device, in hexadecimal.
    pub device: String,
    /// `apply`: delete it here too. `undo`: bring everything back, here and everywhere, by new edits.
    pub answer: String,
}
