//! Maps that can go back to their last commit: what a transaction changed is remembered, so that to begin one costs
//! nothing. Not here: what is kept in them.

use std::collections::BTreeMap;
use std::ops::Deref;

/// A map with the old values of what changed since the last commit.
#[derive(Clone)]
pub(super) struct Kept<K, V> {
    now: BTreeMap<K, V>,
    before: Vec<(K, Option<V>)>,
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self { now: BTreeMap::new(), before: Vec::new() }
    }
}

impl<K, V> Deref for Kept<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.now
    }
}

impl<K: Ord + Clone, V> Kept<K, V> {
    pub(super) fn insert(&mut self, key: K, value: V) {
        let old = self.now.insert(key.clone(), value);
        self.before.push((key, old));
    }

    pub(super) fn remove(&mut self, key: &K) {
        if let Some(old) = self.now.remove(key) {
            self.before.push((key.clone(), Some(old)));
        }
    }

    /// Removes everything.
    pub(super) fn empty(&mut self) {
        let all = std::mem::take(&mut self.now);
        self.before.extend(all.into_iter().map(|(key, value)| (key, Some(value))));
    }

    /// Whether anything changed since the last commit.
    pub(super) fn is_changed(&self) -> bool {
        !self.before.is_empty()
    }

    pub(super) fn commit(&mut self) {
        self.before.clear();
    }

    pub(super) fn roll_back(&mut self) {
        while let Some((key, old)) = self.before.pop() {
            match old {
                Some(value) => self.now.insert(key, value),
                None => self.now.remove(&key),
            };
        }
    }
}
