//! What stands on the canvas when there is no drawing: loading, failure, emptiness; and what hovers over it.

use crate::dom::prelude::*;

use super::state::Canvas;
use crate::components::states::failure;
use crate::state::{Dialog, Route, use_shell};
use crate::text::{count, name_of, t};

/// Loading, failure, emptiness.
#[component]
pub(super) fn States(canvas: Canvas) -> AnyView {
    let shell = use_shell();
    let is_empty = Memo::new(move |_| canvas.picture.with(|picture| picture.is_empty()));
    (move || {
        match canvas.shown.get() {
        None => view! { <div class="canvas-state" role="status"><p class="canvas-wait">{t("diagram.loading")}</p></div> }
            .into_any(),
        Some(Err(error)) => view! {
            <div class="canvas-state">{failure(&error, Some(Callback::new(move |()| canvas.load())))}</div>
        }
        .into_any(),
        Some(Ok(_)) if is_empty.get() => {
            let at = canvas.at.get();
            let inside = at.scope.is_some() || at.focus.is_some();
            view! {
                <div class="canvas-state">
                    <h2>{if inside { t("diagram.empty_inside") } else { t("diagram.empty") }}</h2>
                    <p class="muted">{if inside { t("diagram.empty_inside_hint") } else { t("diagram.empty_hint") }}</p>
                    <p class="canvas-state-steps">
                        <Show
                            when=move || inside
                            fallback=move || view! {
                                <a class="button primary" href=Route::Import.url()>{t("diagram.empty_import")}</a>
                                <button type="button" class="button" on:click=move |_| {
                                    shell.open(Dialog::NewElement { kind: None, parent: None });
                                }>{t("diagram.empty_add")}</button>
                            }
                        >
                            <a class="button" href=Route::Diagram(Default::default()).url()>{t("diagram.everything")}</a>
                        </Show>
                    </p>
                </div>
            }
            .into_any()
        }
        Some(Ok(shown)) => shown
            .coarse
            .then(|| view! { <p class="canvas-note" role="status">{t("diagram.coarse")}</p> })
            .into_any(),
    }
    })
    .into_any()
}

/// Full name and kind of what is under the pointer; for screen readers, what was walked to.
#[component]
pub(super) fn Hover(canvas: Canvas) -> AnyView {
    let text = move || canvas.hovered.get().and_then(|id| describe(canvas, &id));
    let walked = Memo::new(move |_| {
        let selected = canvas.selected.get();
        match selected.len() {
            0 => String::new(),
            1 => selected.first().and_then(|id| describe(canvas, id)).unwrap_or_default(),
            n => count("diagram.selected", n as u64, &[]),
        }
    });
    view! {
        <p class="canvas-hover" class:is-on=move || text().is_some() aria-hidden="true">{text}</p>
        <p class="sr-only" aria-live="polite">{move || walked.get()}</p>
    }
}

/// An element or relation in one line.
fn describe(canvas: Canvas, id: &str) -> Option<String> {
    canvas.picture.with(|picture| {
        if let Some(node) = picture.node(id) {
            let mut text = format!("{} · {}", node.name, name_of("kind", &node.kind));
            if let Some(technology) = &node.technology {
                text.push_str(" · ");
                text.push_str(technology);
            }
            let relations = picture.edges_at(id).count();
            if relations > 0 {
                text.push_str(" · ");
                text.push_str(&count("diagram.relations", relations as u64, &[]));
            }
            return Some(text);
        }
        let edge = picture.edge(id)?;
        let name = |id: &str| picture.node(id).map_or("", |node| node.name.as_str()).to_owned();
        let verb = name_of("relation", &edge.kind).to_lowercase();
        let mut text = format!("{} {verb} {}", name(&edge.source), name(&edge.target));
        if let Some(what) = &edge.text {
            text.push_str(": ");
            text.push_str(what);
        }
        if edge.count > 1 {
            text.push_str(&format!(" ({})", count("diagram.relations", edge.count.into(), &[])));
        }
        Some(text)
    })
}
