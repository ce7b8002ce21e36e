//! Everything between a TCP connection and a handler: accepting, TLS, limits, request ids, extraction.

pub mod extract;
pub mod listen;
pub mod middleware;
pub mod tls;
