//! Pieces that pages are made of: values in, callbacks out.

pub mod attachments;
pub mod dialog;
pub mod dialogs;
pub mod editor;
pub mod explorer;
pub mod files;
pub mod frame;
pub mod history;
pub mod icon;
pub mod inline;
pub mod inspector;
pub mod keys;
pub mod menu;
pub mod palette;
pub mod passphrase;
pub mod picker;
pub mod prose;
pub mod relations;
pub mod save;
pub mod shortcuts;
pub mod states;
pub mod status;
pub mod tabs;
pub mod toasts;
pub mod upload;
