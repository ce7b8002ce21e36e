//! Writing an encrypted backup of this device or of the open workspace, and checking one.
//!
//! Not here: bringing one back, which makes a profile and is for the command line.

use crate::dom::prelude::*;
use groundplan_shared::api::{ApiError, BackupCreateParams, BackupVerifyParams, Hidden};

use super::act::{call, carry_out, choice, happens};
use super::{form, text_field};
use crate::components::dialog::Modal;
use crate::components::passphrase::{Fresh, fresh};
use crate::components::status::open_workspace;
use crate::state::{use_app, use_shell};
use crate::text::{bytes, exact, fill, t};
use crate::transport::{Json, parse};

/// The dialog.
pub(super) fn backup(check: bool) -> AnyView {
    let (app, shell) = (use_app(), use_shell());
    let (path, secret, scope) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new("device".to_owned()));
    let chosen = Fresh::default();
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<ApiError>));
    let told = RwSignal::new(String::new());
    let workspace = open_workspace(app);
    let (id, name) = workspace.map(|one| (one.id, one.name)).unzip();
    let asked = move || {
        let path = path.get_untracked().trim().to_owned();
        if check {
            let passphrase = Some(Hidden(secret.get_untracked()));
            return call(&BackupVerifyParams { path, passphrase, recovery_code: None, job: None });
        }
        let workspace = id.filter(|_| scope.with_untracked(|scope| scope == "workspace"));
        let passphrase = Some(Hidden(chosen.read()?));
        call(&BackupCreateParams {
            path,
            workspace,
            passphrase,
            recovery_code: None,
            force: false,
            job: None,
        })
    };
    let go = move || match asked() {
        Ok(asked) => carry_out(app, busy, wrong, asked, move |answer| told.set(answer)),
        Err(error) => wrong.set(Some(error)),
    };
    let (title, submit) =
        if check { ("backup.check", "backup.check_do") } else { ("backup.make", "backup.make_do") };
    let fields = move || {
        let scopes = name.clone().map(|name| {
            let choices = vec![
                ("device".to_owned(), t("backup.device").to_owned()),
                ("workspace".to_owned(), fill("backup.workspace", &[("name", &name)])),
            ];
            choice("backup.scope", choices, scope)
        });
        let own = if check {
            text_field("backup.passphrase", secret, "password", "off", false)
        } else {
            view! { {scopes} {fresh(chosen, "backup.passphrase", false)} }
        };
        view! {
            {happens(t(if check { "backup.check_text" } else { "backup.text" }))}
            {text_field("backup.path", path, "text", "off", true)}
            <p class="muted small">{t("backup.path_text")}</p>
            {own}
            {move || busy.get().then(|| view! { <progress class="progress" aria-label=t("act.working")></progress> })}
        }
    };
    let body = move || match told.with(|told| parse(told).map(|made| facts(&made, check))) {
        None => form(busy, wrong, submit, go, fields()),
        Some(facts) => view! {
            <div class="dialog-form">
                {facts}
                <footer class="dialog-foot">
                    <button class="button primary" type="button" autofocus on:click=move |_| shell.close()>{t("dialog.close")}</button>
                </footer>
            </div>
        },
    };
    view! { <Modal title=t(title) on_close=Callback::new(move |()| shell.close())>{body}</Modal> }
}

/// What a backup holds.
fn facts(made: &Json<'_>, check: bool) -> AnyView {
    let names = made.list("workspaces").iter().map(|one| one.text("name")).collect::<Vec<_>>().join(", ");
    view! {
        <p class="strong" role="status">{t(if check { "backup.whole" } else { "backup.made" })}</p>
        <dl class="facts">
            <dt>{t("backup.when")}</dt><dd>{exact(made.whole("made_ms"))}</dd>
            <dt>{t("backup.from")}</dt><dd>{made.text("device_name")}</dd>
            <dt>{t("backup.holds")}</dt><dd>{names}</dd>
            <dt>{t("backup.size")}</dt><dd>{bytes(made.whole("file_bytes"))}</dd>
        </dl>
        {(!check).then(|| view! { <p class="notice"><span>{t("backup.keep")}</span></p> })}
    }
}
