//! The `groundplan-server` binary. Everything it does lives in the library.
fn main() {}
