//! Forms of several fields: custom roles, service accounts, and what the workspace demands.

use std::rc::Rc;

use crate::dom::prelude::*;
use groundplan_shared::api::{
    ApiError, ErrorCode, MemberList, MemberListParams, PolicySetParams, RoleDefineParams, RoleView,
    ServiceAddParams, ServiceAdded,
};
use groundplan_shared::validate;

use super::act::{Call, Plan, call, carry_out, choice, happens, level_choices, role_choice};
use super::{form, text_field};
use crate::components::dialog::Modal;
use crate::components::states::{copy_button, loaded};
use crate::state::people::{LEVELS, PERMISSIONS, may, roles};
use crate::state::{query, use_app, use_shell};
use crate::text::{name_of, t};
use crate::transport::decode;

/// Some of several words, chosen by check boxes. Those that the person of this device lacks cannot be given.
fn several(
    label: &'static str,
    family: &'static str,
    words: &'static [&'static str],
    chosen: RwSignal<Vec<String>>,
    may_give: impl Fn(&str) -> bool,
) -> AnyView {
    let boxes = words.iter().map(|word| {
        let given = chosen.with_untracked(|chosen| chosen.iter().any(|one| one == word));
        let toggle = move |event| {
            let now = event_target_checked(&event);
            chosen.update(|chosen| {
                chosen.retain(|one| one != word);
                if now {
                    chosen.push((*word).to_owned());
                }
            });
        };
        view! {
            <label class="check">
                <input type="checkbox" checked=given disabled=!may_give(word) on:change=toggle />
                <span>{name_of(family, word)}</span>
            </label>
        }
    });
    view! {
        <fieldset class="stack">
            <legend class="field-name">{t(label)}</legend>
            <div class="checks">{boxes.collect_view()}</div>
        </fieldset>
    }
}

fn named(name: RwSignal<String>) -> Result<String, ApiError> {
    let typed = name.get_untracked().trim().to_owned();
    validate::check_name("name", &typed)?;
    Ok(typed)
}

/// A role of the workspace's own.
pub(super) fn role(list: &MemberList, role: Option<&RoleView>) -> Plan {
    let name = RwSignal::new(role.map(|role| role.name.clone()).unwrap_or_default());
    let first = || ["read", "comment"].map(str::to_owned).to_vec();
    let allowed = RwSignal::new(role.map_or_else(first, |role| role.permissions.clone()));
    let id = role.map(|role| role.id.clone());
    let may_give = |word: &str| word != "read" && may(list, word);
    Plan {
        title: String::new(),
        happens: t(if role.is_some() { "rules.role_happens" } else { "rules.role_text" }).to_owned(),
        submit: "rules.save",
        danger: false,
        fields: view! {
            {text_field("field.name", name, "text", "off", true)}
            {several("rules.allows", "permission", &PERMISSIONS, allowed, may_give)}
        },
        call: Rc::new(move || {
            let name = named(name)?;
            call(&RoleDefineParams { role: id.clone(), name, permissions: allowed.get_untracked() })
        }),
        done: t("rules.saved").to_owned(),
    }
}

fn days_field(label: &'static str, value: RwSignal<String>) -> AnyView {
    view! {
        <label class="stacked">
            <span class="field-name">{t(label)}</span>
            <input class="input" type="number" min="0" max="3650" inputmode="numeric" placeholder=t("rules.no_limit")
                prop:value=move || value.get() on:input=move |event| value.set(event_target_value(&event)) />
        </label>
    }
}

fn days(value: RwSignal<String>) -> Result<Option<u32>, ApiError> {
    let typed = value.get_untracked();
    match typed.trim() {
        "" => Ok(Some(0)),
        typed => typed.parse().map(Some).map_err(|_| {
            ApiError::new(ErrorCode::InvalidInput, t("rules.no_number"), t("rules.no_number_hint"))
        }),
    }
}

/// What the workspace demands.
pub(super) fn policy(list: &MemberList) -> Plan {
    let now = &list.policy;
    let factor = RwSignal::new(now.second_factor_required);
    let ways = RwSignal::new(now.sign_in.clone());
    let export = RwSignal::new(now.export.clone());
    let shown = |days: Option<u32>| RwSignal::new(days.map(|days| days.to_string()).unwrap_or_default());
    let (offline, rotate) = (shown(now.max_offline_days), shown(now.rotate_after_days));
    Plan {
        title: String::new(),
        happens: t("rules.text").to_owned(),
        submit: "rules.save",
        danger: false,
        fields: view! {
            <label class="check">
                <input type="checkbox" checked=now.second_factor_required autofocus
                    on:change=move |event| factor.set(event_target_checked(&event)) />
                <span>{t("rules.factor")}</span>
            </label>
            {several("rules.ways", "way", &["password", "sso", "passkey"], ways, |_| true)}
            {several("rules.export", "choice", &LEVELS, export, |_| true)}
            {days_field("rules.offline", offline)}
            {days_field("rules.rotate", rotate)}
        },
        call: Rc::new(move || {
            call(&PolicySetParams {
                second_factor_required: Some(factor.get_untracked()),
                sign_in: Some(ways.get_untracked()),
                max_offline_days: days(offline)?,
                export: Some(export.get_untracked()),
                rotate_after_days: days(rotate)?,
            })
        }),
        done: t("rules.saved").to_owned(),
    }
}

/// A service account; its key is shown once.
pub(super) fn service() -> AnyView {
    let (app, shell) = (use_app(), use_shell());
    let state = query(app, || Some(MemberListParams {}), |_| false);
    let (name, role, level) =
        (RwSignal::default(), RwSignal::new("viewer".to_owned()), RwSignal::new("internal".to_owned()));
    let made = RwSignal::new(None::<ServiceAdded>);
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None));
    let asked = move || -> Result<Call, ApiError> {
        call(&ServiceAddParams {
            name: named(name)?,
            role: role.get_untracked(),
            clearance: level.get_untracked(),
        })
    };
    let go = move || match asked() {
        Ok(asked) => carry_out(app, busy, wrong, asked, move |answer| {
            match decode::<ServiceAddParams>(Ok(answer)) {
                Ok(added) => made.set(Some(added)),
                Err(error) => wrong.set(Some(error)),
            }
            app.look_again();
        }),
        Err(error) => wrong.set(Some(error)),
    };
    let ask = move || {
        loaded(state, move |list| {
            let choices = roles(&list).into_iter().map(role_choice).collect();
            let fields = view! {
                {happens(t("service.happens"))}
                {text_field("field.name", name, "text", "off", true)}
                {choice("invite.role", choices, role)}
                {choice("invite.clearance", level_choices(&list), level)}
            };
            form(busy, wrong, "service.add", go, fields)
        })
    };
    let body = move || match made.get() {
        None => ask(),
        Some(added) => view! {
            <div class="dialog-form">
                {happens(t("service.key"))}
                <p class="mono code-text" tabindex="0" aria-label=t("service.key_name")>{added.credential.0.clone()}</p>
                <div class="actions">{copy_button(added.credential.0)}</div>
                <footer class="dialog-foot">
                    <button class="button primary" type="button" on:click=move |_| shell.close()>{t("recovery.written_down")}</button>
                </footer>
            </div>
        },
    };
    view! {
        <Modal title=t("service.add") on_close=Callback::new(move |()| shell.close())>{body}</Modal>
    }
}
