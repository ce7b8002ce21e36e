//! Judging an opened snapshot: that it says one thing, that its authors could have written, that its save holds
//! exactly the changes of its manifest, and that all of it agrees with what this device knows.

use std::collections::{BTreeMap, BTreeSet};

use super::prefix::Prefix;
use super::save_hash;
use crate::auth::role::{Compartment, Permissions};
use crate::crypto::safe::low::secret::equal;
use crate::envelope::body::Covers;
use crate::envelope::check::{Opened, actor_belongs_to};
use crate::envelope::header::Kind;
use crate::envelope::link::Link;
use crate::membership::{DeviceKind, MembershipState};
use crate::proof::{Check, left_out};
use crate::wire::ids::{DeviceId, DocumentId, EnvelopeId, Hash};

/// A change of a save, as the document layer decoded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedChange {
    /// Its hash.
    pub hash: Hash,
    /// Its actor id.
    pub actor: Vec<u8>,
}

/// Why a snapshot is not used. Whatever it covers is then to be had from the envelopes themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotFault {
    /// The envelope is of another kind.
    #[error("this envelope is not a snapshot")]
    Kind,
    /// Header and body name different prefixes, or none.
    #[error("the snapshot's header and content disagree about what it covers")]
    Seen,
    /// The document's link at that place is another one here.
    #[error("the snapshot stands for another history than the one known here; do not trust this server")]
    Fork,
    /// The save is not the one of the hash.
    #[error("the snapshot's save is not the one that its author hashed")]
    Save,
    /// The manifest is not in its one form: devices in order, each with changes in order, none twice.
    #[error("the snapshot's list of authors is malformed")]
    Manifest,
    /// The manifest names a device that never could write here.
    #[error("the snapshot names an author who never could write here")]
    Author,
    /// The save cannot be decoded within limits.
    #[error("the snapshot's save cannot be read")]
    Unreadable,
    /// A change is in the save and not in the manifest, or the other way round.
    #[error("the snapshot's save does not hold what its list of authors says")]
    Content,
    /// A change is listed under a device to which its actor does not belong.
    #[error("the snapshot lists a change under another device than its author's")]
    Actor,
    /// It holds other changes than those that this device verified in the same prefix.
    #[error("the snapshot differs from what this device verified by itself")]
    Differs,
}

/// A snapshot that passed [`check_snapshot`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    id: EnvelopeId,
    author: DeviceId,
    document: DocumentId,
    covers: Covers,
    authors: BTreeMap<DeviceId, BTreeSet<Hash>>,
}

impl Snapshot {
    /// Returns the snapshot's envelope.
    pub fn id(&self) -> EnvelopeId {
        self.id
    }
    /// Returns the device that made it.
    pub fn author(&self) -> DeviceId {
        self.author
    }
    /// Returns the document.
    pub fn document(&self) -> DocumentId {
        self.document
    }
    /// Returns the highest doc_seq covered.
    pub fn doc_seq(&self) -> u64 {
        self.covers.doc_seq
    }
    /// Returns the link there.
    pub fn link(&self) -> Link {
        self.covers.link
    }
    /// Returns the save's hash.
    pub fn save(&self) -> Hash {
        self.covers.save.unwrap_or(Hash::ZERO)
    }
    /// Returns who authored what.
    pub fn authors(&self) -> &BTreeMap<DeviceId, BTreeSet<Hash>> {
        &self.authors
    }

    /// Compares with what this device verified by itself; only then may it acknowledge the snapshot.
    ///
    /// # Errors
    /// [`SnapshotFault::Fork`], [`SnapshotFault::Differs`].
    pub fn agrees_with(&self, prefix: &Prefix) -> Result<(), SnapshotFault> {
        if prefix.doc_seq() != self.doc_seq() || prefix.link() != self.link() {
            return Err(SnapshotFault::Fork);
        }
        if *prefix.authors() == self.authors { Ok(()) } else { Err(SnapshotFault::Differs) }
    }
}

