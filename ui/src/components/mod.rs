//! Pieces that pages are made of: values in, callbacks out.

pub mod editor;
