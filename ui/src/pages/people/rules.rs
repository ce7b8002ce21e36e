//! What the workspace is protected by: the keys of its levels, its roles, and what it demands.

use crate::dom::prelude::*;
use groundplan_shared::api::{KeyView, MemberList, RoleView};

use super::ask;
use crate::components::icon::icon;
use crate::state::people::{Act, may};
use crate::state::use_shell;
use crate::text::{ago, count, name_of, t};

pub(super) fn section(list: &MemberList) -> AnyView {
    view! {
        {keys(list)}
        {roles(list)}
        {policy(list)}
    }
}

fn head(mark: &str, title: &'static str, button: Option<(&'static str, Act)>) -> AnyView {
    let shell = use_shell();
    view! {
        <header class="block-head">
            <h2>{icon(mark)} {t(title)}</h2>
            {button.map(|(text, act)| view! {
                <button class="button small" on:click=move |_| ask(shell, act.clone())>{t(text)}</button>
            })}
        </header>
    }
}

fn keys(list: &MemberList) -> AnyView {
    let row = |key: &KeyView| {
        view! {
            <tr>
                <td>{name_of("choice", &key.level)}</td>
                <td class="mono">{key.epoch.to_string()}</td>
                <td class="muted">{ago(key.started_ms)}</td>
                <td>
                    {t(if key.held { "people.key_held" } else { "people.key_not_held" })}
                    {key.rotation_due.then(|| view! { " " <span class="change change-drift">{t("people.key_due")}</span> })}
                </td>
            </tr>
        }
    };
    view! {
        <section class="block">
            {head("key", "people.keys", may(list, "rotate_keys").then_some(("act.rotate_menu", Act::Rotate)))}
            <p class="muted small">{t("people.keys_text")}</p>
            <div class="table-scroll" tabindex="0" role="group" aria-label=t("people.keys")>
                <table class="grid">
                    <thead><tr>
                        <th>{t("people.level")}</th><th>{t("people.key_number")}</th>
                        <th>{t("people.key_since")}</th><th>{t("people.key_here")}</th>
                    </tr></thead>
                    <tbody>{list.keys.iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
}

fn roles(list: &MemberList) -> AnyView {
    let changes = may(list, "manage_roles");
    let rows = list.roles.iter().map(|role| role_row(role, changes && !role.built_in)).collect_view();
    let new = changes.then_some(("rules.role_menu", Act::DefineRole(None)));
    view! {
        <section class="block">
            {head("settings", "people.roles", new)}
            <ul class="plain rows">{rows}</ul>
        </section>
    }
}

fn role_row(role: &RoleView, changes: bool) -> AnyView {
    let shell = use_shell();
    let words: Vec<String> = role.permissions.iter().map(|word| name_of("permission", word)).collect();
    let name = if role.built_in { name_of("role", &role.id) } else { role.name.clone() };
    let edited = role.clone();
    view! {
        <li class="row-line role-line">
            <span class="strong role-name truncate">{name}</span>
            <span class="grow muted small">{words.join(" \u{b7} ")}</span>
            {changes.then(|| view! {
                <button class="button small" on:click=move |_| ask(shell, Act::DefineRole(Some(edited.clone())))>{t("rules.edit")}</button>
            })}
        </li>
    }
}

fn policy(list: &MemberList) -> AnyView {
    let policy = &list.policy;
    let words = |family: &str, words: &[String]| match words.is_empty() {
        true => t("choice.none").to_owned(),
        false => words.iter().map(|word| name_of(family, word)).collect::<Vec<_>>().join(", "),
    };
    let days = |days: Option<u32>| match days {
        Some(days) => count("invite.days", days.into(), &[]),
        None => t("rules.no_limit").to_owned(),
    };
    let factor = t(if policy.second_factor_required { "choice.true" } else { "choice.false" });
    let facts = [
        ("rules.factor", factor.to_owned()),
        ("rules.ways", words("way", &policy.sign_in)),
        ("rules.export", words("choice", &policy.export)),
        ("rules.offline", days(policy.max_offline_days)),
        ("rules.rotate", days(policy.rotate_after_days)),
    ];
    let rows = facts.into_iter().map(|(label, value)| view! { <dt>{t(label)}</dt><dd>{value}</dd> });
    view! {
        <section class="block">
            {head("ok", "people.rules", may(list, "set_policy").then_some(("rules.menu", Act::Policy)))}
            <dl class="facts roomy">{rows.collect_view()}</dl>
        </section>
    }
}
