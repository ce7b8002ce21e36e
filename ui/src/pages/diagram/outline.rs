//! The diagram as nested text with the same content. Always there for screen readers; shown on request.

use crate::dom::prelude::*;
use groundplan_shared::model::DocumentId;
use groundplan_shared::scene::{OutlineItem, OutlineLink, outline};

use super::state::Canvas;
use super::toolbar::kind_glyph;
use crate::canvas::select::Selected;
use crate::state::Route;
use crate::text::{count, name_of, t};

/// A larger outline is made only once it is asked for: nobody listens to thousands of lines unasked.
const ALWAYS: usize = 600;

/// The outline beside the canvas.
#[component]
pub(super) fn Outline(canvas: Canvas) -> AnyView {
    let items = Memo::new(move |_| {
        canvas.picture.with(|picture| {
            let wanted = canvas.outline.get() || picture.scene.nodes.len() <= ALWAYS;
            if wanted { outline(&picture.scene) } else { Vec::new() }
        })
    });
    let is_left_out = move || !canvas.outline.get() && canvas.picture.with(|p| p.scene.nodes.len() > ALWAYS);
    view! {
        <section
            class=move || if canvas.outline.get() { "canvas-outline" } else { "sr-only" }
            aria-label=t("diagram.outline")
        >
            <h2>{t("diagram.outline")}</h2>
            <Show when=is_left_out>
                <button type="button" on:click=move |_| canvas.outline.set(true)>{t("diagram.outline_show")}</button>
            </Show>
            <ul class="plain">{move || items.get().into_iter().map(|item| row(canvas, item)).collect_view()}</ul>
        </section>
    }
}

fn row(canvas: Canvas, item: OutlineItem) -> AnyView {
    let OutlineItem { id, kind, name, technology, external, findings, outgoing, incoming, children } = item;
    let mut detail = vec![name_of("kind", &kind)];
    if external {
        detail.push(t("diagram.external").to_owned());
    }
    detail.extend(technology);
    if findings > 0 {
        detail.push(count("diagram.findings", findings.into(), &[]));
    }
    let choose = {
        let id = id.clone();
        move |_| {
            canvas.select(&Selected::from([id.clone()]));
            canvas.reveal(&id);
        }
    };
    let current = {
        let id = id.clone();
        move || canvas.selected.with(|selected| selected.contains(&id)).then_some("true")
    };
    let address = id.parse::<DocumentId>().ok().map(|id| Route::Element(id).url());
    let links = outgoing
        .into_iter()
        .map(|each| link(each, "relation"))
        .chain(incoming.into_iter().map(|each| link(each, "relation_in")))
        .collect_view();
    view! {
        <li>
            <div class="canvas-outline-row">
                <button type="button" aria-current=current on:click=choose>
                    {kind_glyph(&kind)}
                    <span class="canvas-outline-name">{name}</span>
                    <span class="canvas-list-detail">{detail.join(", ")}</span>
                </button>
                {address.map(|url| view! { <a href=url class="canvas-outline-open">{t("diagram.open")}</a> })}
            </div>
            <ul class="plain canvas-outline-links">{links}</ul>
            <ul class="plain canvas-outline-parts">
                {children.into_iter().map(|child| row(canvas, child)).collect_view()}
            </ul>
        </li>
    }
    .into_any()
}

fn link(link: OutlineLink, family: &'static str) -> AnyView {
    let mut text = format!("{} {}", name_of(family, &link.kind), link.other_name);
    if let Some(label) = &link.label {
        text.push_str(": ");
        text.push_str(label);
    }
    if link.count > 1 {
        text.push_str(&format!(" ({})", count("diagram.relations", link.count.into(), &[])));
    }
    view! { <li>{text}</li> }
}
