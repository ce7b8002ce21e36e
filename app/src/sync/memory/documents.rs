//! Documents of the store in memory: real ones of Automerge, or paper ones, which keep Automerge's promises that
//! synchronisation relies on (changes that name what they follow, one number once an actor, union of all that arrived) at
//! a hundredth of the cost. Beside them, what is shown of them, as projections are in a real store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use automerge::transaction::Transactable as _;
use automerge::{ActorId, AutoCommit, Change, ROOT, ReadDoc as _};
use groundplan_shared::crypto::sha256;
use groundplan_shared::envelope::SavedChange;
use groundplan_shared::wire::{DocumentId, Hash};

use super::kept::Kept;
use crate::sync::Unappliable;

type Id = [u8; 16];
/// What documents hold, by document and key.
pub(in crate::sync) type Content = BTreeMap<(DocumentId, String), String>;

/// In what is written into a document of a history: it is deleted.
pub(in crate::sync) const DELETED: &str = "deleted:";

/// In what is written into a document of a history: it is a comment.
pub(in crate::sync) const COMMENT: &str = "comment:";

/// A change of a paper document.
struct Paper {
    actor: Vec<u8>,
    seq: u64,
    follows: Vec<Id>,
    key: String,
    value: String,
}

impl Paper {
    /// Length, then bytes, of each part.
    fn write(&self) -> Vec<u8> {
        let (seq, follows) = (self.seq.to_le_bytes(), self.follows.concat());
        let parts: [&[u8]; 5] = [&self.actor, &seq, &follows, self.key.as_bytes(), self.value.as_bytes()];
        let mut out = Vec::with_capacity(96);
        for part in parts {
            out.extend_from_slice(&(part.len() as u16).to_le_bytes());
            out.extend_from_slice(part);
        }
        out
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let mut part = || {
            let (length, more) = rest.split_first_chunk::<2>()?;
            let (part, more) = more.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
            rest = more;
            Some(part)
        };
        let actor = part()?.to_vec();
        let seq = u64::from_le_bytes(part()?.try_into().ok()?);
        let follows = part()?.as_chunks::<16>().0.to_vec();
        let mut text = || String::from_utf8(part()?.to_vec()).ok();
        let (key, value) = (text()?, text()?);
        rest.is_empty().then_some(Self { actor, seq, follows, key, value })
    }
}

/// All documents of a store.
#[derive(Clone, Default)]
pub(super) struct Documents {
    real: bool,
    automerge: Kept<DocumentId, Arc<AutoCommit>>,
    changes: Kept<(DocumentId, Id), Arc<Paper>>,
    numbers: Kept<(DocumentId, Vec<u8>), u64>,
    heads: Kept<(DocumentId, Id), ()>,
    /// Changes that follow something that is not here.
    early: Kept<(DocumentId, Id), Arc<Vec<u8>>>,
    shown: Kept<(DocumentId, String), String>,
}

fn id_of(bytes: &[u8]) -> Id {
    let mut id = [0; 16];
    id.copy_from_slice(&sha256(&[bytes]).0[..16]);
    id
}

fn add(values: &str, value: &str) -> String {
    let mut all: BTreeSet<&str> = values.split('|').filter(|value| !value.is_empty()).collect();
    all.insert(value);
    all.into_iter().collect::<Vec<_>>().join("|")
}

impl Documents {
    pub(super) fn new(real: bool) -> Self {
        Self { real, ..Self::default() }
    }

    /// Changes a document: sets a key. Returns the change.
    pub(super) fn edit(&mut self, actor: &[u8], document: DocumentId, key: &str, value: &str) -> Vec<u8> {
        let change = if self.real {
            self.edit_real(actor, document, key, value)
        } else {
            let heads = self.heads.range((document, [0; 16])..=(document, [255; 16]));
            let follows: Vec<Id> = heads.map(|((_, head), ())| *head).collect();
            let seq = self.numbers.get(&(document, actor.to_vec())).copied().unwrap_or(0) + 1;
            Paper { actor: actor.to_vec(), seq, follows, key: key.to_owned(), value: value.to_owned() }
                .write()
        };
        self.apply(document, std::slice::from_ref(&change)).expect("an own change fits");
        change
    }

    fn edit_real(&mut self, actor: &[u8], document: DocumentId, key: &str, value: &str) -> Vec<u8> {
        let mut doc =
            self.automerge.get(&document).map_or_else(AutoCommit::new, |doc| AutoCommit::clone(doc));
        doc.set_actor(ActorId::from(actor));
        doc.put(ROOT, key, value).unwrap();
        doc.commit();
        doc.get_last_local_change().unwrap().raw_bytes().to_vec()
    }

    /// The actor of a change.
    pub(super) fn actor(&self, change: &[u8]) -> Option<Vec<u8>> {
        if self.real {
            return crate::core::actor_of_change(change).ok();
        }
        Paper::read(change).map(|change| change.actor)
    }

