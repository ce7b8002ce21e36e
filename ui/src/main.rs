//! The interface of Groundplan: one program for the desktop window and for a browser on the local agent.
//!
//! Lives here: the start. Not here: cryptography, storage and synchronisation (the client core does those) and
//! everything shown (`app`).

mod app;
mod canvas;
mod components;
mod dom;
mod lazy;
mod pages;
mod state;
mod text;
mod transport;

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(|| dom::mount(app::Root()));
    lazy::fetch();
}
