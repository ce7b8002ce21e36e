//! The messages at the bottom, announced to screen readers.

use crate::dom::prelude::*;

use super::icon::icon;
use super::states::error_details;
use crate::state::{Toast, ToastKind, use_app};

/// All messages.
#[component]
pub fn ToastList() -> AnyView {
    let app = use_app();
    let items = move || app.toasts.with(|toasts| toasts.items().to_vec());
    view! {
        <section class="toasts" aria-label=t("toast.region") aria-live="polite">
            <For each=items key=|toast| toast.id let:toast>{one(toast)}</For>
        </section>
    }
}

fn one(toast: Toast) -> AnyView {
    let app = use_app();
    let id = toast.id;
    let close = move |_| app.toasts.update(|toasts| toasts.close(id));
    let (class, mark) = match &toast.kind {
        ToastKind::Done => ("toast", "ok"),
        ToastKind::Undoable => ("toast", "ok"),
        ToastKind::Failed(_) => ("toast toast-failed", "warn"),
    };
    let body = match &toast.kind {
        ToastKind::Failed(error) => view! { <p>{error.hint.clone()}</p> {error_details(error)} }.into_any(),
        _ => ().into_any(),
    };
    let undo = (toast.kind == ToastKind::Undoable).then(|| {
        view! { <button class="button" on:click=move |_| app.undo()>{t("action.undo")}</button> }
    });
    view! {
        <div class=class>
            {icon(mark)}
            <div class="grow"><p class="strong">{toast.text}</p>{body}</div>
            {undo}
            <button class="icon-button" aria-label=t("toast.close") on:click=close>{icon("close")}</button>
        </div>
    }
    .into_any()
}