    /// The hash of a change.
    pub(super) fn change_hash(&self, change: &[u8]) -> Option<Hash> {
        if self.real {
            return Change::try_from(change).ok().map(|change| Hash(change.hash().0));
        }
        Paper::read(change).map(|_| sha256(&[change]))
    }

    /// A document as one save: of paper, its changes with their lengths, each after what it follows.
    pub(super) fn save(&self, document: DocumentId) -> Option<Vec<u8>> {
        if self.real {
            return self.automerge.get(&document).map(|doc| AutoCommit::clone(doc).save());
        }
        let mut left: BTreeMap<Id, Arc<Paper>> = self.of(document).collect();
        let (mut done, mut out) = (BTreeSet::new(), Vec::new());
        while !left.is_empty() {
            let ready = |change: &Paper| change.follows.iter().all(|other| done.contains(other));
            let (id, change) =
                left.iter().find(|(_, change)| ready(change)).map(|(id, c)| (*id, Arc::clone(c)))?;
            let bytes = change.write();
            out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
            out.extend(bytes);
            done.insert(id);
            left.remove(&id);
        }
        (!out.is_empty()).then_some(out)
    }

    fn of(&self, document: DocumentId) -> impl Iterator<Item = (Id, Arc<Paper>)> {
        let all = self.changes.range((document, [0; 16])..=(document, [255; 16]));
        all.map(|((_, id), change)| (*id, Arc::clone(change)))
    }

    /// The changes of a save.
    pub(super) fn saved_changes(&self, save: &[u8]) -> Option<Vec<(SavedChange, Vec<u8>)>> {
        if self.real {
            return crate::core::saved_changes(save).ok();
        }
        let (mut rest, mut all) = (save, Vec::new());
        while !rest.is_empty() {
            let (length, more) = rest.split_first_chunk::<4>()?;
            let (bytes, more) = more.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            let actor = Paper::read(bytes)?.actor;
            all.push((SavedChange { hash: sha256(&[bytes]), actor }, bytes.to_vec()));
            rest = more;
        }
        Some(all)
    }

    /// Applies changes to a document, all or none of them.
    pub(super) fn apply(&mut self, document: DocumentId, changes: &[Vec<u8>]) -> Result<(), Unappliable> {
        if self.real {
            return self.apply_real(document, changes);
        }
        let bad = |reason: &str| Unappliable::Bad(reason.to_owned());
        let mut parsed = Vec::with_capacity(changes.len());
        for bytes in changes {
            let change = Paper::read(bytes).ok_or_else(|| bad("not a change"))?;
            parsed.push((id_of(bytes), change, bytes));
        }
        // Looked at before anything is written: numbers that this actor used for something else.
        let mut next: BTreeMap<&[u8], u64> = BTreeMap::new();
        for (id, change, _) in &parsed {
            if self.changes.contains_key(&(document, *id)) || self.early.contains_key(&(document, *id)) {
                continue;
            }
            let known = || self.numbers.get(&(document, change.actor.clone())).copied().unwrap_or(0);
            let last = next.entry(&change.actor).or_insert_with(known);
            if change.seq <= *last {
                return Err(bad("an actor used a number twice"));
            }
            *last = change.seq;
        }
        for (id, change, bytes) in parsed {
            self.take(document, id, change, bytes);
        }
        Ok(())
    }

    fn take(&mut self, document: DocumentId, id: Id, change: Paper, bytes: &[u8]) {
        if self.changes.contains_key(&(document, id)) {
            return;
        }
        if !change.follows.iter().all(|other| self.changes.contains_key(&(document, *other))) {
            self.early.insert((document, id), Arc::new(bytes.to_vec()));
            return;
        }
        self.early.remove(&(document, id));
        for other in &change.follows {
            self.heads.remove(&(document, *other));
        }
        self.heads.insert((document, id), ());
        self.numbers.insert((document, change.actor.clone()), change.seq);
        let place = (document, change.key.clone());
        let all = add(self.shown.get(&place).map_or("", String::as_str), &change.value);
        self.shown.insert(place, all);
        self.changes.insert((document, id), Arc::new(change));
        let early = self.early.range((document, [0; 16])..=(document, [255; 16]));
        let early: Vec<(Id, Arc<Vec<u8>>)> = early.map(|((_, id), bytes)| (*id, Arc::clone(bytes))).collect();
        for (id, bytes) in early {
            let change = Paper::read(&bytes).expect("invariant: it was read before");
            if change.follows.iter().all(|other| self.changes.contains_key(&(document, *other))) {
                self.take(document, id, change, &bytes);
            }
        }
    }

    fn apply_real(&mut self, document: DocumentId, changes: &[Vec<u8>]) -> Result<(), Unappliable> {
        let mut doc =
            self.automerge.get(&document).map_or_else(AutoCommit::new, |doc| AutoCommit::clone(doc));
        let bad = |_| Unappliable::Bad("not a change".to_owned());
        let parsed: Result<Vec<Change>, _> =
            changes.iter().map(|bytes| Change::try_from(&bytes[..])).collect();
        doc.apply_changes(parsed.map_err(bad)?).map_err(|error| Unappliable::Bad(error.to_string()))?;
        for (key, value) in real_content(&doc) {
            self.shown.insert((document, key), value);
        }
        self.automerge.insert(document, Arc::new(doc));
        Ok(())
    }

