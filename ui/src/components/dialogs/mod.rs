//! Every dialog, one file each, and the one place that shows the open one.

mod account;
mod act;
mod backup;
mod codes;
mod compare;
mod element;
mod held;
mod invite;
mod join;
mod page;
pub mod preview;
mod relation;
mod rules;
mod second_factor;
mod troubles;
mod workspace;

use crate::dom::prelude::*;

use super::palette::Palette;
use super::shortcuts::Shortcuts;
use crate::lazy::{Wanted, lazily};
use crate::state::{App, Dialog, use_shell};

/// The open dialog.
#[component]
pub fn Dialogs() -> AnyView {
    let shell = use_shell();
    (move || {
        shell.dialog.get().map(|dialog| match dialog {
            // People type at once, also while the other modules are still on their way: nothing of it may be lost.
            Dialog::Palette => view! { <Palette /> }.into_any(),
            other => lazily(Wanted::Dialog(other)),
        })
    })
    .into_any()
}

/// Says whether a dialog is in the module that is fetched when it is asked for.
pub const fn is_seldom(dialog: &Dialog) -> bool {
    !matches!(
        dialog,
        Dialog::Palette
            | Dialog::Shortcuts
            | Dialog::NewElement { .. }
            | Dialog::NewPage { .. }
            | Dialog::NewRelation { .. }
            | Dialog::EditRelation(_)
    )
}

/// Draws a dialog of the work on elements and texts.
pub fn often(dialog: Dialog) -> AnyView {
    match dialog {
        Dialog::Shortcuts => view! { <Shortcuts /> }.into_any(),
        Dialog::NewElement { kind, parent } => element::new_element(kind, parent),
        Dialog::NewPage { kind, about } => page::new_page(kind, about),
        Dialog::NewRelation { source, target } => relation::new_relation(source, target),
        Dialog::EditRelation(relation) => relation::edit_relation(*relation),
        _ => AnyView::Empty,
    }
}

/// Draws any other.
pub fn seldom(dialog: Dialog) -> AnyView {
    match dialog {
        Dialog::NewWorkspace => workspace::new_workspace(),
        Dialog::Passphrase => super::passphrase::change(),
        Dialog::Connect => account::connect(),
        Dialog::LinkDevice => codes::link_device(),
        Dialog::Recovery => codes::recovery(),
        Dialog::Invite => invite::invite(),
        Dialog::JoinDevice => join::join_device(),
        Dialog::UseRecovery => join::use_recovery(),
        Dialog::JoinInvitation => join::join_invitation(),
        Dialog::Act(act) => act::draw(*act),
        Dialog::Rescue => troubles::rescue(),
        Dialog::Quarantine => troubles::quarantine(),
        Dialog::Alarm => troubles::alarm(),
        Dialog::SecondFactor => second_factor::second_factor(),
        Dialog::Backup { check } => backup::backup(check),
        Dialog::Held => held::held(),
        Dialog::Preview(file) => preview::preview(*file),
        Dialog::Palette
        | Dialog::Shortcuts
        | Dialog::NewElement { .. }
        | Dialog::NewPage { .. }
        | Dialog::NewRelation { .. }
        | Dialog::EditRelation(_) => AnyView::Empty,
    }
}

/// A form in a dialog: fields, what went wrong, and one button that says what happens.
fn form(
    busy: RwSignal<bool>,
    wrong: RwSignal<Option<groundplan_shared::api::ApiError>>,
    submit: &'static str,
    on_submit: impl Fn() + 'static,
    fields: AnyView,
) -> AnyView {
    form_of(busy, wrong, submit, false, on_submit, fields)
}

/// The same; where something is taken away for good, the button says so and is not what Enter finds first.
fn form_of(
    busy: RwSignal<bool>,
    wrong: RwSignal<Option<groundplan_shared::api::ApiError>>,
    submit: &'static str,
    danger: bool,
    on_submit: impl Fn() + 'static,
    fields: AnyView,
) -> AnyView {
    let shell = use_shell();
    // A form may come into an open dialog, once what it offers is known.
    let node = NodeRef::<leptos::html::Form>::new();
    Effect::new(move |_| {
        if let Some(form) = node.get() {
            super::dialog::focus_first(&form);
        }
    });
    view! {
        <form
            node_ref=node
            class="dialog-form"
            on:submit=move |event| {
                event.prevent_default();
                if !busy.get_untracked() {
                    on_submit();
                }
            }
        >
            {fields}
            {move || wrong.get().map(|error| super::states::failure(&error, None))}
            <footer class="dialog-foot">
                <button class="button" type="button" autofocus=danger on:click=move |_| shell.close()>{crate::text::t("dialog.cancel")}</button>
                <button class="button primary" class:destroys=danger type="submit" disabled=move || busy.get()>{crate::text::t(submit)}</button>
            </footer>
        </form>
    }
    .into_any()
}

/// Carries out a command of a form: disables it meanwhile, shows what went wrong in it.
fn submit<P: groundplan_shared::api::Command>(
    app: App,
    busy: RwSignal<bool>,
    wrong: RwSignal<Option<groundplan_shared::api::ApiError>>,
    params: P,
    then: impl FnOnce(P::Response) + 'static,
) {
    busy.set(true);
    wrong.set(None);
    let done = move |answer| {
        busy.try_set(false);
        match crate::transport::decode::<P>(answer) {
            Ok(answer) => then(answer),
            Err(error) => {
                wrong.try_set(Some(error));
            }
        }
    };
    app.ask_then(P::METHOD, crate::transport::encode(&params), Box::new(done));
}

/// A labelled text field of a form.
fn text_field(
    label: &'static str,
    value: RwSignal<String>,
    kind: &'static str,
    autocomplete: &'static str,
    focus: bool,
) -> AnyView {
    view! {
        <label class="stacked">
            <span class="field-name">{crate::text::t(label)}</span>
            <input class="input" type=kind autocomplete=autocomplete autofocus=focus spellcheck="false"
                prop:value=move || value.get() on:input=move |event| value.set(event_target_value(&event)) />
        </label>
    }
    .into_any()
}
