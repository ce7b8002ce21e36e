//! Stories of whole devices in this process: real profiles, and the real server where one is needed.
#![cfg(test)]

mod attachments;
mod attacks;
mod brake;
mod clearance;
mod compacted;
mod compaction;
mod compartments;
mod helpers;
mod history;
mod lists;
mod local;
mod policy;
mod sync;
mod talk;