    /// The first of what is shown of a document.
    pub(super) fn first_of(&self, document: DocumentId) -> Option<String> {
        let mut from = self.shown.range((document, String::new())..);
        from.next().filter(|((id, _), _)| *id == document).map(|(_, value)| value.clone())
    }

    /// Whether a document has something to show.
    pub(super) fn has(&self, document: DocumentId) -> bool {
        self.shown.range((document, String::new())..).next().is_some_and(|((id, _), _)| *id == document)
    }

    /// Whether a change deletes its document: the simulation's word for that is in it.
    pub(super) fn deletes(change: &[u8]) -> bool {
        change.windows(DELETED.len()).any(|window| window == DELETED.as_bytes())
    }

    /// Whether a change only talks: the simulation's word for that is in it.
    pub(super) fn talks(change: &[u8]) -> bool {
        change.windows(COMMENT.len()).any(|window| window == COMMENT.as_bytes())
    }

    /// Documents that nothing shown says are deleted.
    pub(super) fn living(&self) -> BTreeSet<DocumentId> {
        let mut living: BTreeSet<DocumentId> = self.shown.keys().map(|(id, _)| *id).collect();
        for ((document, _), value) in self.shown.iter() {
            if value.contains(DELETED) {
                living.remove(document);
            }
        }
        living
    }

    /// What is shown of the documents.
    pub(super) fn shown(&self) -> Content {
        Content::clone(&self.shown)
    }

    /// What would be shown if everything was made anew from the documents.
    pub(super) fn rebuilt(&self) -> Content {
        let mut content = Content::new();
        for (document, doc) in self.automerge.iter() {
            content.extend(real_content(doc).into_iter().map(|(key, value)| ((*document, key), value)));
        }
        for ((document, _), change) in self.changes.iter() {
            let shown = content.entry((*document, change.key.clone())).or_default();
            *shown = add(shown, &change.value);
        }
        content
    }

    /// The heads of every document, which are equal exactly if the histories are.
    pub(super) fn heads(&self) -> BTreeMap<DocumentId, Vec<String>> {
        let mut all: BTreeMap<DocumentId, Vec<String>> = BTreeMap::new();
        for (document, doc) in self.automerge.iter() {
            let heads = AutoCommit::clone(doc).get_heads();
            all.insert(*document, heads.iter().map(ToString::to_string).collect());
        }
        for ((document, head), ()) in self.heads.iter() {
            all.entry(*document).or_default().push(format!("{head:02x?}"));
        }
        all
    }

    /// Forgets documents.
    pub(super) fn forget(&mut self, which: &dyn Fn(DocumentId) -> bool) {
        fn purge<K: Ord + Clone, V>(map: &mut Kept<K, V>, which: impl Fn(&K) -> bool) {
            let gone: Vec<K> = map.keys().filter(|key| which(key)).cloned().collect();
            gone.iter().for_each(|key| map.remove(key));
        }
        purge(&mut self.automerge, |id| which(*id));
        purge(&mut self.changes, |(id, _)| which(*id));
        purge(&mut self.numbers, |(id, _)| which(*id));
        purge(&mut self.heads, |(id, _)| which(*id));
        purge(&mut self.early, |(id, _)| which(*id));
        purge(&mut self.shown, |(id, _)| which(*id));
    }

    /// Spoils what is shown, as a projection outside the transaction would.
    pub(super) fn forget_shown(&mut self, place: &(DocumentId, String)) {
        self.shown.remove(place);
    }

    pub(super) fn is_changed(&self) -> bool {
        self.automerge.is_changed()
            || self.changes.is_changed()
            || self.early.is_changed()
            || self.shown.is_changed()
    }

    pub(super) fn commit(&mut self) {
        self.automerge.commit();
        self.changes.commit();
        self.numbers.commit();
        self.heads.commit();
        self.early.commit();
        self.shown.commit();
    }

    pub(super) fn roll_back(&mut self) {
        self.automerge.roll_back();
        self.changes.roll_back();
        self.numbers.roll_back();
        self.heads.roll_back();
        self.early.roll_back();
        self.shown.roll_back();
    }
}

fn real_content(doc: &AutoCommit) -> Vec<(String, String)> {
    let keys: Vec<String> = doc.keys(ROOT).collect();
    let content = keys.into_iter().map(|key| {
        let values = doc.get_all(ROOT, key.as_str()).unwrap();
        let mut values: Vec<String> =
            values.iter().map(|(value, _)| value.as_str().unwrap_or("?").to_owned()).collect();
        values.sort();
        (key, values.join("|"))
    });
    content.collect()
}
