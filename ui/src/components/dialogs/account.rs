//! Registering on a server or signing in, then uploading the open workspace.

use crate::dom::prelude::*;
use groundplan_shared::api::{
    AccountLoginParams, AccountRegisterParams, AccountServerKeyParams, ApiError, ErrorCode, Hidden,
    ServerKeys, SyncConnectParams,
};
use leptos::task::spawn_local;

use super::{form, text_field};
use crate::components::dialog::Modal;
use crate::components::icon::icon;
use crate::components::keys::is_open;
use crate::state::{form as rules, use_app, use_shell};
use crate::text::t;

pub(super) fn connect() -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let known = app.status.with_untracked(|status| {
        status.as_ref().and_then(|status| status.as_ref().ok()).and_then(|status| status.account.clone())
    });
    let new = RwSignal::new(known.is_none());
    let server = RwSignal::new(known.as_ref().map(|account| account.server.clone()).unwrap_or_default());
    let name = RwSignal::new(known.map(|account| account.name).unwrap_or_default());
    let password = RwSignal::new(String::new());
    let invitation = RwSignal::new(String::new());
    // Asked for when the server says that the account has a second factor.
    let (code, wants_code) = (RwSignal::new(String::new()), RwSignal::new(false));
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<ApiError>));
    let keys = RwSignal::new(None::<ServerKeys>);
    let go_with = move |trust: Option<String>| {
        let server = rules::read_server(&server.get_untracked());
        let name = name.get_untracked().trim().to_owned();
        let password_text = password.get_untracked();
        if server.is_empty() || name.is_empty() || password_text.is_empty() {
            return wrong.set(Some(ApiError::new(
                ErrorCode::InvalidInput,
                t("account.incomplete"),
                t("account.incomplete_hint"),
            )));
        }
        let invitation = Some(invitation.get_untracked()).filter(|text| !text.trim().is_empty()).map(Hidden);
        busy.set(true);
        wrong.set(None);
        keys.set(None);
        spawn_local(async move {
            let (hidden, asked) = (Hidden(password_text), server.clone());
            let signed_in = if new.get_untracked() {
                app.call(AccountRegisterParams { server, name, password: hidden, invitation, trust }).await
            } else {
                let code = Some(code.get_untracked()).filter(|code| !code.trim().is_empty()).map(Hidden);
                app.call(AccountLoginParams { server, name, password: hidden, trust, code }).await
            };
            let done = match signed_in {
                // A workspace that is already with a server stays as it is.
                Ok(_) if is_open(app) => {
                    app.call(SyncConnectParams {}).await.map(|status| app.sync.set(Some(status)))
                }
                other => other.map(|_| ()),
            };
            busy.try_set(false);
            match done {
                Ok(()) => {
                    shell.close();
                    app.say(t("account.connected"));
                    app.load().await;
                }
                Err(error) => {
                    if error.field.as_deref() == Some("code") {
                        wants_code.try_set(true);
                        code.try_set(String::new());
                    }
                    let shown = match error.field.as_deref() {
                        Some("server_key") => app.call(AccountServerKeyParams { server: asked }).await.ok(),
                        _ => None,
                    };
                    // The two keys, and what to do about them, say all that the error does.
                    if shown.is_none() {
                        wrong.try_set(Some(error));
                    }
                    keys.try_set(shown);
                }
            }
        });
    };
    let go = move || go_with(None);
    let tab = move |register: bool, text: &'static str| {
        view! {
            <button type="button" role="tab" class="segment" aria-controls="account-fields"
                aria-selected=move || if new.get() == register { "true" } else { "false" }
                on:click=move |_| new.set(register)>{t(text)}</button>
        }
    };
    let fields = view! {
        <div class="segments" role="tablist" aria-label=t("sync.connect")>
            {tab(true, "account.register")}
            {tab(false, "account.login")}
        </div>
        <div id="account-fields" role="tabpanel" class="stack" aria-label=t("sync.connect")>
            <p class="muted">{move || t(if new.get() { "account.register_text" } else { "account.login_text" })}</p>
            {text_field("account.server", server, "text", "url", true)}
            {text_field("account.name", name, "text", "username", false)}
            {move || text_field("account.password", password, "password", if new.get() { "new-password" } else { "current-password" }, false)}
            {move || (wants_code.get() && !new.get()).then(|| text_field("account.code", code, "text", "one-time-code", true))}
            {move || new.get().then(|| text_field("account.invitation", invitation, "text", "off", false))}
        </div>
        {move || keys.get().map(|keys| other_key(keys, move |trust| go_with(Some(trust))))}
        {move || busy.get().then(|| view! {
            <p role="status" class="muted">{t("account.working")}</p>
            <progress class="progress" aria-label=t("account.working")></progress>
        })}
    }
    .into_any();
    view! {
        <Modal title=t("sync.connect") on_close=Callback::new(move |()| shell.close())>
            {form(busy, wrong, "account.go", go, fields)}
        </Modal>
    }
    .into_any()
}

/// Shows the key that is known and the one that the server has now, and lets a person trust the latter.
fn other_key(keys: ServerKeys, trust: impl Fn(String) + 'static) -> AnyView {
    let now = keys.refused.unwrap_or_default();
    let chosen = now.clone();
    view! {
        <section class="notice other-key">
            {icon("warn")}
            <div class="stack">
                <h3>{t("account.trust_title")}</h3>
                <p>{t("account.trust_text")}</p>
                <dl class="facts">
                    <dt>{t("account.trust_known")}</dt><dd class="mono">{keys.known.unwrap_or_default()}</dd>
                    <dt>{t("account.trust_new")}</dt><dd class="mono">{now}</dd>
                </dl>
                <button class="button" type="button" on:click=move |_| trust(chosen.clone())>{t("account.trust_do")}</button>
            </div>
        </section>
    }
    .into_any()
}
