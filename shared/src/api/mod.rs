//! The one command table that drives the desktop shell, the local agent's HTTP and the command line's JSON mode.
//!
//! Lives here: every command's method name, parameters, response, the right it needs, and the error shape.
//! Not here: what commands do (`app::ops`) and who may call (`app::dispatch`).

mod account;
mod attachment;
mod backup;
mod changes;
mod comment;
mod edit;
mod element;
mod error;
mod event;
mod explorer;
mod history;
mod import;
mod member;
mod page;
mod presence;
mod profile;
mod search;
mod table;
mod trust;
mod view;
mod workspace;

pub use account::*;
pub use attachment::*;
pub use backup::*;
pub use changes::*;
pub use comment::*;
pub use edit::*;
pub use element::*;
pub use error::{ApiError, ErrorCode};
pub use event::{Event, JobProgress};
pub use explorer::*;
pub use history::*;
pub use import::*;
pub use member::*;
pub use page::*;
pub use presence::*;
pub use profile::*;
pub use search::*;

pub use table::{COMMANDS, Command, CommandInfo, Right};
pub use trust::*;
pub use view::*;
pub use workspace::*;

use serde::{Deserialize, Serialize};

/// A response or parameter without content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Empty {}
