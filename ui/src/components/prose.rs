//! Rendered Markdown. What is put on the page comes from `state::markdown` alone, which writes only known tags.

use groundplan_shared::api::PageLinkView;
use leptos::prelude::*;

use crate::state::markdown::{Target, render};
use crate::state::{App, Route, use_app};

/// Renders a text; `links` are what the core resolved of it.
pub fn prose(text: &str, links: &[PageLinkView]) -> AnyView {
    let app = use_app();
    let html = render(text, |written| resolve(app, links, written));
    view! { <div class="prose" inner_html=html></div> }.into_any()
}

fn resolve(app: App, links: &[PageLinkView], written: &str) -> Option<Target> {
    let wanted = written.split('#').next().unwrap_or(written);
    let from_core = links
        .iter()
        .find(|link| link.text == written || link.text == wanted)
        .map(|link| link.target.as_ref().filter(|target| target.document != "missing"));
    match from_core {
        Some(found) => found.map(|target| Target {
            url: Route::to_document(&target.document, target.id).url(),
            name: target.name.clone(),
        }),
        // Descriptions of elements come without resolved links: names decide.
        None => app.index.with_untracked(|index| {
            let element = index.elements.iter().find(|element| element.name.eq_ignore_ascii_case(wanted));
            let page = || index.pages.iter().find(|page| page.title.eq_ignore_ascii_case(wanted));
            element
                .map(|element| (Route::Element(element.id), element.name.clone()))
                .or_else(|| page().map(|page| (Route::Page(page.id), page.title.clone())))
                .map(|(route, name)| Target { url: route.url(), name })
        }),
    }
}
