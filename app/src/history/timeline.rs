//! The changes of a document in one order, the versions between them, and which belong together.
//!
//! The order is that of causes; where nothing else decides, by what the authors' clocks said, then by hash, so that
//! every device shows the same. A clock is believed as far as it fits: no change is earlier than what it builds on, and
//! none is later than now. Not here: what is in a version (`state`).

use std::collections::HashMap;

use automerge::{AutoCommit, ChangeHash};

use super::state::Fingerprint;
use crate::doc::{DocError, text};

/// What was typed without a longer pause is one version.
const PAUSE_S: i64 = 60;
/// Most changes looked at as one version.
const JOINED: usize = 4_096;
/// Bytes of an actor id that name device and installation; edits against older versions have a suffix.
const INSTALLATION: usize = 24;

/// A change of a document.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) hash: ChangeHash,
    pub(crate) actor: Vec<u8>,
    /// By its author's clock, in seconds since 1970.
    pub(crate) time_s: i64,
    /// As far as that is believed.
    believed_s: i64,
    /// Place of the first change that builds on it.
    next: usize,
}

/// All changes of a document. Version `n` is the document after the first `n` of them.
#[derive(Debug)]
pub(crate) struct Timeline {
    changes: Vec<Change>,
}

/// Changes that belong together: from version `from` to version `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Whether nothing but long texts changed.
    typed: bool,
}

impl Timeline {
    /// Reads the changes of a document.
    pub(crate) fn of(doc: &mut AutoCommit, now_ms: u64) -> Self {
        let now_s = i64::try_from(now_ms / 1000).unwrap_or(i64::MAX);
        // Automerge gives them in an order in which causes come first.
        let metas = doc.get_changes_meta(&[]);
        let mut known: HashMap<ChangeHash, (i64, u64)> = HashMap::with_capacity(metas.len());
        let mut rows = Vec::with_capacity(metas.len());
        for meta in metas {
            let told = if (0..=now_s).contains(&meta.timestamp) { meta.timestamp } else { 0 };
            let (mut believed, mut depth) = (told, 0);
            for (time, above) in meta.deps.iter().filter_map(|hash| known.get(hash)) {
                believed = believed.max(*time);
                depth = depth.max(above + 1);
            }
            known.insert(meta.hash, (believed, depth));
            let change = Change {
                hash: meta.hash,
                actor: meta.actor.to_bytes().to_vec(),
                time_s: meta.timestamp,
                believed_s: believed,
                next: usize::MAX,
            };
            rows.push((believed, depth, change, meta.deps));
        }
        rows.sort_by_key(|row| (row.0, row.1, row.2.hash));
        let place: HashMap<ChangeHash, usize> =
            rows.iter().enumerate().map(|(at, row)| (row.2.hash, at)).collect();
        let mut next = vec![usize::MAX; rows.len()];
        for (at, row) in rows.iter().enumerate() {
            for above in row.3.iter().filter_map(|hash| place.get(hash)) {
                if let Some(first) = next.get_mut(*above) {
                    *first = at.min(*first);
                }
            }
        }
        let changes =
            rows.into_iter().zip(next).map(|((_, _, change, _), next)| Change { next, ..change }).collect();
        Self { changes }
    }

    /// Returns how many changes there are.
    pub(crate) fn len(&self) -> usize {
        self.changes.len()
    }

    /// Returns the change that leads to version `to`.
    pub(crate) fn change(&self, to: usize) -> Option<&Change> {
        to.checked_sub(1).and_then(|at| self.changes.get(at))
    }

    /// Returns the heads of a version.
    pub(crate) fn heads(&self, version: usize) -> Vec<ChangeHash> {
        let before = self.changes.iter().take(version);
        before.filter(|change| change.next >= version).map(|change| change.hash).collect()
    }

    /// Returns the version at a date.
    pub(crate) fn at(&self, at_ms: u64) -> usize {
        let at_s = i64::try_from(at_ms / 1000).unwrap_or(i64::MAX);
        self.changes.partition_point(|change| change.believed_s <= at_s)
    }

    /// Finds the version that ends with a change.
    pub(crate) fn ending_with(&self, hash: &str) -> Option<usize> {
        self.changes.iter().position(|change| change.hash.to_string() == hash).map(|at| at + 1)
    }

    /// Reads the name of a version: heads, of which beginnings are enough that no other change has.
    pub(crate) fn resolve(&self, version: &str) -> Result<Vec<ChangeHash>, DocError> {
        version
            .split('.')
            .filter(|part| !part.is_empty())
            .map(|part| {
                let mut found =
                    self.changes.iter().filter(|change| change.hash.to_string().starts_with(part));
                match (found.next(), found.next()) {
                    (Some(only), None) => Ok(only.hash),
                    _ => Err(DocError::Version),
                }
            })
            .collect()
    }

    /// Returns the name of a version.
    pub(crate) fn name(&self, version: usize) -> String {
        text::version(&self.heads(version))
    }

    /// Lists the versions that end at `end` or before, the newest first.
    pub(crate) fn versions(&self, doc: &AutoCommit, end: usize, limit: usize, every: bool) -> Vec<Version> {
        let mut known = HashMap::new();
        let mut print = |version: usize| -> Fingerprint {
            known.entry(version).or_insert_with(|| Fingerprint::of(doc, &self.heads(version))).clone()
        };
        let mut found = Vec::new();
        let mut end = end.min(self.len());
        while end > 0 && found.len() < limit {
            let begin = if every { end - 1 } else { self.run(end) };
            let mut parts = Vec::new();
            split(&mut print, begin, end, &mut parts);
            found.extend(join(parts).into_iter().rev());
            end = begin;
        }
        found.truncate(limit);
        found
    }

    /// Returns where the run of changes begins that one installation made without a longer pause, ending at `end`.
    fn run(&self, end: usize) -> usize {
        let mut begin = end.saturating_sub(1);
        let installation = |change: &Change| change.actor.get(..INSTALLATION).map(<[u8]>::to_vec);
        while let (Some(before), Some(after)) = (self.change(begin), self.changes.get(begin)) {
            let pause = after.time_s.saturating_sub(before.time_s);
            if installation(before) != installation(after)
                || !(0..=PAUSE_S).contains(&pause)
                || end - begin >= JOINED
            {
                break;
            }
            begin -= 1;
        }
        begin
    }
}

/// Splits a run until each part is one change, or typing and nothing else.
fn split(print: &mut dyn FnMut(usize) -> Fingerprint, from: usize, to: usize, parts: &mut Vec<Version>) {
    let (before, after) = (print(from), print(to));
    // Every edit but typing changes the register `alive`, which only grows: equal ends mean that there was none.
    if to - from <= 1 || before == after {
        parts.push(Version { from, to, typed: from > 0 && before.same_fields(&after) });
    } else {
        let middle = from + (to - from) / 2;
        split(print, from, middle, parts);
        split(print, middle, to, parts);
    }
}

/// Joins what was typed and stands side by side.
fn join(parts: Vec<Version>) -> Vec<Version> {
    let mut joined: Vec<Version> = Vec::with_capacity(parts.len());
    for part in parts {
        match joined.last_mut().filter(|last| last.typed && part.typed) {
            Some(last) => last.to = part.to,
            None => joined.push(part),
        }
    }
    joined
}
