//! What the interface knows, as plain structs with native tests, and the thin reactive wrapper around them.
//!
//! Not here: anything drawn, and anything that the client core already decides.

mod app;
mod index;
mod navigation;
mod route;
mod toast;

pub use app::{App, Changes, use_app};
pub use index::Index;
pub use route::{DiagramRoute, Route};
pub use toast::{Toast, ToastKind, Toasts};