/// Checks an opened snapshot.
///
/// `known` is the link that this device has verified at a doc_seq of the document (`None`: it never held that place);
/// `decode` decodes the save within limits into its changes (`None`: it cannot be read).
///
/// # Errors
/// [`SnapshotFault`].
pub fn check_snapshot(
    opened: &Opened,
    state: &MembershipState,
    known: impl Fn(u64) -> Option<Link>,
    decode: impl FnOnce(&[u8]) -> Option<Vec<SavedChange>>,
) -> Result<Snapshot, SnapshotFault> {
    let (header, body) = (&opened.header, &opened.body);
    let (Kind::Snapshot, [save], Some(covers)) = (header.kind, body.changes.as_slice(), &body.covers) else {
        return Err(SnapshotFault::Kind);
    };
    let seen = header.seen.ok_or(SnapshotFault::Seen)?;
    if covers.doc_seq == 0 || seen.doc_seq != covers.doc_seq || seen.link != covers.link {
        return Err(SnapshotFault::Seen);
    }
    if known(covers.doc_seq).is_some_and(|link| link != covers.link) && !left_out(Check::Snapshot) {
        return Err(SnapshotFault::Fork);
    }
    if !covers.save.is_some_and(|hash| equal(&hash.0, &save_hash(save).0)) {
        return Err(SnapshotFault::Save);
    }
    let authors = authors_of(covers)?;
    let could_write = |device: &DeviceId| ever_wrote(state, device, header.compartment, header.log.index);
    if !authors.keys().all(could_write) {
        return Err(SnapshotFault::Author);
    }
    compare(&authors, &decode(save).ok_or(SnapshotFault::Unreadable)?)?;
    let covers = covers.clone();
    Ok(Snapshot { id: opened.id, author: header.author, document: header.document, covers, authors })
}

fn authors_of(covers: &Covers) -> Result<BTreeMap<DeviceId, BTreeSet<Hash>>, SnapshotFault> {
    let ordered = covers.manifest.iter().map(|a| a.device).is_sorted_by(|a, b| a < b);
    let each = covers.manifest.iter().all(|a| !a.changes.is_empty() && a.changes.is_sorted_by(|a, b| a < b));
    let listed: usize = covers.manifest.iter().map(|a| a.changes.len()).sum();
    let distinct: BTreeSet<Hash> = covers.manifest.iter().flat_map(|a| a.changes.iter().copied()).collect();
    if !ordered || !each || listed == 0 || distinct.len() != listed {
        return Err(SnapshotFault::Manifest);
    }
    Ok(covers.manifest.iter().map(|a| (a.device, a.changes.iter().copied().collect())).collect())
}

/// Says whether a device could write a compartment at some time up to a log index.
fn ever_wrote(state: &MembershipState, id: &DeviceId, compartment: Compartment, until: u64) -> bool {
    let Some(device) = state.device(id).filter(|d| d.kind != DeviceKind::Recovery) else { return false };
    let Some(member) = state.member(&device.member) else { return false };
    let rights = |index: u64| {
        member.rights_at(index).is_some_and(|rights| {
            rights.permissions.contains(Permissions::WRITE) && rights.clearance.allows(compartment)
        })
    };
    let changed = member.history.iter().map(|rights| rights.from_index);
    changed
        .chain([device.added_index])
        .filter(|index| *index <= until)
        .any(|index| device.active_at(index) && rights(index))
}

fn compare(authors: &BTreeMap<DeviceId, BTreeSet<Hash>>, saved: &[SavedChange]) -> Result<(), SnapshotFault> {
    let listed: BTreeMap<Hash, DeviceId> =
        authors.iter().flat_map(|(device, hashes)| hashes.iter().map(|hash| (*hash, *device))).collect();
    let found: BTreeSet<Hash> = saved.iter().map(|change| change.hash).collect();
    if found.len() != saved.len() || !found.iter().eq(listed.keys()) {
        return Err(SnapshotFault::Content);
    }
    let own = |change: &SavedChange| {
        listed.get(&change.hash).is_some_and(|device| actor_belongs_to(&change.actor, device))
    };
    if saved.iter().all(own) { Ok(()) } else { Err(SnapshotFault::Actor) }
}
