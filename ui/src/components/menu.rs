//! A button with three dots and the list of what can be done that opens below it.
//!
//! By keyboard: Enter opens it with the focus on the first entry, arrows move, Escape goes back to the button.

use crate::dom::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::JsCast;

use super::icon::icon;

/// An entry of a menu.
pub struct Entry {
    /// What it says.
    pub text: String,
    /// Whether it takes something away.
    pub danger: bool,
    /// What it does.
    pub run: Callback<()>,
}

/// The button with its menu; its place stays empty where there is nothing to do, so that rows stand alike.
pub fn menu(label: String, entries: Vec<Entry>) -> AnyView {
    if entries.is_empty() {
        return view! { <span class="menu"></span> };
    }
    let open = RwSignal::new(false);
    let root = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    let entries = StoredValue::new_local(entries);
    let left = move |event: ev::FocusEvent| {
        let next = event.related_target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let inside =
            root.get_untracked().is_some_and(|root| next.is_some_and(|next| root.contains(Some(&next))));
        if !inside {
            open.set(false);
        }
    };
    let back = move || {
        open.set(false);
        if let Some(button) = button.get_untracked() {
            let _ = button.focus();
        }
    };
    let keydown = move |event: ev::KeyboardEvent| {
        if !open.get_untracked() {
            return;
        }
        match event.key().as_str() {
            "Escape" => back(),
            "ArrowDown" => step(root, 1),
            "ArrowUp" => step(root, -1),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    // The list takes the focus as soon as it stands.
    let list = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if list.get().is_some() {
            step(root, 0);
        }
    });
    let (name, list_name) = (label.clone(), label.clone());
    view! {
        <div class="menu" node_ref=root on:focusout=left on:keydown=keydown>
            <button node_ref=button class="icon-button" type="button" aria-haspopup="menu" aria-label=name title=label
                aria-expanded=move || if open.get() { "true" } else { "false" }
                on:click=move |_| open.update(|open| *open = !*open)>{icon("more")}</button>
            {move || open.get().then(|| view! {
                <div node_ref=list class="menu-list" role="menu" aria-label=list_name.clone()>
                    {entries.with_value(|entries| entries.iter().map(|entry| {
                        let run = entry.run;
                        view! {
                            <button type="button" role="menuitem" tabindex="-1" class="option"
                                class:danger=entry.danger
                                on:click=move |_| {
                                    back();
                                    run.run(());
                                }>{entry.text.clone()}</button>
                        }
                    }).collect_view())}
                </div>
            })}
        </div>
    }
}

/// Moves the focus among the entries; nowhere beyond the ends.
fn step(root: NodeRef<html::Div>, by: i32) {
    let Some(root) = root.get_untracked() else { return };
    let Ok(items) = root.query_selector_all("[role=menuitem]") else { return };
    let at = document().active_element().map(web_sys::Element::unchecked_into::<web_sys::Node>);
    let here = (0..items.length()).find(|place| items.get(*place) == at);
    let next = here.map_or(0, |here| here.saturating_add_signed(by).min(items.length().saturating_sub(1)));
    if let Some(item) = items.get(next).and_then(|item| item.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = item.focus();
    }
}
