//! Joining with a code from elsewhere: another device, the recovery code, an invitation.

use crate::dom::prelude::*;
use groundplan_shared::api::{
    Command, DeviceLinkJoinParams, Hidden, MemberJoinParams, RecoveryUseParams, WorkspaceView,
};

use super::compare::digits;
use super::{form, submit, text_field};
use crate::components::dialog::Modal;
use crate::components::icon::icon;
use crate::state::{App, Dialog, Route, use_app, use_shell};
use crate::text::t;

/// The jobs whose progress shows what has to be compared.
const LINKING: &str = "device/link_join";
const JOINING: &str = "member/join";
/// How long a newcomer waits to be let in before the dialog says how to go on.
const WAIT_MS: u64 = 600_000;

pub(super) fn join_device() -> AnyView {
    let code = RwSignal::new(String::new());
    let fields = move || text_field("join.code", code, "text", "off", true);
    let params =
        move || DeviceLinkJoinParams { code: Hidden(code.get_untracked().trim().to_owned()), timeout_ms: 0 };
    joining("welcome.link", "join.device_text", "join.device_waiting", "join.go", fields, params)
}

pub(super) fn use_recovery() -> AnyView {
    let code = RwSignal::new(String::new());
    let fields = move || text_field("join.recovery", code, "text", "off", true);
    let params =
        move || RecoveryUseParams { code: Hidden(code.get_untracked().trim().to_owned()), workspace: None };
    joining("welcome.recover", "join.recovery_text", "join.waiting", "join.open", fields, params)
}

pub(super) fn join_invitation() -> AnyView {
    let (link, name) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let fields = move || {
        view! {
            {text_field("join.link", link, "text", "off", true)}
            {text_field("join.name", name, "text", "name", false)}
        }
        .into_any()
    };
    let params = move || MemberJoinParams {
        link: Hidden(link.get_untracked().trim().to_owned()),
        name: name.get_untracked().trim().to_owned(),
        timeout_ms: WAIT_MS,
    };
    joining("welcome.join", "join.invitation_text", "join.invitation_waiting", "join.go", fields, params)
}

fn joining<P: Command<Response = WorkspaceView>>(
    title: &'static str,
    text: &'static str,
    waiting: &'static str,
    action: &'static str,
    fields: impl Fn() -> AnyView,
    params: impl Fn() -> P + Send + Sync + 'static,
) -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None));
    let go = move || {
        app.jobs.update(|jobs| jobs.retain(|job, _| job != LINKING && job != JOINING));
        submit(app, busy, wrong, params(), move |_| {
            shell.close();
            app.enter(Route::Home);
        });
    };
    let fields = view! {
        <p class="muted">{t(text)}</p>
        {sign_in(app)}
        {fields()}
        {move || busy.get().then(|| view! {
            <p role="status">{t(waiting)}</p>
            {check(app)}
            {number(app)}
            <progress class="progress" aria-label=t(waiting)></progress>
        })}
    }
    .into_any();
    view! {
        <Modal title=t(title) on_close=Callback::new(move |()| shell.close())>{form(busy, wrong, action, go, fields)}</Modal>
    }
    .into_any()
}

/// The digits that both devices show while a device is linked: here they come as the progress of that job.
fn check(app: App) -> AnyView {
    (move || {
        let check = app.jobs.with(|jobs| {
            let job = jobs.get(LINKING).filter(|job| job.step == "check")?;
            Some(format!("{:03} {:03}", job.done / 1000, job.done % 1000))
        });
        check.map(|check| {
            view! {
                <p class="muted">{t("join.digits")}</p>
                <p class="check-digits mono" aria-label=t("link.digits")>{check}</p>
            }
        })
    })
    .into_any()
}

/// The safety number to read out while somebody has to let this person in.
fn number(app: App) -> AnyView {
    (move || {
        let number = app.jobs.with(|jobs| jobs.get(JOINING).map(|job| job.detail.clone()));
        number.map(|number| {
            view! {
                <p class="muted">{t("join.number")}</p>
                {digits(&number)}
            }
        })
    })
    .into_any()
}

/// Whoever is signed in nowhere has to do that first: offers it.
fn sign_in(app: App) -> AnyView {
    let shell = use_shell();
    let signed_in = move || {
        app.status.with(|status| match status {
            Some(Ok(status)) => status.account.as_ref().is_some_and(|account| account.signed_in),
            _ => false,
        })
    };
    (move || {
        (!signed_in()).then(|| {
            view! {
                <div class="notice">
                    {icon("warn")}
                    <div class="stack">
                        <p>{t("join.sign_in")}</p>
                        <div class="actions"><button class="button" type="button" on:click=move |_| shell.open(Dialog::Connect)>{t("welcome.sign_in")}</button></div>
                    </div>
                </div>
            }
        })
    })
    .into_any()
}
