//! Settings of the profile: how it looks, what this device is called, where things are kept.

use crate::dom::prelude::*;
use groundplan_shared::api::{SettingsSetParams, WorkspaceRenameParams};
use groundplan_shared::validate;

use crate::components::icon::icon;
use crate::components::inline::InlineText;
use crate::components::keys::{lock, set_theme};
use crate::components::states::{failure, loading};
use crate::components::status::open_name;
use crate::state::{Dialog, form, use_app, use_shell};
use crate::text::{name_of, t};

/// The screen.
#[component]
pub fn SettingsPage() -> AnyView {
    let app = use_app();
    let device = Memo::new(move |_| {
        app.settings.with(|settings| settings.as_ref().map(|all| all.device_name.clone()).unwrap_or_default())
    });
    let theme = Memo::new(move |_| {
        app.settings
            .with(|settings| settings.as_ref().map_or_else(|| "system".to_owned(), |all| all.theme.clone()))
    });
    let workspace = Memo::new(move |_| open_name(app));
    let shell = use_shell();
    let by_passphrase = Memo::new(move |_| {
        app.status.with(|status| matches!(status, Some(Ok(status)) if status.key_storage == "passphrase"))
    });
    let has_account = Memo::new(move |_| {
        app.status.with(|status| matches!(status, Some(Ok(status)) if status.account.is_some()))
    });
    let save_device = Callback::new(move |name: String| {
        let device_name = Some(name.trim().to_owned());
        app.run(SettingsSetParams { device_name, ..SettingsSetParams::default() }, move |settings| {
            app.settings.set(Some(settings))
        });
    });
    let rename = Callback::new(move |name: String| {
        app.run(WorkspaceRenameParams { name: name.trim().to_owned() }, move |_| app.reload());
    });
    let check = Callback::new(|text: String| form::read_name(&text).map(|_| ()));
    view! {
        <div class="page settings">
            <h1 class="page-title">{t("title.settings")}</h1>
            <section class="block">
                <h2 class="block-title" id="theme-label">{t("settings.theme")}</h2>
                <div class="segments" role="radiogroup" aria-labelledby="theme-label">
                    {["system", "light", "dark"].into_iter().map(|own| view! {
                        <button class="segment" role="radio" aria-checked=move || if theme.with(|theme| theme == own) { "true" } else { "false" }
                            on:click=move |_| set_theme(app, own)>{name_of("theme", own)}</button>
                    }).collect_view()}
                </div>
            </section>
            <section class="block">
                <h2 class="block-title">{t("settings.names")}</h2>
                <div class="fields roomy">
                    <div class="field"><span class="field-name" aria-hidden="true">{t("settings.device")}</span>
                        <InlineText value=device label=t("settings.device") on_save=save_device check=check /></div>
                    {move || (!workspace.with(String::is_empty)).then(|| view! {
                        <div class="field"><span class="field-name" aria-hidden="true">{t("settings.workspace")}</span>
                            <InlineText value=workspace label=t("settings.workspace") on_save=rename
                                check=Callback::new(|text: String| validate::check_name("name", text.trim())) /></div>
                    })}
                </div>
                <p class="muted small">{t("settings.device_text")}</p>
            </section>
            <section class="block">
                <h2 class="block-title">{t("settings.security")}</h2>
                <div class="actions">
                    <button class="button" on:click=move |_| shell.open(Dialog::Passphrase)>
                        {move || t(if by_passphrase.get() { "settings.change_passphrase" } else { "settings.use_passphrase" })}
                    </button>
                    <button class="button" on:click=move |_| lock(app)>{icon("key")} {t("settings.lock")}</button>
                    {move || has_account.get().then(|| view! {
                        <button class="button" on:click=move |_| shell.open(Dialog::SecondFactor)>{t("second_factor.open")}</button>
                    })}
                </div>
                <p class="muted small">{t("settings.lock_text")}</p>
            </section>
            <section class="block">
                <h2 class="block-title">{t("backup.title")}</h2>
                <div class="actions">
                    <button class="button" on:click=move |_| shell.open(Dialog::Backup { check: false })>{t("backup.make")}</button>
                    <button class="button" on:click=move |_| shell.open(Dialog::Backup { check: true })>{t("backup.check")}</button>
                </div>
                <p class="muted small">{t("backup.restore_text")}</p>
            </section>
            <section class="block">
                <h2 class="block-title">{t("settings.about")}</h2>
                {move || match app.status.get() {
                    None => loading(),
                    Some(Err(error)) => failure(&error, Some(Callback::new(move |()| app.reload()))),
                    Some(Ok(status)) => view! {
                        <dl class="facts">
                            <dt>{t("settings.version")}</dt><dd class="mono">{status.version}</dd>
                            <dt>{t("settings.profile")}</dt><dd>{status.profile}</dd>
                            <dt>{t("settings.data")}</dt><dd class="mono">{status.data_dir}</dd>
                            <dt>{t("settings.key")}</dt><dd>{name_of("key_storage", &status.key_storage)}</dd>
                        </dl>
                    }.into_any(),
                }}
            </section>
        </div>
    }
}
