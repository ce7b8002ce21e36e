//! Imports: reads what a source says and turns it into a neutral `ImportSet`.
//!
//! Lives here: confined file trees, parsers with bounds, and the mapping to the model's kinds and properties. A
//! broken, huge, cyclic or escaping source is refused with file, line and reason; extraction is all or nothing.
//! Not here: the workspace. Comparing an `ImportSet` with it, previewing and applying are the client core's.
//!
//! ```
//! use std::ops::ControlFlow;
//! use groundplan_import::{MemoryTree, Limits, Options, detect, extract};
//!
//! let mut tree = MemoryTree::new("shop", Limits::default());
//! tree.insert("compose.yml", "services: {web: {depends_on: [db]}, db: {image: postgres}}").unwrap();
//! let kind = detect(&tree).unwrap().unwrap();
//! let set = extract(kind, &tree, &Options::default(), &mut |_| ControlFlow::Continue(())).unwrap();
//! assert_eq!(set.elements.len(), 3);
//! ```

mod backstage;
mod compose;
pub mod error;
mod finish;
pub mod html;
mod limits;
pub mod links;
pub mod markdown;
mod set;
mod source;
pub mod tree;
mod yaml;

pub use error::{ImportError, Mark, Refusal};
pub use limits::{Limits, OnProgress, Options, Progress, ServiceKinds, Stage};
pub use markdown::render_page;
pub use set::{
    Dangling, ImportAttachment, ImportElement, ImportLink, ImportNote, ImportPage, ImportRelation, ImportSet,
};
pub use source::{SourceKind, detect, extract};
pub use tree::{DiskTree, Entry, FileTree, Listing, MemoryTree};
