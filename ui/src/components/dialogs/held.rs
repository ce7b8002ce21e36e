//! What another device deletes all at once, before it happens here: from whom, what, and the decision.
//!
//! Not here: that there is something to decide (`state/troubles`).

use crate::dom::prelude::*;
use groundplan_shared::api::{ApiError, SyncDecideParams};

use super::act::{call, carry_out, happens};
use super::troubles::wide;
use crate::components::icon::kind_icon;
use crate::components::states::failure;
use crate::state::{raw, use_app, use_shell};
use crate::text::{ago, count, fill, t};
use crate::transport::{Json, parse};

/// The dialog.
pub(super) fn held() -> AnyView {
    let answer = raw(use_app(), "sync/held", "{}".to_owned());
    let body = move || {
        answer.with(|answer| {
            let list = parse(answer)?;
            let devices = list.list("items");
            let none = devices.is_empty().then(|| view! { <p class="muted">{t("held.none")}</p> });
            Some(view! { {none} {devices.iter().map(of_device).collect_view()} })
        })
    };
    wide("held.title", body.into_any())
}

/// What one device deletes, with the two answers.
fn of_device(held: &Json<'_>) -> AnyView {
    let (app, shell) = (use_app(), use_shell());
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<ApiError>));
    let (device, name) = (held.text("device"), held.text("name"));
    let decide = move |answer: &'static str| {
        let device = device.clone();
        move |_| {
            let asked = call(&SyncDecideParams { device: device.clone(), answer: answer.to_owned() });
            if let Ok(asked) = asked {
                carry_out(app, busy, wrong, asked, move |_| {
                    shell.close();
                    app.say(t(if answer == "apply" { "held.applied" } else { "held.undone" }));
                    app.look_again();
                });
            }
        }
    };
    let things = held.list("things");
    let rest = held.whole("deletes").saturating_sub(things.len() as u64);
    let rows = things.iter().map(|thing| {
        let kind = thing.text("kind");
        let icon = if kind == "page" { "doc".to_owned() } else { kind };
        view! { <li class="row-line">{kind_icon(&icon)}<span class="truncate">{thing.text("name")}</span></li> }
    });
    let label = fill("held.list", &[("name", &name)]);
    let when = ago(held.whole("since_ms"));
    view! {
        <h3 class="group-name">{count("held.deletes", held.whole("deletes"), &[("name", &name), ("ago", &when)])}</h3>
        <ul class="plain rows scrolled" tabindex="0" aria-label=label>{rows.collect_view()}</ul>
        {(rest > 0).then(|| view! { <p class="muted small">{count("held.rest", rest, &[])}</p> })}
        {happens(t("held.happens"))}
        {move || wrong.get().map(|error| failure(&error, None))}
        <footer class="dialog-foot">
            <button class="button" type="button" disabled=move || busy.get() on:click=decide("apply")>{t("held.apply")}</button>
            <button class="button primary" type="button" autofocus disabled=move || busy.get() on:click=decide("undo")>{t("held.undo")}</button>
        </footer>
    }
}
