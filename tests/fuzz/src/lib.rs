//! What the fuzz targets do with bytes: decode them, and check that what was accepted is what was said. One function
//! for each target, so that the kept corpus also runs in an ordinary test.
//!
//! Not here: making inputs (libFuzzer's) and the decoders themselves.

mod auth;
mod compaction;
#[cfg(feature = "app")]
mod documents;
mod envelope;
mod imports;
mod log;
mod presence;
mod world;

pub use auth::{auth, codes};
pub use compaction::compaction;
#[cfg(feature = "app")]
pub use documents::{backup, change, document, save};
pub use envelope::envelope;
pub use imports::{backstage, compose, markdown, yaml};
pub use log::{entry, frame_client, frame_server};
pub use presence::presence;

/// A target's name and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("auth", auth),
    ("backstage", backstage),
    #[cfg(feature = "app")]
    ("backup", backup),
    #[cfg(feature = "app")]
    ("change", change),
    ("codes", codes),
    ("compaction", compaction),
    ("compose", compose),
    #[cfg(feature = "app")]
    ("document", document),
    ("entry", entry),
    ("envelope", envelope),
    ("frame_client", frame_client),
    ("frame_server", frame_server),
    ("markdown", markdown),
    ("presence", presence),
    #[cfg(feature = "app")]
    ("save", save),
    ("yaml", yaml),
];
