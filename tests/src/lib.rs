//! The harness of the stories: real programs in fresh folders, a wire between them that can be cut, and seeds.
//!
//! Not here: the stories (`e2e/`), tests in a browser (`browser/`) and in the desktop window (`window/`).

pub mod corpora;
pub mod device;
pub mod edits;
pub mod faults;
pub mod http;
pub mod journey;
pub mod process;
pub mod programs;
pub mod random;
pub mod scan;
pub mod server;
pub mod wire;

/// Prints a line that a test wants to have in the report although it passes: figures, counts, skips.
#[expect(clippy::print_stdout, reason = "the harness of tests reports here")]
pub fn tell(line: &str) {
    println!("{line}");
}
