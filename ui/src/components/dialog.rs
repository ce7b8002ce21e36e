//! A dialog over everything, on the browser's own element: it keeps the focus inside, closes on Escape and gives
//! the focus back.

use crate::dom::prelude::*;
use leptos::html;
use wasm_bindgen::JsCast;

use super::icon::icon;

/// A dialog with a title.
#[component]
pub fn Modal(
    /// The title, which is also its accessible name.
    #[prop(into)]
    title: String,
    /// Called when it should go.
    on_close: Callback<()>,
    /// Further classes.
    #[prop(optional)]
    class: &'static str,
    /// Whether the title is only for screen readers.
    #[prop(optional)]
    bare: bool,
    children: Children,
) -> AnyView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = node.get()
            && !dialog.open()
        {
            // Fails only for a dialog that is already open or not on the page.
            let _ = dialog.show_modal();
            focus_first(&dialog);
        }
    });
    // A press that begins and ends on the backdrop closes; one that began inside (selecting text) does not.
    let pressed_outside = StoredValue::new(false);
    let outside = move |event: &leptos::ev::MouseEvent| {
        node.get_untracked().is_some_and(|dialog| {
            event.target().is_some_and(|target| {
                let dialog: &web_sys::EventTarget = dialog.as_ref();
                target == *dialog
            })
        })
    };
    let label = title.clone();
    view! {
        <dialog
            node_ref=node
            class=format!("dialog {class}")
            aria-label=label
            on:close=move |_| on_close.run(())
            on:mousedown=move |event| pressed_outside.set_value(outside(&event))
            on:click=move |event| {
                if pressed_outside.get_value() && outside(&event) {
                    on_close.run(());
                }
            }
        >
            <div class="dialog-body">
                {(!bare).then(|| view! {
                    <header class="dialog-head">
                        <h2>{title}</h2>
                        <button class="icon-button" type="button" aria-label=t("dialog.close")
                            on:click=move |_| on_close.run(())>{icon("close")}</button>
                    </header>
                })}
                {children()}
            </div>
        </dialog>
    }
}

/// Moves the focus to what asks for it. The browser looks for that before our fields are there; otherwise the close
/// button would win.
pub fn focus_first(inside: &web_sys::Element) {
    let first = inside.query_selector("[autofocus]").ok().flatten();
    if let Some(field) = first.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = field.focus();
    }
}
