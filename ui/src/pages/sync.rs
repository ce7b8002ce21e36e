//! Synchronisation of the open workspace: how it stands, what is wrong and what can be done, the account.

use crate::dom::prelude::*;
use groundplan_shared::api::{AccountLogoutParams, MemberListParams, MemberStanding};

use crate::components::icon::icon;
use crate::components::keys;
use crate::components::peers::peers;
use crate::components::status::{is_connected, open_workspace, sync_details, way_button};
use crate::state::troubles::{Known, Trouble, troubles};
use crate::state::{App, Dialog, Shell, people, query, use_app, use_shell};
use crate::text::t;

/// The screen.
#[component]
pub fn SyncPage() -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let account = Memo::new(move |_| {
        app.status.with(|status| match status {
            Some(Ok(status)) => status.account.clone(),
            _ => None,
        })
    });
    let connected = Memo::new(move |_| is_connected(app));
    // Whoever was shut out has nothing to synchronise.
    let shut_out = Memo::new(move |_| {
        app.sync
            .with(|status| status.as_ref().is_some_and(|status| status.standing != MemberStanding::Member))
    });
    let open = move |dialog: Dialog| move |_| shell.open(dialog.clone());
    let sign_out = move |_| {
        app.run(AccountLogoutParams {}, move |_| {
            app.say(t("account.signed_out"));
            app.reload();
        })
    };
    view! {
        <div class="page sync">
            <h1 class="page-title">{t("title.sync")}</h1>
            {trouble_list()}
            <section class="block card">
                {sync_details(true)}
                <div class="actions">
                    {move || if shut_out.get() {
                        AnyView::Empty
                    } else if connected.get() {
                        view! {
                            <button class="button primary" on:click=move |_| keys::sync_now(app)>{icon("sync")} {t("action.sync_now")}</button>
                        }.into_any()
                    } else {
                        view! {
                            <button class="button primary" on:click=open(Dialog::Connect)>{t("sync.connect")}</button>
                        }.into_any()
                    }}
                    {move || account.get().filter(|account| !account.signed_in).map(|_| view! {
                        <button class="button" on:click=open(Dialog::Connect)>{t("account.login")}</button>
                    })}
                </div>
            </section>
            {move || account.get().map(|account| view! {
                <section class="block">
                    <h2 class="block-title">{t("account.title")}</h2>
                    <div class="row-line">
                        {icon("people")}
                        <span class="strong">{account.name}</span>
                        <span class="grow muted mono small truncate">{account.server}</span>
                        {if account.signed_in {
                            view! { <button class="button small" on:click=sign_out>{t("account.logout")}</button> }.into_any()
                        } else {
                            view! { <span class="badge">{t("account.signed_out")}</span> }.into_any()
                        }}
                    </div>
                </section>
            })}
            {move || connected.get().then(peers)}
            {move || connected.get().then(|| view! {
                <p><a href="/people">{t("sync.to_people")}</a></p>
            })}
        </div>
    }
}

/// What is wrong, each with what can be done.
fn trouble_list() -> AnyView {
    let (app, shell) = (use_app(), use_shell());
    // Membership is read only where there is a server.
    let connected = Memo::new(move |_| is_connected(app));
    let members = query(
        app,
        move || connected.get().then(MemberListParams::default),
        |changes| changes.documents.is_empty(),
    );
    let due = Memo::new(move |_| {
        let list = members.get().ready();
        list.map(|list| (!people::due(&list).is_empty(), people::may(&list, "rotate_keys")))
            .unwrap_or_default()
    });
    (move || {
        let (keys_due, may_rotate) = due.get();
        let read_only = open_workspace(app).and_then(|workspace| workspace.read_only);
        let found = app.sync.with(|status| {
            troubles(Known { status: status.as_ref(), read_only: read_only.as_deref(), keys_due, may_rotate })
        });
        found.into_iter().map(|trouble| one(app, shell, trouble)).collect_view()
    })
    .into_any()
}

fn one(app: App, shell: Shell, trouble: Trouble) -> AnyView {
    let sentences = trouble.text.into_iter().map(|line| view! { <p>{line}</p> }).collect_view();
    let ways = trouble.ways.into_iter().map(|way| way_button(app, shell, way)).collect_view();
    view! {
        <section class="notice trouble block" class:bad=trouble.bad>
            {icon("warn")}
            <div class="stack grow">
                <h2>{trouble.title}</h2>
                {sentences}
                <div class="actions">{ways}</div>
            </div>
        </section>
    }
}
