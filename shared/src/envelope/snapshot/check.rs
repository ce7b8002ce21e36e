//! Judging an opened snapshot: that it says one thing, that its authors could have written, that its save holds
//! exactly the changes of its manifest, and that all of it agrees with what this device knows.

use std::collections::{BTreeMap, BTreeSet};

use super::prefix::Prefix;
use super::{changes_hash, save_hash};
use crate::auth::role::Compartment;
use crate::crypto::safe::low::secret::equal;
use crate::envelope::body::{Author, Covers, Folded};
use crate::envelope::check::{Opened, actor_belongs_to};
use crate::envelope::header::Kind;
use crate::envelope::link::Link;
use crate::envelope::outer::scope_at;
use crate::membership::MembershipState;
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
    /// The manifest is in neither of its forms: devices in order, each with changes in order, none twice; or each with how
    /// many changes there are, and their digest.
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
    authors: Authors,
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
    let listed = listed(covers)?;
    let could_write =
        |author: &Author| ever_wrote(state, &author.device, header.compartment, header.log.index);
    if !covers.manifest.iter().all(could_write) {
        return Err(SnapshotFault::Author);
    }
    let authors = compare(listed, &decode(save).ok_or(SnapshotFault::Unreadable)?)?;
    let covers = covers.clone();
    Ok(Snapshot { id: opened.id, author: header.author, document: header.document, covers, authors })
}

/// Who authored what.
type Authors = BTreeMap<DeviceId, BTreeSet<Hash>>;

/// What a manifest says of its devices.
enum Listed {
    /// Every change by name.
    Each(Authors),
    /// How many changes, and their digest.
    Folded(BTreeMap<DeviceId, Folded>),
}

fn listed(covers: &Covers) -> Result<Listed, SnapshotFault> {
    let manifest = &covers.manifest;
    if manifest.is_empty() || !manifest.is_sorted_by(|a, b| a.device < b.device) {
        return Err(SnapshotFault::Manifest);
    }
    let fold = |author: &Author| author.folded.filter(|folded| folded.count > 0 && author.changes.is_empty());
    if manifest.iter().any(|author| author.folded.is_some()) {
        let folded = manifest.iter().map(|author| Some((author.device, fold(author)?)));
        return folded.collect::<Option<_>>().map(Listed::Folded).ok_or(SnapshotFault::Manifest);
    }
    let each = manifest.iter().all(|a| !a.changes.is_empty() && a.changes.is_sorted_by(|a, b| a < b));
    let count: usize = manifest.iter().map(|a| a.changes.len()).sum();
    let distinct: BTreeSet<Hash> = manifest.iter().flat_map(|a| a.changes.iter().copied()).collect();
    if !each || distinct.len() != count {
        return Err(SnapshotFault::Manifest);
    }
    Ok(Listed::Each(manifest.iter().map(|a| (a.device, a.changes.iter().copied().collect())).collect()))
}

/// Says whether a device could write in a compartment, be it comments alone, at some time up to a log index.
fn ever_wrote(state: &MembershipState, id: &DeviceId, compartment: Compartment, until: u64) -> bool {
    let Some(device) = state.device(id) else { return false };
    let Some(member) = state.member(&device.member) else { return false };
    let changed = member.history.iter().map(|rights| rights.from_index);
    changed
        .chain([device.added_index])
        .filter(|index| *index <= until)
        .any(|index| scope_at(state, id, compartment, index).is_some())
}

/// Holds the save against the list, and returns who authored what.
fn compare(listed: Listed, saved: &[SavedChange]) -> Result<Authors, SnapshotFault> {
    let found: BTreeSet<Hash> = saved.iter().map(|change| change.hash).collect();
    if found.len() != saved.len() {
        return Err(SnapshotFault::Content);
    }
    match listed {
        Listed::Each(authors) => each(authors, saved, &found),
        Listed::Folded(devices) => folded(&devices, saved),
    }
}

fn each(authors: Authors, saved: &[SavedChange], found: &BTreeSet<Hash>) -> Result<Authors, SnapshotFault> {
    let by: BTreeMap<Hash, DeviceId> =
        authors.iter().flat_map(|(device, hashes)| hashes.iter().map(|hash| (*hash, *device))).collect();
    if !found.iter().eq(by.keys()) {
        return Err(SnapshotFault::Content);
    }
    let own = |change: &SavedChange| {
        by.get(&change.hash).is_some_and(|device| actor_belongs_to(&change.actor, device))
    };
    if saved.iter().all(own) { Ok(authors) } else { Err(SnapshotFault::Actor) }
}

fn folded(devices: &BTreeMap<DeviceId, Folded>, saved: &[SavedChange]) -> Result<Authors, SnapshotFault> {
    let mut authors = Authors::new();
    for change in saved {
        let device = devices.keys().find(|device| actor_belongs_to(&change.actor, device));
        authors.entry(*device.ok_or(SnapshotFault::Content)?).or_default().insert(change.hash);
    }
    let stands_for = |folded: &Folded, changes: &BTreeSet<Hash>| {
        folded.count == changes.len() as u64 && equal(&folded.digest.0, &changes_hash(changes).0)
    };
    let same = |(device, folded)| authors.get(device).is_some_and(|changes| stands_for(folded, changes));
    if devices.iter().all(same) { Ok(authors) } else { Err(SnapshotFault::Content) }
}
