//! The states that every view has besides its content: loading, empty, failed, out of reach.

use crate::dom::prelude::*;
use groundplan_shared::api::ApiError;

use super::icon::icon;
use crate::state::{Answer, Load, use_app};
use crate::text::{fill, t};
use crate::transport::json;

/// What is shown before the first answer: nothing at first, a quiet outline when it takes longer.
pub fn loading() -> AnyView {
    view! {
        <div class="loading" role="status">
            <span class="sr-only">{t("state.loading")}</span>
            <span class="bone"></span>
            <span class="bone"></span>
            <span class="bone"></span>
        </div>
    }
    .into_any()
}

/// Says what a place is for and offers the first step.
pub fn empty(mark: &str, title: &'static str, text: &'static str, actions: AnyView) -> AnyView {
    view! {
        <div class="empty">
            <span class="empty-mark">{icon(mark)}</span>
            <h2>{title}</h2>
            <p class="muted">{text}</p>
            <div class="actions">{actions}</div>
        </div>
    }
    .into_any()
}

/// Says what failed, to what, and what to do; details unfold and can be copied.
pub fn failure(error: &ApiError, retry: Option<Callback<()>>) -> AnyView {
    let (message, hint) = (error.message.clone(), error.hint.clone());
    view! {
        <div class="failure" role="alert">
            <span class="failure-mark">{icon("warn")}</span>
            <div class="grow">
                <p class="strong">{message}</p>
                <p>{hint}</p>
                <div class="actions">
                    {retry.map(|retry| view! {
                        <button class="button" on:click=move |_| retry.run(())>{t("state.retry")}</button>
                    })}
                    {error_details(error)}
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// The details of an error, to unfold and to copy.
pub fn error_details(error: &ApiError) -> AnyView {
    let code = json::write(&error.code);
    let details = fill(
        "error.details_text",
        &[
            ("code", code.trim_matches('"')),
            ("field", error.field.as_deref().unwrap_or_default()),
            ("message", &error.message),
            ("hint", &error.hint),
        ],
    );
    let text = details.clone();
    view! {
        <details class="error-details">
            <summary>{t("error.details")}</summary>
            <pre tabindex="0">{text}</pre>
            {copy_button(details)}
        </details>
    }
    .into_any()
}

/// A button that copies a text.
pub fn copy_button(text: String) -> AnyView {
    let app = use_app();
    let copy = move |_| {
        let promise = window().navigator().clipboard().write_text(&text);
        leptos::task::spawn_local(async move {
            let done = wasm_bindgen_futures::JsFuture::from(promise).await.is_ok();
            app.say(t(if done { "state.copied" } else { "state.not_copied" }));
        });
    };
    view! { <button class="button" type="button" on:click=copy>{icon("copy")} {t("state.copy")}</button> }
        .into_any()
}

/// Shows an answer, or the state it is in.
pub fn loaded<T: Send + Sync + 'static>(
    state: RwSignal<Load<T>>,
    show: impl Fn(Answer<T>) -> AnyView + Send + 'static,
) -> AnyView {
    let app = use_app();
    (move || match state.get() {
        Load::Loading => loading(),
        Load::Ready(answer) => show(answer),
        Load::Failed(error) => failure(&error, Some(Callback::new(move |()| app.reload()))),
    })
    .into_any()
}
