//! What the fuzz targets do with bytes: decode them, and check that what was accepted is what was said. One function
//! for each target, so that the kept corpus also runs in an ordinary test.
//!
//! Not here: making inputs (libFuzzer's) and the decoders themselves.

mod auth;
mod envelope;
mod imports;
mod log;
mod world;

pub use auth::{auth, codes};
pub use envelope::envelope;
pub use imports::{backstage, compose, markdown, yaml};
pub use log::{entry, frame_client, frame_server};

/// Changes of documents: bounded before they are decoded. Alone, and one after the other.
#[cfg(feature = "app")]
pub fn change(data: &[u8]) {
    use groundplan_app::core::{actor_of_change, changes_in};
    let parts = changes_in(data);
    assert_eq!(parts.concat(), data, "taking changes apart loses nothing");
    for part in parts {
        let _ = actor_of_change(part);
    }
    let _ = actor_of_change(data);
}

/// A target's name and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("auth", auth),
    ("backstage", backstage),
    #[cfg(feature = "app")]
    ("change", change),
    ("codes", codes),
    ("compose", compose),
    ("entry", entry),
    ("envelope", envelope),
    ("frame_client", frame_client),
    ("frame_server", frame_server),
    ("markdown", markdown),
    ("yaml", yaml),
];
