//! Registering on a server or signing in, then uploading the open workspace.

use groundplan_shared::api::{
    AccountLoginParams, AccountRegisterParams, ApiError, ErrorCode, Hidden, SyncConnectParams,
};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{form, text_field};
use crate::components::dialog::Modal;
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
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<ApiError>));
    let go = move || {
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
        spawn_local(async move {
            let hidden = Hidden(password_text);
            let signed_in = if new.get_untracked() {
                app.call(AccountRegisterParams { server, name, password: hidden, invitation, trust: None }).await
            } else {
                app.call(AccountLoginParams { server, name, password: hidden, trust: None }).await
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
                    wrong.try_set(Some(error));
                }
            }
        });
    };
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
            {move || new.get().then(|| text_field("account.invitation", invitation, "text", "off", false))}
        </div>
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
