//! Joining with a code from elsewhere: another device, the recovery code, an invitation.

use crate::dom::prelude::*;
use groundplan_shared::api::{
    Command, DeviceLinkJoinParams, Hidden, MemberJoinParams, RecoveryUseParams, WorkspaceView,
};

use super::{form, submit, text_field};
use crate::components::dialog::Modal;
use crate::state::{App, Route, use_app, use_shell};
use crate::text::t;

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
        timeout_ms: 0,
    };
    joining("welcome.join", "join.invitation_text", "join.waiting", "join.go", fields, params)
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
        app.jobs.update(|jobs| drop(jobs.remove("device/link_join")));
        submit(app, busy, wrong, params(), move |_| {
            shell.close();
            app.enter(Route::Home);
        });
    };
    let fields = view! {
        <p class="muted">{t(text)}</p>
        {fields()}
        {move || busy.get().then(|| view! {
            <p role="status">{t(waiting)}</p>
            {digits(app)}
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
fn digits(app: App) -> AnyView {
    (move || {
        let check = app.jobs.with(|jobs| {
            let job = jobs.get("device/link_join").filter(|job| job.step == "check")?;
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
