//! Fixed vectors of every format of ours, kept for ever.
//!
//! THE RULE: a stored vector is never changed and never removed; new ones are only added. What was once written to a
//! disk, a server or a sheet of paper must be read by every later version, and what a device signs must not depend on
//! the version that signs. If a test here fails, the format was changed by accident: undo that, or bring a new version
//! of the format with vectors of its own beside the old ones.
//!
//! Each test makes its bytes from fixed inputs, compares them bit for bit with the stored ones, and decodes the stored
//! ones. Randomness is drawn for each part from a label, so that the order of drawing is no part of a format. With
//! `GROUNDPLAN_ADD_VECTORS=1` vectors that are not stored yet are added; the harness cannot overwrite any.
#![cfg(test)]

mod codes;
mod entries;
mod envelopes;
mod frames;
mod kept;
mod keys;
mod presence;
mod story;
mod tokens;
