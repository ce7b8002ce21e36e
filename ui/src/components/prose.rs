//! Rendered Markdown. What is put on the page comes from the core's `page/get` alone, which writes only known tags
//! (`app/import/src/html.rs`).

use leptos::ev;
use wasm_bindgen::JsCast;

use super::files::save;
use crate::dom::prelude::*;
use crate::state::{App, use_app};

/// Where links to attached files lead: no place of the interface, but something to save.
const ATTACHMENT: &str = "/attachment/";

/// Shows a text that the core rendered.
pub fn prose(html: String) -> AnyView {
    let app = use_app();
    view! { <div class="prose" inner_html=html on:click=move |event| follow(app, &event)></div> }
}

fn follow(app: App, event: &ev::MouseEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let Some(link) = target.and_then(|target| target.closest("a[href]").ok().flatten()) else { return };
    let href = link.get_attribute("href").unwrap_or_default();
    if let Some(id) = href.strip_prefix(ATTACHMENT).and_then(|id| id.parse().ok()) {
        event.prevent_default();
        save(app, id, link.get_attribute("title").unwrap_or_default());
    }
}
