//! The compaction rule: up to which doc_seq a server may drop a document's envelopes.
//!
//! Pure: storing acks, reading clocks and dropping are the server's. The links of what is dropped are always kept.
//! `shared/tests/models` checks this very function in a model.

use super::ack::Verdict;
use crate::wire::ids::{DeviceId, Hash};

/// A verified ack and when the server stored it, by the server's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Opinion {
    /// The device that signed it.
    pub device: DeviceId,
    /// What it found.
    pub verdict: Verdict,
    /// The save's hash that it names.
    pub save: Hash,
    /// When it was stored, in milliseconds since the epoch.
    pub stored_ms: u64,
}

/// Says up to which doc_seq envelopes may be dropped for a snapshot by `author` that covers `doc_seq`: all of it, if
/// a second device agreed at least `grace_ms` ago, nobody differs and all name one save; otherwise nothing (0).
///
/// The snapshot's own envelope and everything after `doc_seq` stay.
pub fn droppable(author: &DeviceId, doc_seq: u64, opinions: &[Opinion], now_ms: u64, grace_ms: u64) -> u64 {
    let differs = opinions.iter().any(|o| o.verdict == Verdict::Differs);
    let one_save = opinions.iter().all(|o| opinions.first().is_none_or(|first| first.save == o.save));
    let old_enough = |o: &Opinion| o.stored_ms.checked_add(grace_ms).is_some_and(|at| at <= now_ms);
    let agreed =
        opinions.iter().any(|o| o.verdict == Verdict::Agrees && o.device != *author && old_enough(o));
    if agreed && one_save && !differs { doc_seq } else { 0 }
}
