//! Members and devices of the open workspace: who is in, who waits, who was asked, and what the workspace demands.
//! Everybody sees the same lists; what can be done is offered to those who may.
//!
//! Not here: what happens when something is done (`components/dialogs/act`).

mod members;
mod rules;

use crate::dom::prelude::*;
use groundplan_shared::api::{
    DeviceListParams, InviteList, InviteListParams, InviteView, MemberList, MemberListParams, NewcomerView,
};

use crate::components::icon::icon;
use crate::components::menu::{Entry, menu};
use crate::components::states::{empty, loaded};
use crate::components::status::is_connected;
use crate::state::people::{Act, due, may, may_admit, you};
use crate::state::{Answer, Changes, Dialog, Load, Shell, query, use_app, use_shell};
use crate::text::{ago, count, date, fill, name_of, now_ms, t};

/// The screen.
#[component]
pub fn PeoplePage() -> AnyView {
    let app = use_app();
    let connected = Memo::new(move |_| is_connected(app));
    view! {
        <div class="page people">
            {move || if connected.get() { everything() } else { alone() }}
        </div>
    }
}

fn alone() -> AnyView {
    let shell = use_shell();
    let connect = view! {
        <button class="button primary" on:click=move |_| shell.open(Dialog::Connect)>{t("sync.connect")}</button>
    };
    view! {
        <h1 class="page-title">{t("title.people")}</h1>
        {empty("people", t("people.alone"), t("people.alone_text"), connect)}
    }
}

/// Who is a member hangs on no document.
fn concerns(changes: &Changes) -> bool {
    changes.documents.is_empty()
}

fn everything() -> AnyView {
    let app = use_app();
    let members = query(app, || Some(MemberListParams {}), concerns);
    let devices = query(app, || Some(DeviceListParams {}), concerns);
    let invites = query(app, || Some(InviteListParams {}), concerns);
    let list = Memo::new(move |_| members.get().ready());
    let opened = members::opened();
    view! {
        <header class="page-top">
            <h1>{t("title.people")}</h1>
            {move || list.get().map(|list| actions(&list))}
        </header>
        {loaded(members, move |list| view! {
            {notices(&list)}
            {waiting(&list)}
            {members::section(&list, devices.get().ready(), opened)}
            {invitations(&list, &invites.get())}
            {rules::section(&list)}
        })}
        {move || devices.get().ready().map(|devices| view! {
            <section class="block">
                <h2 class="block-title">{t("people.number")}</h2>
                <p class="muted small">{t("people.number_text")}</p>
                <p class="mono small workspace-number">{devices.safety_number.clone()}</p>
            </section>
        })}
    }
}

/// Opens the dialog of an act.
fn ask(shell: Shell, act: Act) {
    shell.open(Dialog::Act(Box::new(act)));
}

/// An entry of a menu that opens the dialog of an act.
fn entry(text: &'static str, danger: bool, act: Act) -> Entry {
    let shell = use_shell();
    Entry { text: t(text).to_owned(), danger, run: Callback::new(move |()| ask(shell, act.clone())) }
}

fn actions(list: &MemberList) -> AnyView {
    let shell = use_shell();
    let open = move |dialog: Dialog| move |_| shell.open(dialog.clone());
    let member = you(list).is_some();
    let mut more = Vec::new();
    if member {
        let run = Callback::new(move |()| shell.open(Dialog::Recovery));
        more.push(Entry { text: t("people.recovery").to_owned(), danger: false, run });
    }
    let offers = [
        ("manage_services", "service.menu", Act::AddService),
        ("manage_roles", "rules.role_menu", Act::DefineRole(None)),
        ("set_policy", "rules.menu", Act::Policy),
        ("rotate_keys", "act.rotate_menu", Act::Rotate),
    ];
    more.extend(
        offers
            .into_iter()
            .filter(|(permission, ..)| may(list, permission))
            .map(|(_, text, act)| entry(text, false, act)),
    );
    view! {
        <span class="actions">
            {may(list, "invite").then(|| view! {
                <button class="button primary" on:click=open(Dialog::Invite)>{icon("plus")} {t("sync.invite")}</button>
            })}
            {member.then(|| view! {
                <button class="button" on:click=open(Dialog::LinkDevice)>{icon("device")} {t("sync.link")}</button>
            })}
            {(!more.is_empty()).then(|| menu(t("people.more").to_owned(), more))}
        </span>
    }
}

fn notices(list: &MemberList) -> AnyView {
    let shell = use_shell();
    if due(list).is_empty() {
        return AnyView::Empty;
    }
    view! {
        <div class="notice block">
            {icon("key")}
            <div class="stack grow">
                <p class="strong">{t("trouble.keys")}</p>
                <p>{t("trouble.keys_text")}</p>
                {if may(list, "rotate_keys") {
                    view! { <div class="actions"><button class="button" on:click=move |_| ask(shell, Act::Rotate)>{t("act.rotate_do")}</button></div> }
                } else {
                    view! { <p class="muted">{t("trouble.keys_ask")}</p> }
                }}
            </div>
        </div>
    }
}

