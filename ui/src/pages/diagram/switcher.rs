//! Which diagram: the list of them, and making, renaming and deleting one.

use crate::dom::prelude::*;
use groundplan_shared::model::DocumentId;
use leptos::ev;
use leptos::html;
use wasm_bindgen::JsCast;

use super::state::Canvas;
use super::toolbar::glyph;
use crate::state::{DiagramRoute, Route};
use crate::text::{name_of, t};

const CHEVRON: &str = "M4.5 6.5 8 10l3.5-3.5";

/// What the text field at the bottom of the list is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Naming {
    Nothing,
    New,
    Rename(DocumentId),
}

/// The name of the diagram, and the list that opens below it.
#[component]
pub(super) fn Switcher(canvas: Canvas) -> AnyView {
    let open = RwSignal::new(false);
    let root = NodeRef::<html::Div>::new();
    let title = move || {
        let stored = canvas.at.get().id;
        let named =
            stored.and_then(|id| canvas.app.index.with(|index| index.view(id).map(|view| view.name.clone())));
        named.unwrap_or_else(|| {
            let title = canvas.picture.with(|picture| picture.scene.title.clone());
            if title.is_empty() || stored.is_none() { t("diagram.everything").to_owned() } else { title }
        })
    };
    // Focus that leaves the list closes it.
    let left = move |event: ev::FocusEvent| {
        let next = event.related_target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let inside =
            root.get_untracked().is_some_and(|root| next.is_some_and(|next| root.contains(Some(&next))));
        if !inside {
            open.set(false);
        }
    };
    view! {
        <div
            class="canvas-switcher"
            node_ref=root
            on:focusout=left
            on:keydown=move |event| {
                if event.key() == "Escape" && open.get_untracked() {
                    event.stop_propagation();
                    open.set(false);
                }
            }
        >
            <button
                type="button"
                class="canvas-title"
                aria-haspopup="true"
                aria-expanded=move || if open.get() { "true" } else { "false" }
                title=t("diagram.switch")
                on:click=move |_| open.update(|open| *open = !*open)
            >
                <span class="truncate">{title}</span>
                {glyph(CHEVRON)}
            </button>
            <Show when=move || open.get()>
                <List canvas=canvas open=open />
            </Show>
        </div>
    }
}

#[component]
fn List(canvas: Canvas, open: RwSignal<bool>) -> AnyView {
    let naming = RwSignal::new(Naming::Nothing);
    let current = canvas.at.get_untracked();
    let views = move || {
        canvas.app.index.with(|index| {
            index
                .views
                .iter()
                .map(|view| {
                    let route = DiagramRoute { id: Some(view.id), ..DiagramRoute::default() };
                    entry(
                        open,
                        route,
                        view.name.clone(),
                        name_of("view", view.kind.as_str()),
                        current.id == Some(view.id),
                    )
                })
                .collect_view()
        })
    };
    let here = current.id;
    // A stored diagram takes the place of the drawing that is not stored: the address without an id leads to it.
    let has_whole = canvas.app.index.with_untracked(|index| !index.views.is_empty());
    view! {
        <div class="canvas-popover" role="group" aria-label=t("diagram.switch")>
            <ul class="plain canvas-list">
                {(!has_whole).then(|| entry(open, DiagramRoute::default(), t("diagram.everything").to_owned(), t("diagram.everything_hint").to_owned(), here.is_none() && current.scope.is_none()))}
                {views}
            </ul>
            <div class="canvas-list-foot">
                <button type="button" on:click=move |_| naming.set(Naming::New)>{t("diagram.new")}</button>
                {here.map(|id| view! {
                    <button type="button" on:click=move |_| naming.set(Naming::Rename(id))>{t("diagram.rename")}</button>
                    <button type="button" class="is-bad" on:click=move |_| {
                        open.set(false);
                        canvas.delete_view(id);
                    }>{t("diagram.delete")}</button>
                })}
            </div>
            {move || match naming.get() {
                Naming::Nothing => ().into_any(),
                naming => view! { <Name canvas=canvas open=open naming=naming /> }.into_any(),
            }}
        </div>
    }
}

fn entry(open: RwSignal<bool>, route: DiagramRoute, name: String, detail: String, current: bool) -> AnyView {
    view! {
        <li>
            <a href=Route::Diagram(route).url() aria-current=current.then_some("page") on:click=move |_| open.set(false)>
                <span class="truncate">{name}</span>
                <span class="canvas-list-detail">{detail}</span>
            </a>
        </li>
    }
}

/// A field for a name.
#[component]
fn Name(canvas: Canvas, open: RwSignal<bool>, naming: Naming) -> AnyView {
    let field = NodeRef::<html::Input>::new();
    let old = match naming {
        Naming::Rename(id) => {
            canvas.app.index.with_untracked(|index| index.view(id).map(|view| view.name.clone()))
        }
        _ => None,
    };
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            // A field that cannot take the focus can still be clicked.
            let _ = field.focus();
            field.select();
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let name = field.get_untracked().map(|field| field.value().trim().to_owned()).unwrap_or_default();
        if name.is_empty() {
            return;
        }
        open.set(false);
        match naming {
            Naming::Rename(id) => canvas.rename_view(id, name),
            _ => canvas.create_view(name),
        }
    };
    view! {
        <form class="canvas-name" on:submit=submit>
            <input type="text" node_ref=field maxlength="200" required=true value=old
                aria-label=t("diagram.name") placeholder=t("diagram.name") />
            <button type="submit">
                {if matches!(naming, Naming::Rename(_)) { t("diagram.rename_do") } else { t("diagram.create") }}
            </button>
        </form>
    }
}
