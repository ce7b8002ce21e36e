//! Simulated histories: several replicas, a model server, a network that delays, loses, repeats and reorders, crashes
//! at any step. One seed makes one history; a history that is run twice is the same.
//!
//! Not here: evil servers beyond that (they come with the attack tests) and real sockets.

mod attacks;
mod compaction;
mod compartments;
mod govern;
mod members;
mod random;
mod restored;
mod server;
mod tests;
mod world;
