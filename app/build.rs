//! Tells cargo that the interface's files are part of the program, so that a new interface is built in.
//!
//! Not here: building the interface (`cargo xtask ui`).

fn main() {
    println!("cargo::rerun-if-changed=../ui/dist");
}
