//! Inviting a person: role, what they read, how long the invitation works; then the link, once.

use crate::dom::prelude::*;
use groundplan_shared::api::{InviteLink, MemberInviteParams, MemberList, MemberListParams};

use super::act::{choice, happens, level_choices, role_choice};
use super::codes::code_card;
use super::{form, submit};
use crate::components::dialog::Modal;
use crate::components::states::loaded;
use crate::state::people::{levels, may, roles};
use crate::state::{query, use_app, use_shell};
use crate::text::{count, t};

/// Days that an invitation may work.
const DAYS: [u16; 4] = [1, 7, 30, 90];

pub(super) fn invite() -> AnyView {
    let (app, shell) = (use_app(), use_shell());
    let state = query(app, || Some(MemberListParams {}), |_| false);
    let link = RwSignal::new(None::<InviteLink>);
    let body = move || match link.get() {
        None => loaded(state, move |list| ask(&list, link)),
        Some(link) => view! {
            <div class="dialog-form">
                {happens(t("invite.hand_over"))}
                {code_card(&link.qr_svg.0, &link.link.0, link.expires_ms)}
                <footer class="dialog-foot">
                    <button class="button primary" type="button" on:click=move |_| shell.close()>{t("dialog.done")}</button>
                </footer>
            </div>
        },
    };
    view! {
        <Modal title=t("invite.title") on_close=Callback::new(move |()| shell.close())>{body}</Modal>
    }
}

fn ask(list: &MemberList, link: RwSignal<Option<InviteLink>>) -> AnyView {
    let app = use_app();
    if !may(list, "invite") {
        return view! { <div class="dialog-form"><p>{t("invite.may_not")}</p></div> };
    }
    let given = roles(list);
    let first = given.iter().find(|role| role.id == "editor").or(given.first());
    let role = RwSignal::new(first.map(|role| role.id.clone()).unwrap_or_default());
    let own = levels(list);
    let level = own.iter().find(|level| **level == "internal").or(own.last()).copied().unwrap_or("public");
    let (level, days) = (RwSignal::new(level.to_owned()), RwSignal::new("7".to_owned()));
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None));
    let make = move || {
        let params = MemberInviteParams {
            role: role.get_untracked(),
            clearance: level.get_untracked(),
            days: days.with_untracked(|days| days.parse().unwrap_or_default()),
        };
        submit(app, busy, wrong, params, move |made| {
            link.set(Some(made));
            app.look_again();
        });
    };
    let lasting = DAYS.iter().map(|n| (n.to_string(), count("invite.days", (*n).into(), &[]))).collect();
    let fields = view! {
        <p class="muted">{t("invite.text")}</p>
        {choice("invite.role", given.into_iter().map(role_choice).collect(), role)}
        {choice("invite.clearance", level_choices(list), level)}
        {choice("invite.lasts", lasting, days)}
    };
    form(busy, wrong, "invite.make", make, fields)
}
