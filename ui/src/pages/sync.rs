//! Synchronisation, account, members and devices of the open workspace.

use crate::dom::prelude::*;
use groundplan_shared::api::{AccountLogoutParams, DeviceList, DeviceListParams};

use crate::components::icon::icon;
use crate::components::keys;
use crate::components::states::loaded;
use crate::components::status::{is_connected, sync_details};
use crate::state::{Dialog, query, use_app, use_shell};
use crate::text::{fill, name_of, t};

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
            <section class="block card">
                {sync_details()}
                <div class="actions">
                    {move || if connected.get() {
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
            {move || connected.get().then(devices)}
        </div>
    }
}

fn devices() -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let state = query(app, || Some(DeviceListParams {}), |_| true);
    let open = move |dialog: Dialog| move |_| shell.open(dialog.clone());
    view! {
        <section class="block">
            <header class="block-head">
                <h2>{icon("device")} {t("device.title")}</h2>
                <span class="actions">
                    <button class="button small" on:click=open(Dialog::LinkDevice)>{icon("plus")} {t("sync.link")}</button>
                    <button class="button small" on:click=open(Dialog::Invite)>{icon("people")} {t("sync.invite")}</button>
                    <button class="button small" on:click=open(Dialog::Recovery)>{icon("key")} {t("sync.recovery")}</button>
                </span>
            </header>
            {loaded(state, |list| table(&list))}
        </section>
    }
    .into_any()
}

fn table(list: &DeviceList) -> AnyView {
    let rows = list.items.iter().map(|device| {
        let recovery = device.kind == "recovery";
        let short: String = device.id.chars().take(8).collect();
        let name = match (recovery, device.name.is_empty()) {
            (true, _) => t("device.recovery").to_owned(),
            (false, true) => fill("device.unnamed", &[("id", &short)]),
            (false, false) => device.name.clone(),
        };
        view! {
            <li class="row-line">
                {icon(if recovery { "key" } else { "device" })}
                <span class="strong truncate">{name}</span>
                {device.this.then(|| view! { <span class="badge">{t("device.this")}</span> })}
                <span class="grow muted truncate">{device.member.clone()}</span>
                <span class="muted small">{name_of("role", &device.role)}</span>
                {(!device.active).then(|| view! { <span class="badge tone-bad">{t("device.inactive")}</span> })}
            </li>
        }
    });
    view! {
        <ul class="plain rows">{rows.collect_view()}</ul>
        <p class="muted small">{t("device.safety")} " " <span class="mono">{list.safety_number.clone()}</span></p>
    }
    .into_any()
}
