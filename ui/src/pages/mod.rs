//! One file per route: reads the address, composes components.

pub mod changes;
pub mod diagram;
pub mod element;
pub mod explore;
mod front;
pub mod home;
pub mod import;
pub mod page;
pub mod page_list;
pub mod past;
pub mod people;
pub mod search;
pub mod settings;
pub mod sync;
pub mod unknown;
pub mod unlock;
pub mod welcome;
