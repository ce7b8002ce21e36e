//! One file per route: reads the address, composes components.

pub mod diagram;
