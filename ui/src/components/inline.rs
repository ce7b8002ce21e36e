//! A value that is edited where it stands: a field that looks like text until it is touched.

use crate::dom::prelude::*;
use groundplan_shared::validate::FieldError;
use leptos::html;

/// Checks what was typed.
pub type Check = Callback<String, Result<(), FieldError>>;

/// One line, saved with Enter or when the focus leaves, put back with Escape.
#[component]
pub fn InlineText(
    /// The present value.
    #[prop(into)]
    value: Signal<String>,
    /// The accessible name.
    #[prop(into)]
    label: String,
    /// Called with a new value that passed the check.
    on_save: Callback<String>,
    /// Checks before saving.
    check: Check,
    /// Shown while it is empty.
    #[prop(optional, into)]
    placeholder: String,
    /// Further classes.
    #[prop(optional)]
    class: &'static str,
    /// Suggestions, as the id of a `datalist`.
    #[prop(optional, into)]
    list: Option<String>,
    /// The keyboard that phones show.
    #[prop(optional)]
    inputmode: Option<&'static str>,
) -> AnyView {
    let node = NodeRef::<html::Input>::new();
    let wrong = RwSignal::new(None::<FieldError>);
    let typed = move || node.get_untracked().map(|input| input.value()).unwrap_or_default();
    let put_back = move || {
        if let Some(input) = node.get_untracked() {
            input.set_value(&value.get_untracked());
        }
        wrong.set(None);
    };
    let save = move || {
        let text = typed();
        if text == value.get_untracked() {
            wrong.set(None);
            return;
        }
        match check.run(text.clone()) {
            Ok(()) => {
                wrong.set(None);
                on_save.run(text);
            }
            Err(error) => wrong.set(Some(error)),
        }
    };
    let keydown = move |event: leptos::ev::KeyboardEvent| match event.key().as_str() {
        "Enter" => {
            event.prevent_default();
            save();
            if wrong.with_untracked(Option::is_none)
                && let Some(input) = node.get_untracked()
            {
                let _ = input.blur();
            }
        }
        "Escape" => {
            event.stop_propagation();
            put_back();
            if let Some(input) = node.get_untracked() {
                let _ = input.blur();
            }
        }
        _ => {}
    };
    view! {
        <span class="inline-field">
            <input
                node_ref=node
                class=format!("inline {class}")
                type="text"
                autocomplete="off"
                spellcheck="false"
                aria-label=label
                aria-invalid=move || wrong.with(|wrong| wrong.is_some().then_some("true"))
                placeholder=placeholder
                list=list
                inputmode=inputmode
                prop:value=move || value.get()
                on:keydown=keydown
                on:blur=move |_| save()
            />
            {move || wrong.get().map(|error| view! {
                <span class="field-error" role="alert">{field_words(&error)}</span>
            })}
        </span>
    }
}

/// What is wrong with a field and what to do, without the field's name, which stands beside it.
pub fn field_words(error: &FieldError) -> String {
    crate::text::fill("field.wrong", &[("what", &error.message), ("remedy", &error.remedy)])
}
