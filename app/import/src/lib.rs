//! Groundplan.
pub mod error;
mod finish;
pub mod limits;
pub mod links;
pub mod markdown;
pub mod set;
pub mod tree;
mod yaml;
pub use error::{ImportError, Refusal};
pub use limits::*;
pub use set::*;
