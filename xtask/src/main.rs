//! Groundplan.
fn main() {}
