//! The interface's access to the catalogue of texts, under the short names that views use.
//!
//! The texts themselves live in `shared/src/text`.

pub use groundplan_shared::text::{count, fill, grouped, t};

mod format;
#[cfg(test)]
mod tests;

pub use format::{ago, bytes, date, exact, name_of, now_ms, stamp};
