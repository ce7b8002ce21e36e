//! The status bar and the popover of synchronisation: always there, always true.

use crate::dom::prelude::*;
use groundplan_shared::api::WorkspaceView;

use super::icon::icon;
use super::keys;
use super::states::error_details;
use crate::lazy::{Wanted, lazily};
use crate::state::people::Act;
use crate::state::troubles::{Known, Way, troubles};
use crate::state::{App, Dialog, Route, Shell, sync_words, use_app, use_shell};
use crate::text::{ago, count, fill, t};

/// The bar at the bottom.
#[component]
pub fn StatusBar() -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let workspace = Memo::new(move |_| open_name(app));
    let elements = move || app.index.with(|index| index.elements.len() as u64);
    let chosen = move || app.selection.with(|chosen| chosen.len() as u64);
    view! {
        <footer class="status">
            <a class="status-item" href="/welcome" title=t("action.workspaces")>
                {icon("sample")} <span class="truncate">{move || workspace.get()}</span>
            </a>
            <span class="status-item muted">{move || count("status.elements", elements(), &[])}</span>
            {move || (chosen() > 1).then(|| view! { <span class="status-item muted">{count("status.chosen", chosen(), &[])}</span> })}
            <span class="grow"></span>
            {move || (!app.reachable.get()).then(|| view! {
                <span class="status-item tone-bad" role="alert">{icon("cloud-off")} {t("status.core_gone")}</span>
            })}
            {move || app.edits.with(|edits| edits.undo.clone()).map(|what| view! {
                <button class="status-item muted" title=fill("edit.undo_what", &[("what", &what)])
                    aria-label=fill("edit.undo_what", &[("what", &what)]) on:click=move |_| app.undo()>{icon("undo")}</button>
            })}
            {lazily(Wanted::Around)}
            <button
                class="status-item"
                aria-haspopup="dialog"
                aria-expanded=move || if shell.sync_open.get() { "true" } else { "false" }
                on:click=move |_| shell.sync_open.update(|open| *open = !*open)
            >
                {sync_summary()}
            </button>
            <button class="status-item" aria-label=t("action.shortcuts") title=t("action.shortcuts")
                on:click=move |_| shell.open(Dialog::Shortcuts)><kbd>"?"</kbd></button>
        </footer>
    }
}

/// The open workspace as lists show it.
pub fn open_workspace(app: App) -> Option<WorkspaceView> {
    app.status.with(|status| match status {
        Some(Ok(status)) => {
            status.workspaces.iter().find(|workspace| Some(workspace.id) == status.open).cloned()
        }
        _ => None,
    })
}

/// The name of the open workspace.
pub fn open_name(app: App) -> String {
    open_workspace(app).map(|workspace| workspace.name).unwrap_or_default()
}

/// How synchronisation stands, with its sign.
pub fn sync_summary() -> AnyView {
    let app = use_app();
    (move || {
        app.sync.with(|status| {
            let (class, words) = match status {
                Some(status) => {
                    let (tone, words) = sync_words::short(status);
                    (tone.class(), words)
                }
                None => ("tone-quiet", t("sync.unknown").to_owned()),
            };
            view! { <span class=format!("sync-sign {class}")></span><span role="status">{words}</span> }
        })
    })
    .into_any()
}

/// Everything about synchronisation in short, with what to do.
#[component]
pub fn SyncPopover() -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let node = NodeRef::<leptos::html::Section>::new();
    Effect::new(move |_| {
        if let Some(section) = node.get() {
            let _ = section.focus();
        }
    });
    leptos::task::spawn_local(async move { app.load_sync().await });
    let go = move |dialog: Dialog| {
        shell.sync_open.set(false);
        shell.open(dialog);
    };
    view! {
        <div class="scrim clear" on:click=move |_| shell.sync_open.set(false)></div>
        <section node_ref=node class="popover" role="dialog" tabindex="-1" aria-label=t("sync.title")>
            {sync_details(false)}
            {move || ways(app, shell)}
            <div class="actions">
                {move || if is_connected(app) {
                    view! {
                        <button class="button primary" on:click=move |_| keys::sync_now(app)>{t("action.sync_now")}</button>
                    }.into_any()
                } else {
                    view! {
                        <button class="button primary" on:click=move |_| go(Dialog::Connect)>{t("sync.connect")}</button>
                    }.into_any()
                }}
                <button class="button" on:click=move |_| {
                    shell.sync_open.set(false);
                    app.go(Route::Sync);
                }>{t("sync.more")}</button>
            </div>
        </section>
    }
}

/// What can be done about what is wrong.
fn ways(app: App, shell: Shell) -> AnyView {
    let read_only = open_workspace(app).and_then(|workspace| workspace.read_only);
    let found = app.sync.with(|status| {
        troubles(Known { status: status.as_ref(), read_only: read_only.as_deref(), ..Known::default() })
    });
    let mut ways: Vec<Way> = found.into_iter().flat_map(|trouble| trouble.ways).collect();
    ways.retain(|way| *way != Way::SyncNow);
    view! { <div class="actions">{ways.into_iter().map(|way| way_button(app, shell, way)).collect_view()}</div> }
}

/// A button that does something about a trouble.
pub fn way_button(app: App, shell: Shell, way: Way) -> AnyView {
    let run = move |_| {
        shell.sync_open.set(false);
        match way {
            Way::SignIn => shell.open(Dialog::Connect),
            Way::SyncNow => keys::sync_now(app),
            Way::Rescue => shell.open(Dialog::Rescue),
            Way::Alarm => shell.open(Dialog::Alarm),
            Way::Quarantine => shell.open(Dialog::Quarantine),
            Way::Held => shell.open(Dialog::Held),
            Way::Rotate => shell.open(Dialog::Act(Box::new(Act::Rotate))),
            Way::People => app.go(Route::People),
        }
    };
    view! { <button class="button" on:click=run>{t(way.text())}</button> }
}

/// Says whether the open workspace belongs to a server.
pub fn is_connected(app: App) -> bool {
    app.sync.with(|status| {
        status.as_ref().is_some_and(|status| status.state != groundplan_shared::api::SyncState::LocalOnly)
    })
}

/// The sentences about synchronisation, with progress and problem; what is wrong in short where a list of troubles stands
/// beside them.
pub fn sync_details(beside_troubles: bool) -> AnyView {
    let app = use_app();
    (move || {
        let Some(status) = app.sync.get() else {
            return view! { <p class="muted">{t("sync.unknown")}</p> }.into_any();
        };
        let (tone, words) = sync_words::short(&status);
        let busy = tone == sync_words::Tone::Busy && status.total > 0;
        let problem = status.problem.as_ref().map(error_details);
        view! {
            <h2 class="sync-title"><span class=format!("sync-sign {}", tone.class())></span>{words}</h2>
            {sync_words::long(&status, beside_troubles, ago).into_iter().map(|line| view! { <p>{line}</p> }).collect_view()}
            {busy.then(|| view! {
                <progress class="progress" max=status.total.to_string() value=status.done.to_string()
                    aria-label=t("sync.progress")></progress>
            })}
            {status.server.map(|server| view! { <p class="muted small mono truncate">{server}</p> })}
            {problem}
        }
        .into_any()
    })
    .into_any()
}
