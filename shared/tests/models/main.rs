//! Model checks: every reachable state within stated bounds, by `stateright`. Each rule has a twin model in which it is
//! switched off; the twin must find a counterexample, which shows that the rule is needed and that the check can fail.
//!
//! What is assumed and not modelled: signatures cannot be forged, hashes do not collide, the membership log itself is
//! one chain (a forked log is caught by its own head). Links are those of `envelope::link`, the dropping rule is
//! `envelope::snapshot::droppable`: the very functions that clients and servers call.
#![cfg(test)]

mod compaction;
mod report;
mod rotation;
mod rotation_client;
mod rotation_world;
