//! Simulated histories: several replicas, a model server, a network that delays, loses, repeats and reorders, crashes
//! at any step. One seed makes one history; a history that is run twice is the same.
//!
//! Most histories use paper documents and stand-ins for signatures and key wrapping, a share Automerge and the real ones.
//! Not here: real sockets.

mod attacks;
mod braked;
mod cast;
mod compaction;
mod compartments;
mod govern;
mod judge;
mod members;
mod random;
mod restored;
mod server;
mod stories;
mod storm;
mod tests;
mod upheaval;
mod world;
