//! The first screen: make, import, open, link, look at the sample. Also where workspaces are changed.

use crate::dom::prelude::*;
use groundplan_shared::api::{WorkspaceOpenParams, WorkspaceSampleParams, WorkspaceView};

use super::front::front;
use super::unlock;
use crate::components::icon::icon;
use crate::components::states::{failure, loading};
use crate::state::{Dialog, Route, sync_words, use_app, use_shell};
use crate::text::{ago, fill, t};

/// The screen.
#[component]
pub fn WelcomePage() -> AnyView {
    let app = use_app();
    let known = Memo::new(move |_| {
        app.status.with(|status| match status {
            Some(Ok(status)) => Some(status.workspaces.clone()),
            _ => None,
        })
    });
    let error = Memo::new(move |_| {
        app.status.with(|status| match status {
            Some(Err(error)) => Some(error.clone()),
            _ => None,
        })
    });
    let body = move || match (error.get(), known.get()) {
        (Some(error), _) => failure(&error, Some(Callback::new(move |()| app.reload()))),
        (None, None) => loading(),
        (None, Some(workspaces)) => view! {
            {(!workspaces.is_empty()).then(|| recent(workspaces.clone()))}
            {choices(workspaces.is_empty())}
        }
        .into_any(),
    };
    front("welcome-inner", body.into_any())
}

fn recent(workspaces: Vec<WorkspaceView>) -> AnyView {
    let app = use_app();
    let open =
        app.status.with_untracked(|status| status.as_ref().and_then(|status| status.as_ref().ok()?.open));
    let rows = workspaces.into_iter().map(|workspace| {
        let id = workspace.id;
        let (tone, words) = sync_words::short(&workspace.sync);
        let trouble = workspace.sync.problem.clone().filter(unlock::concerns);
        let when = if workspace.opened_ms == 0 { t("welcome.never_opened").to_owned() } else { ago(workspace.opened_ms) };
        let enter = move |_| {
            if open == Some(id) {
                app.go(Route::Home);
            } else {
                app.run(WorkspaceOpenParams { id }, move |_| app.enter(Route::Home));
            }
        };
        view! {
            <li>
                <button class="workspace-row" on:click=enter aria-current=(open == Some(id)).then_some("true")>
                    {icon("sample")}
                    <span class="grow truncate strong">{workspace.name}</span>
                    {workspace.read_only.map(|why| view! { <span class="badge" title=why>{t("welcome.read_only")}</span> })}
                    <span class="muted small workspace-sync"><span class=format!("sync-sign {}", tone.class())></span>{words}</span>
                    <span class="muted small">{when}</span>
                </button>
                {trouble.map(|error| failure(&error, None))}
            </li>
        }
    });
    view! {
        <section class="welcome-section">
            <h2>{t("welcome.recent")}</h2>
            <ul class="plain card-list">{rows.collect_view()}</ul>
        </section>
    }
    .into_any()
}

fn choices(first: bool) -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let busy = RwSignal::new(false);
    let sample = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        leptos::task::spawn_local(async move {
            match app.call(WorkspaceSampleParams {}).await {
                Ok(_) => app.enter(Route::Home),
                Err(error) => app.fail(error),
            }
            busy.try_set(false);
        });
    };
    let dialog = move |dialog: Dialog| move |_| shell.open(dialog.clone());
    view! {
        <section class="welcome-section">
            <h2>{t(if first { "welcome.begin" } else { "welcome.more" })}</h2>
            <div class="choice-grid">
                {choice("plus", "welcome.new", "welcome.new_text", dialog(Dialog::NewWorkspace))}
                {choice("import", "welcome.import", "welcome.import_text", move |_| app.go(Route::Import))}
                {choice("sample", "welcome.sample", "welcome.sample_text", sample)}
                {choice("device", "welcome.link", "welcome.link_text", dialog(Dialog::JoinDevice))}
            </div>
            <p class="actions welcome-others">
                <button class="linklike" on:click=dialog(Dialog::JoinInvitation)>{t("welcome.join")}</button>
                <button class="linklike" on:click=dialog(Dialog::UseRecovery)>{t("welcome.recover")}</button>
                <button class="linklike" on:click=dialog(Dialog::Connect)>{t("welcome.sign_in")}</button>
            </p>
            {move || busy.get().then(|| view! { <p role="status">{fill("welcome.working", &[])}</p> })}
        </section>
    }
    .into_any()
}

fn choice(
    mark: &'static str,
    title: &'static str,
    text: &'static str,
    act: impl Fn(leptos::ev::MouseEvent) + 'static,
) -> AnyView {
    view! {
        <button class="choice" on:click=act>
            <span class="choice-mark">{icon(mark)}</span>
            <span><span class="strong">{t(title)}</span><span class="muted choice-text">{t(text)}</span></span>
        </button>
    }
    .into_any()
}