/// Newcomers, with what lets them in.
fn waiting(list: &MemberList) -> AnyView {
    if list.waiting.is_empty() {
        return AnyView::Empty;
    }
    let rows = list.waiting.iter().map(|newcomer| newcomer_row(list, newcomer)).collect_view();
    view! {
        <section class="block">
            <header class="block-head"><h2>{icon("people")} {t("people.waiting")} <span class="count">{list.waiting.len()}</span></h2></header>
            <p class="muted small">{t("people.waiting_text")}</p>
            <ul class="plain rows">{rows}</ul>
        </section>
    }
}

fn newcomer_row(list: &MemberList, newcomer: &NewcomerView) -> AnyView {
    let shell = use_shell();
    let short: String = newcomer.device.chars().take(8).collect();
    let (admit, away) = (newcomer.clone(), newcomer.clone());
    view! {
        <li class="row-line person-line">
            <span class="strong grow">{fill("people.newcomer", &[("id", &short)])}</span>
            {facts(&newcomer.role, &role_name(list, &newcomer.role), &newcomer.clearance)}
            {may_admit(list, newcomer).then(|| view! {
                <button class="button small primary" on:click=move |_| ask(shell, Act::Admit(admit.clone()))>{t("people.admit")}</button>
                <button class="button small" on:click=move |_| ask(shell, Act::TurnAway(away.clone()))>{t("act.away")}</button>
            })}
        </li>
    }
}

fn role_name(list: &MemberList, role: &str) -> String {
    list.roles.iter().find(|known| known.id == role).map(|known| known.name.clone()).unwrap_or_default()
}

/// Role, and the highest level that is read.
fn facts(role: &str, name: &str, clearance: &[String]) -> AnyView {
    let role =
        groundplan_shared::text::find(&format!("role.{role}")).map_or_else(|| name.to_owned(), str::to_owned);
    let level = clearance.last().map(|level| name_of("choice", level)).unwrap_or_default();
    view! {
        <span class="person-role">{role}</span>
        <span class="person-level muted small">{fill("people.reads", &[("level", &level)])}</span>
    }
}

fn invitations(list: &MemberList, invites: &Load<InviteList>) -> AnyView {
    let Some(invites) = invites.ready().filter(|invites| !invites.items.is_empty()) else {
        return AnyView::Empty;
    };
    let (open, past): (Vec<_>, Vec<_>) = invites.items.iter().partition(|invite| invite.state == "open");
    let row = |invite: &&InviteView| invite_row(list, invite);
    let earlier = (!past.is_empty()).then(|| {
        view! {
            <details class="earlier">
                <summary>{count("people.earlier_invites", past.len() as u64, &[])}</summary>
                <ul class="plain rows">{past.iter().map(row).collect_view()}</ul>
            </details>
        }
    });
    view! {
        <section class="block">
            <header class="block-head"><h2>{icon("link")} {t("people.invites")} <span class="count">{open.len()}</span></h2></header>
            {if open.is_empty() {
                view! { <p class="muted small">{t("people.no_invites")}</p> }
            } else {
                view! { <ul class="plain rows">{open.iter().map(row).collect_view()}</ul> }
            }}
            {earlier}
        </section>
    }
}

fn invite_row(list: &MemberList, invite: &InviteView) -> AnyView {
    let open = invite.state == "open";
    let label = fill("people.invite_menu", &[("name", &invite.inviter)]);
    let entries = match open && may(list, "invite") {
        true => vec![entry("act.cancel", true, Act::CancelInvite(invite.clone()))],
        false => Vec::new(),
    };
    let now_ms = now_ms();
    let when = match open && invite.expires_ms > now_ms {
        true => count("people.until", (invite.expires_ms - now_ms).div_ceil(86_400_000), &[]),
        false => date(invite.expires_ms),
    };
    view! {
        <li class="row-line person-line">
            <span class="grow truncate">{fill("people.invited_by", &[("name", &invite.inviter)])}</span>
            {facts(&invite.role, &invite.role, &invite.clearance)}
            <span class="badge">{name_of("invite_state", &invite.state)}</span>
            <span class="muted small">{when}</span>
            {menu(label, entries)}
        </li>
    }
}

/// When something of a device arrived last, as far as that is known here.
fn heard(moment_ms: u64) -> AnyView {
    match moment_ms {
        0 => AnyView::Empty,
        moment_ms => {
            view! { <span class="muted small">{fill("device.heard", &[("ago", &ago(moment_ms))])}</span> }
        }
    }
}

/// A list that several parts of the page read.
type Shared<T> = Option<Answer<T>>;
