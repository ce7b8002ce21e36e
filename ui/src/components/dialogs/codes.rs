//! Codes that this device makes for its person: to link another device, and to recover when every device is lost.
//!
//! Not here: invitations of others (`invite`).

use crate::dom::prelude::*;
use groundplan_shared::api::{
    ApiError, DeviceLinkConfirmParams, DeviceLinkStartParams, DeviceLinkWaitParams, ErrorCode, LinkCode,
    LinkRequest, RecoveryCode, RecoveryCreateParams,
};
use leptos::task::spawn_local;

use super::act::happens;
use super::{form, submit};
use crate::components::dialog::Modal;
use crate::components::states::{copy_button, failure, loading};
use crate::components::status::open_name;
use crate::state::{use_app, use_shell};
use crate::text::{count, date, fill, now_ms, t};

/// How long one question for the other device's answer lasts before it is asked again.
const WAIT_MS: u64 = 20_000;

#[derive(Clone)]
enum Step {
    Making,
    Waiting(LinkCode),
    Asking(LinkRequest),
    Done,
    Failed(ApiError),
}

pub(super) fn link_device() -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let step = RwSignal::new(Step::Making);
    let alive = StoredValue::new(());
    let start = move || {
        step.set(Step::Making);
        spawn_local(async move {
            let code = match app.call(DeviceLinkStartParams {}).await {
                Ok(code) => code,
                Err(error) => return drop(step.try_set(Step::Failed(error))),
            };
            let expires_ms = code.expires_ms;
            step.try_set(Step::Waiting(code));
            // Ends with the code, or with the dialog.
            while alive.try_get_value().is_some() && now_ms() < expires_ms {
                let asked_ms = now_ms();
                match app.call(DeviceLinkWaitParams { timeout_ms: WAIT_MS }).await {
                    Ok(request) => return drop(step.try_set(Step::Asking(request))),
                    // The core's word for "no answer yet", given only after it has waited.
                    Err(error) if error.code == ErrorCode::NotFound && now_ms() > asked_ms + WAIT_MS / 2 => {}
                    Err(error) => return drop(step.try_set(Step::Failed(error))),
                }
            }
        });
    };
    start();
    let confirm = move |device: String| {
        spawn_local(async move {
            let next = match app.call(DeviceLinkConfirmParams { device }).await {
                Ok(_) => {
                    app.reread();
                    Step::Done
                }
                Err(error) => Step::Failed(error),
            };
            step.try_set(next);
        });
    };
    view! {
        <Modal title=t("link.title") on_close=Callback::new(move |()| shell.close())>
            <div class="dialog-form" aria-live="polite">
                {move || match step.get() {
                    Step::Making => loading(),
                    Step::Failed(error) => failure(&error, Some(Callback::new(move |()| start()))),
                    Step::Waiting(code) => view! {
                        <p>{t("link.text")}</p>
                        {code_card(&code.qr_svg.0, &code.code.0, code.expires_ms)}
                        <p role="status" class="muted">{t("link.waiting")}</p>
                        <progress class="progress" aria-label=t("link.waiting")></progress>
                    }.into_any(),
                    Step::Asking(request) => {
                        let device = request.device.clone();
                        view! {
                            <p>{fill("link.asks", &[("device", &request.device_name)])}</p>
                            <p class="check-digits mono" aria-label=t("link.digits")>{request.check.clone()}</p>
                            <p class="muted">{t("link.compare")}</p>
                            <footer class="dialog-foot">
                                <button class="button" on:click=move |_| shell.close()>{t("link.refuse")}</button>
                                <button class="button primary" on:click=move |_| confirm(device.clone())>{t("link.confirm")}</button>
                            </footer>
                        }.into_any()
                    }
                    Step::Done => view! {
                        <p>{t("link.done")}</p>
                        <footer class="dialog-foot"><button class="button primary" on:click=move |_| shell.close()>{t("dialog.done")}</button></footer>
                    }.into_any(),
                }}
            </div>
        </Modal>
    }
    .into_any()
}

/// The code, and what stands around it on paper: which workspace it opens, since when, and how.
fn printed(code: &str) -> AnyView {
    let (app, shell) = (use_app(), use_shell());
    let groups = code.split('-').map(|group| view! { <span>{group.to_owned()}</span> }).collect_view();
    let account = app.status.with_untracked(|status| match status {
        Some(Ok(status)) => status.account.clone(),
        _ => None,
    });
    let fact = |label: &'static str, value: String| view! { <dt>{t(label)}</dt><dd>{value}</dd> };
    view! {
        <div class="dialog-form">
            <p class="no-print">{t("recovery.keep")}</p>
            <dl class="facts print-only">
                {fact("settings.workspace", open_name(app))}
                {account.map(|account| view! {
                    {fact("account.server", account.server)}
                    {fact("account.name", account.name)}
                })}
                {fact("recovery.made", date(now_ms()))}
            </dl>
            <p class="recovery-code mono" role="group" tabindex="0" aria-label=t("recovery.title")>{groups}</p>
            <div class="print-only">{happens(t("recovery.paper"))}</div>
            <div class="actions no-print">
                <button class="button" on:click=move |_| { let _ = window().print(); }>{t("recovery.print")}</button>
                {copy_button(code.to_owned())}
            </div>
            <footer class="dialog-foot no-print">
                <button class="button primary" on:click=move |_| shell.close()>{t("recovery.written_down")}</button>
            </footer>
        </div>
    }
}

/// A code as a picture and as text. The picture comes from this device's own core.
pub(super) fn code_card(svg: &str, code: &str, expires_ms: u64) -> AnyView {
    let minutes = expires_ms.saturating_sub(now_ms()).div_ceil(60_000);
    view! {
        <div class="code-card">
            <div class="qr" role="img" aria-label=t("link.qr") inner_html=svg.to_owned()></div>
            <div class="stack">
                <p class="mono code-text" tabindex="0">{code.to_owned()}</p>
                <div class="actions">{copy_button(code.to_owned())}</div>
                <p class="muted small">{if minutes < 120 {
                    count("code.minutes", minutes, &[])
                } else {
                    count("code.days", minutes.div_ceil(1_440), &[])
                }}</p>
            </div>
        </div>
    }
    .into_any()
}

pub(super) fn recovery() -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let code = RwSignal::new(None::<RecoveryCode>);
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None));
    let make = move || {
        submit(app, busy, wrong, RecoveryCreateParams {}, move |made| {
            code.set(Some(made));
            app.reread();
        })
    };
    let close = Callback::new(move |()| shell.close());
    view! {
        <Modal title=t("recovery.title") on_close=close class="printed">
            {move || match code.get() {
                None => form(busy, wrong, "recovery.make", make, view! {
                    <p>{t("recovery.text")}</p>
                    <p class="note">{t("recovery.once")}</p>
                }.into_any()),
                Some(code) => printed(&code.code.0),
            }}
        </Modal>
    }
    .into_any()
}
