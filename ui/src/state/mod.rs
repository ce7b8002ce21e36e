//! What the interface knows, as plain structs with native tests, and the thin reactive wrapper around them.
//!
//! Not here: anything drawn, and anything that the client core already decides.

pub mod actions;
mod app;
pub mod form;
mod ids;
mod import;
mod index;
mod layout;
mod load;
mod navigation;
pub mod order;
pub mod palette;
pub mod passphrase;
pub mod peers;
pub mod people;
mod query;
mod route;
mod shell;
pub mod signal;
pub mod sync_words;
mod tabs;
mod toast;
pub mod tree;
pub mod tree_keys;
pub mod troubles;

pub use actions::Action;
pub use app::{App, Changes, use_app};
pub use ids::new_uuid;
pub use import::ImportStep;
pub use index::Index;
pub use layout::Layout;
pub use query::{Answer, Load, query, query_since, raw};
pub use route::{DiagramRoute, Route};
pub use shell::{Dialog, Sheet, Shell, use_shell};
pub use tabs::Tabs;
pub use toast::{Toast, ToastKind, Toasts};
