//! The members, each with devices and with what can be done.

use std::collections::BTreeSet;

use crate::dom::prelude::*;
use groundplan_shared::api::{DeviceList, DeviceView, MemberList, MemberView};

use super::{Shared, ask, facts, heard};
use crate::components::icon::icon;
use crate::components::menu::{Entry, menu};
use crate::state::people::{Act, acts, may_revoke};
use crate::state::{Dialog, use_shell};
use crate::text::{count, fill, t};

/// The members whose devices are shown; one's own always are.
pub(super) fn opened() -> RwSignal<BTreeSet<String>> {
    RwSignal::new(BTreeSet::new())
}

pub(super) fn section(
    list: &MemberList,
    devices: Shared<DeviceList>,
    opened: RwSignal<BTreeSet<String>>,
) -> AnyView {
    let devices = devices.map(|devices| devices.items.clone()).unwrap_or_default();
    let (here, gone): (Vec<_>, Vec<_>) = list.items.iter().partition(|member| member.active);
    let one = |member: &&MemberView| {
        let own = devices.iter().filter(|device| device.member_id == member.id).cloned().collect();
        row(list, member, own, opened)
    };
    let former = (!gone.is_empty()).then(|| {
        view! {
            <details class="earlier">
                <summary>{count("people.former", gone.len() as u64, &[])}</summary>
                <ul class="plain rows">{gone.iter().map(one).collect_view()}</ul>
            </details>
        }
    });
    view! {
        <section class="block">
            <header class="block-head"><h2>{icon("people")} {t("people.members")} <span class="count">{here.len()}</span></h2></header>
            <ul class="plain rows">{here.iter().map(one).collect_view()}</ul>
            {former}
        </section>
    }
}

fn row(
    list: &MemberList,
    member: &MemberView,
    devices: Vec<DeviceView>,
    opened: RwSignal<BTreeSet<String>>,
) -> AnyView {
    let label = fill("people.menu", &[("name", &member.name)]);
    let entries = acts(list, member).into_iter().map(member_entry).collect();
    let id = member.id.clone();
    let always = member.you;
    let shown = move || always || opened.with(|opened| opened.contains(&id));
    let id = member.id.clone();
    let toggle = move |_| {
        opened.update(|opened| {
            if !opened.remove(&id) {
                opened.insert(id.clone());
            }
        });
    };
    let active = devices.iter().filter(|device| device.active && device.kind == "device").count();
    let expanded = shown.clone();
    let how_many = (!always && !devices.is_empty()).then(|| {
        view! {
            <button class="button small quiet-button" type="button" on:click=toggle
                aria-expanded=move || if expanded() { "true" } else { "false" }>
                {icon("device")} {count("people.devices", active as u64, &[])}
            </button>
        }
    });
    let rows: Vec<Row> =
        devices.into_iter().map(|device| Row { revoke: may_revoke(list, &device), device }).collect();
    view! {
        <li class="person" class:former=!member.active>
            <div class="row-line person-line">
                {icon(if member.service { "key" } else { "people" })}
                <span class="strong truncate person-name">{member.name.clone()}</span>
                {member.you.then(|| view! { <span class="badge">{t("people.you")}</span> })}
                {member.service.then(|| view! { <span class="badge">{t("role.service")}</span> })}
                {member.compared.map(|same| view! {
                    <span class="badge">{t(if same { "people.compared" } else { "people.compared_before" })}</span>
                })}
                <span class="grow"></span>
                {member.active.then(|| facts(&member.role, &member.role_name, &member.clearance))}
                {how_many.unwrap_or_else(|| view! { <span class="quiet-button"></span> })}
                {menu(label, entries)}
            </div>
            {move || shown().then(|| view! {
                <ul class="plain rows person-devices">{rows.iter().map(device_row).collect_view()}</ul>
            })}
        </li>
    }
}

fn member_entry(act: Act) -> Entry {
    let shell = use_shell();
    let (text, danger) = match &act {
        Act::Compare(..) => ("people.compare", false),
        Act::SetRole(..) => ("act.role", false),
        Act::SetLevel(..) => ("act.level", false),
        Act::Transfer(_) => ("act.transfer", false),
        Act::Leave(_) => ("act.leave", true),
        _ => ("act.remove", true),
    };
    Entry { text: t(text).to_owned(), danger, run: Callback::new(move |()| ask(shell, act.clone())) }
}

/// A device, and whether it can be shut out.
struct Row {
    device: DeviceView,
    revoke: bool,
}

fn device_row(row: &Row) -> AnyView {
    let shell = use_shell();
    let device = &row.device;
    let recovery = device.kind == "recovery";
    let short: String = device.id.chars().take(8).collect();
    let name = match (recovery, device.name.is_empty()) {
        (true, _) => t("device.recovery").to_owned(),
        (false, true) => fill("device.unnamed", &[("id", &short)]),
        (false, false) => device.name.clone(),
    };
    let act = Act::Revoke(device.id.clone(), name.clone(), device.this);
    let label = fill("people.menu", &[("name", &name)]);
    let mut entries = Vec::new();
    if row.revoke {
        let run = Callback::new(move |()| shell.open(Dialog::Act(Box::new(act.clone()))));
        entries.push(Entry { text: t("act.revoke").to_owned(), danger: true, run });
    }
    view! {
        <li class="row-line">
            {icon(if recovery { "key" } else { "device" })}
            <span class="truncate">{name}</span>
            {device.this.then(|| view! { <span class="badge">{t("device.this")}</span> })}
            {(!device.active).then(|| view! { <span class="badge tone-bad">{t("device.inactive")}</span> })}
            <span class="grow"></span>
            {heard(device.heard_ms)}
            {menu(label, entries)}
        </li>
    }
}
