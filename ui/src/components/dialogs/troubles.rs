//! Looking at what went wrong: what was not sent, what was set aside, what the server did. Each can be taken along as a
//! file, to show it to others.
//!
//! Not here: when there is something to look at (`state/troubles`).

use crate::dom::prelude::*;
use groundplan_shared::api::{
    AlarmView, ApiError, QuarantineList, Rescue, SyncAlarmParams, SyncQuarantineParams, SyncRescueParams,
    SyncSettleParams, UnsentDocument,
};

use super::act::{call, carry_out, happens};
use crate::components::dialog::Modal;
use crate::components::icon::{icon, kind_icon};
use crate::components::save::download;
use crate::components::states::{copy_button, failure, loaded};
use crate::state::{App, query, use_app, use_shell};
use crate::text::{ago, count, fill, name_of, t};

pub(super) fn wide(title: &'static str, body: AnyView) -> AnyView {
    let shell = use_shell();
    view! {
        <Modal title=t(title) on_close=Callback::new(move |()| shell.close()) class="wide">
            <div class="dialog-form">{body}</div>
        </Modal>
    }
}

/// Buttons that save a text as a file and copy it.
fn take_along(label: &'static str, file: &'static str, text: &str) -> AnyView {
    let app = use_app();
    let (saved, text) = (text.to_owned(), text.to_owned());
    let save = move |_| {
        if download(file, "application/json", &saved).is_some() {
            app.say(fill("diagram.exported", &[("file", file)]));
        }
    };
    view! {
        <div class="actions">
            <button class="button" type="button" on:click=save>{icon("import")} {t(label)}</button>
            {copy_button(text)}
        </div>
    }
}

/// Work that was not sent.
pub(super) fn rescue() -> AnyView {
    let state = query(use_app(), || Some(SyncRescueParams {}), |_| false);
    wide("rescue.title", loaded(state, |found| unsent(&found)))
}

/// The kind whose icon stands for a document.
fn kind_of(app: App, document: &UnsentDocument) -> String {
    let element = document.id.parse().ok().and_then(|id| {
        app.index.with_untracked(|index| index.element(id).map(|element| element.kind.as_str().to_owned()))
    });
    element.unwrap_or_else(|| if document.kind == "page" { "doc" } else { &document.kind }.to_owned())
}

fn unsent(found: &Rescue) -> AnyView {
    let app = use_app();
    let rows = found.documents.iter().map(|document| {
        let name =
            if document.name.is_empty() { name_of("rescue", &document.kind) } else { document.name.clone() };
        view! {
            <li class="row-line">
                {kind_icon(&kind_of(app, document))}
                <span class="grow truncate">{name}</span>
                <span class="muted small">{count("rescue.changes", document.changes, &[])}</span>
                <span class="muted small">{ago(document.last_ms)}</span>
            </li>
        }
    });
    // What to do about it is what this dialog is for.
    let why = found.problem.as_ref().map(|problem| {
        let message = problem.message.clone();
        view! { <p class="notice">{icon("warn")}<span>{message}</span></p> }
    });
    if found.documents.is_empty() {
        return view! { <p class="muted">{t("rescue.none")}</p> };
    }
    view! {
        {why}
        <p>{t("rescue.text")}</p>
        <ul class="plain rows scrolled" tabindex="0" aria-label=t("rescue.title")>{rows.collect_view()}</ul>
        {take_along("rescue.save", "groundplan-unsent.json", &found.text)}
    }
}

/// What was set aside.
pub(super) fn quarantine() -> AnyView {
    let state = query(use_app(), || Some(SyncQuarantineParams::default()), |_| false);
    wide("quarantine.title", loaded(state, |list| aside(&list)))
}

fn aside(list: &QuarantineList) -> AnyView {
    let app = use_app();
    let short = |id: &str| id.chars().take(8).collect::<String>();
    let rows = list.items.iter().map(|item| {
        let known = item
            .document
            .parse()
            .ok()
            .and_then(|id| app.index.with_untracked(|index| index.name(id).map(str::to_owned)));
        let from = item.author.as_deref().map(|author| fill("device.unnamed", &[("id", &short(author))]));
        view! {
            <tr>
                <td>{item.reason.clone()}</td>
                <td class="truncate">{known.unwrap_or_else(|| short(&item.document))}</td>
                <td>{from.unwrap_or_else(|| t("quarantine.nobody").to_owned())}</td>
                <td class="muted">{ago(item.at_ms)}</td>
            </tr>
        }
    });
    if list.items.is_empty() {
        return view! { <p class="muted">{t("quarantine.none")}</p> };
    }
    view! {
        {happens(t("quarantine.text"))}
        <div class="table-scroll scrolled" tabindex="0" role="group" aria-label=t("quarantine.title")>
            <table class="grid">
                <thead><tr>
                    <th>{t("quarantine.why")}</th><th>{t("quarantine.what")}</th>
                    <th>{t("quarantine.from")}</th><th>{t("quarantine.when")}</th>
                </tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}

/// What the server did.
pub(super) fn alarm() -> AnyView {
    let state = query(use_app(), || Some(SyncAlarmParams {}), |_| false);
    wide("alarm.title", loaded(state, |alarm| shown(&alarm)))
}

fn shown(alarm: &AlarmView) -> AnyView {
    let (app, shell) = (use_app(), use_shell());
    let Some(problem) = &alarm.problem else {
        return view! { <p class="muted">{t("alarm.none")}</p> };
    };
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<ApiError>));
    let settle = alarm.answers.first().map(|answer| {
        let alarm = answer.clone();
        let go = move |_| {
            if let Ok(asked) = call(&SyncSettleParams { alarm: alarm.clone() }) {
                carry_out(app, busy, wrong, asked, move |_| {
                    shell.close();
                    app.look_again();
                    leptos::task::spawn_local(async move { app.load_sync().await });
                });
            }
        };
        view! {
            {happens(t("alarm.settle_happens"))}
            <footer class="dialog-foot">
                <button class="button" type="button" autofocus on:click=move |_| shell.close()>{t("dialog.close")}</button>
                <button class="button primary destroys" type="button" disabled=move || busy.get() on:click=go>{t("alarm.settle")}</button>
            </footer>
        }
    });
    view! {
        <div class="notice">{icon("warn")}<div>{happens(&format!("{}|{}", problem.message, problem.hint))}</div></div>
        <p>{t("alarm.proof_text")}</p>
        {take_along("alarm.save", "groundplan-server-proof.json", &alarm.proof)}
        <details class="error-details wide-details">
            <summary>{t("alarm.proof")}</summary>
            <pre class="scrolled" tabindex="0">{alarm.proof.clone()}</pre>
        </details>
        {move || wrong.get().map(|error| failure(&error, None))}
        {settle.unwrap_or_else(|| view! { <p class="muted">{t("alarm.only_server")}</p> })}
    }
}
