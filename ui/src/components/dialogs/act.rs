//! What is done to members, devices, invitations and keys: one dialog that says exactly what happens before it does.
//!
//! Not here: comparing safety numbers (`compare`), forms of several fields (`rules`), and who may do what (the core
//! decides; `state/people` only keeps from offering what it would refuse).

use std::rc::Rc;

use crate::dom::prelude::*;
use groundplan_shared::api::{
    ApiError, Command, DeviceRevokeParams, InviteCancelParams, KeyRotateParams, MemberClearanceParams,
    MemberList, MemberListParams, MemberRemoveParams, MemberRoleParams, MemberTransferParams,
};

use super::{compare, form_of, rules};
use crate::components::dialog::Modal;
use crate::components::states::loaded;
use crate::state::people::{self, Act};
use crate::state::{App, query, use_app, use_shell};
use crate::text::{fill, name_of, t};
use crate::transport::encode;

/// A command and its parameters as JSON.
pub(super) type Call = (&'static str, String);

/// What a dialog says and does.
pub(super) struct Plan {
    /// Its title, where it is not known before.
    pub(super) title: String,
    /// What happens, sentence by sentence; a bar separates them.
    pub(super) happens: String,
    /// The button.
    pub(super) submit: &'static str,
    /// Whether it takes something away that does not come back.
    pub(super) danger: bool,
    /// Fields above the button.
    pub(super) fields: AnyView,
    /// What is asked of the core.
    pub(super) call: Rc<dyn Fn() -> Result<Call, ApiError>>,
    /// What is said when it is done.
    pub(super) done: String,
}

pub(super) fn call<P: Command>(params: &P) -> Result<Call, ApiError> {
    Ok((P::METHOD, encode(params)))
}

/// The dialog of an act.
pub(super) fn draw(act: Act) -> AnyView {
    match act {
        Act::Compare(person, may_remove) => compare::compare(person, may_remove),
        Act::Admit(newcomer) => compare::admit(newcomer),
        Act::SetRole(person, role) => {
            with_members(fill("act.role_of", &[("name", &person.name)]), move |list| {
                let chosen = RwSignal::new(role.clone());
                let choices = people::roles_for(list, &person.id).into_iter().map(role_choice).collect();
                let id = person.id.clone();
                Plan {
                    title: String::new(),
                    happens: t("act.role_happens").to_owned(),
                    submit: "act.change",
                    danger: false,
                    fields: choice("invite.role", choices, chosen),
                    call: Rc::new(move || {
                        call(&MemberRoleParams { member: id.clone(), role: chosen.get_untracked() })
                    }),
                    done: fill("act.role_done", &[("name", &person.name)]),
                }
            })
        }
        Act::SetLevel(person, level) => {
            with_members(fill("act.level_of", &[("name", &person.name)]), move |list| {
                let chosen = RwSignal::new(level.clone());
                let id = person.id.clone();
                Plan {
                    title: String::new(),
                    happens: t("act.level_happens").to_owned(),
                    submit: "act.change",
                    danger: false,
                    fields: choice("invite.clearance", level_choices(list), chosen),
                    call: Rc::new(move || {
                        let clearance = chosen.get_untracked();
                        call(&MemberClearanceParams { member: id.clone(), clearance })
                    }),
                    done: fill("act.level_done", &[("name", &person.name)]),
                }
            })
        }
        Act::DefineRole(role) => {
            let title = t(if role.is_some() { "rules.role_change" } else { "rules.role_new" });
            with_members(title.to_owned(), move |list| rules::role(list, role.as_ref()))
        }
        Act::Policy => with_members(t("rules.change").to_owned(), rules::policy),
        Act::AddService => rules::service(),
        act => modal(plain(act)),
    }
}

/// Acts that ask for nothing but a yes.
fn plain(act: Act) -> Plan {
    let none = || AnyView::Empty;
    let make =
        |title: String, happens: String, submit, danger, asked: Result<Call, ApiError>, done: String| {
            let call: Rc<dyn Fn() -> Result<Call, ApiError>> = Rc::new(move || asked.clone());
            Plan { title, happens, submit, danger, fields: none(), call, done }
        };
    match act {
        Act::Transfer(person) => {
            let name = [("name", person.name.as_str())];
            let asked = call(&MemberTransferParams { member: person.id.clone() });
            let (title, happens) = (fill("act.transfer_to", &name), fill("act.transfer_happens", &name));
            make(title, happens, "act.transfer_do", true, asked, fill("act.transfer_done", &name))
        }
        Act::Leave(person) => {
            let asked = call(&MemberRemoveParams { member: person.id });
            let (title, happens) = (t("act.leave").to_owned(), t("act.leave_happens").to_owned());
            make(title, happens, "act.leave_do", true, asked, t("act.leave_done").to_owned())
        }
        Act::Remove(person) => {
            let name = [("name", person.name.as_str())];
            let asked = call(&MemberRemoveParams { member: person.id.clone() });
            let (title, happens) = (fill("act.remove_who", &name), fill("act.remove_happens", &name));
            make(title, happens, "act.remove_do", true, asked, fill("act.remove_done", &name))
        }
        Act::TurnAway(newcomer) => {
            let asked = call(&MemberRemoveParams { member: newcomer.id });
            let (title, happens) = (t("act.away").to_owned(), t("act.away_happens").to_owned());
            make(title, happens, "act.away_do", true, asked, t("act.away_done").to_owned())
        }
        Act::Revoke(device, name, this) => {
            let asked = call(&DeviceRevokeParams { device });
            let name = [("name", name.as_str())];
            let happens = t(if this { "act.revoke_this_happens" } else { "act.revoke_happens" }).to_owned();
            let done = fill("act.revoke_done", &name);
            make(fill("act.revoke_what", &name), happens, "act.revoke_do", true, asked, done)
        }
        Act::CancelInvite(invite) => {
            let asked = call(&InviteCancelParams { invite: invite.id });
            let happens = t("act.cancel_happens").to_owned();
            let done = t("act.cancel_done").to_owned();
            make(t("act.cancel").to_owned(), happens, "act.cancel_do", true, asked, done)
        }
        // What has fields was drawn above.
        _ => {
            let asked = call(&KeyRotateParams::default());
            let (title, happens) = (t("act.rotate").to_owned(), t("act.rotate_happens").to_owned());
            make(title, happens, "act.rotate_do", false, asked, t("act.rotate_done").to_owned())
        }
    }
}

/// A dialog that needs to know who is there.
fn with_members(title: String, plan: impl Fn(&MemberList) -> Plan + Send + 'static) -> AnyView {
    let app = use_app();
    let shell = use_shell();
    // Read once: a form that is being filled in does not change under the hands.
    let state = query(app, || Some(MemberListParams {}), |_| false);
    view! {
        <Modal title=title on_close=Callback::new(move |()| shell.close())>
            {loaded(state, move |list| filled(plan(&list)))}
        </Modal>
    }
}

/// A dialog of a plan.
pub(super) fn modal(plan: Plan) -> AnyView {
    let shell = use_shell();
    let title = plan.title.clone();
    view! {
        <Modal title=title on_close=Callback::new(move |()| shell.close())>{filled(plan)}</Modal>
    }
}

fn filled(plan: Plan) -> AnyView {
    let (app, shell) = (use_app(), use_shell());
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<ApiError>));
    let (ask, done) = (plan.call, Rc::new(plan.done));
    let go = move || match ask() {
        Ok(call) => {
            let done = done.clone();
            carry_out(app, busy, wrong, call, move |_| {
                shell.close();
                app.say(done.as_str());
                app.look_again();
            });
        }
        Err(error) => wrong.set(Some(error)),
    };
    let body = view! {
        {happens(&plan.happens)}
        {plan.fields}
        {move || busy.get().then(|| view! {
            <progress class="progress" aria-label=t("act.working")></progress>
        })}
    };
    form_of(busy, wrong, plan.submit, plan.danger, go, body)
}

/// Asks the core, keeps the button still meanwhile, shows what went wrong; hands over the answer as it came.
pub(super) fn carry_out(
    app: App,
    busy: RwSignal<bool>,
    wrong: RwSignal<Option<ApiError>>,
    (method, params): Call,
    then: impl FnOnce(String) + 'static,
) {
    busy.set(true);
    wrong.set(None);
    let done = move |answer| {
        busy.set(false);
        match answer {
            Ok(answer) => then(answer),
            Err(error) => wrong.set(Some(error)),
        }
    };
    app.ask_then(method, params, Box::new(done));
}

/// What happens, as a list.
pub(super) fn happens(text: &str) -> AnyView {
    let lines: Vec<String> = text.split('|').map(|line| line.trim().to_owned()).collect();
    match lines.as_slice() {
        [one] => view! { <p>{one.clone()}</p> },
        lines => {
            let items = lines.iter().map(|line| view! { <li>{line.clone()}</li> }).collect_view();
            view! { <ul class="happens">{items}</ul> }
        }
    }
}

/// A role as a choice: its word or id, and its name.
pub(super) fn role_choice(role: &groundplan_shared::api::RoleView) -> (String, String) {
    let name = if role.built_in { name_of("role", &role.id) } else { role.name.clone() };
    (role.id.clone(), name)
}

/// The levels as choices.
pub(super) fn level_choices(list: &MemberList) -> Vec<(String, String)> {
    people::levels(list).into_iter().map(|level| (level.to_owned(), name_of("choice", level))).collect()
}

/// A choice among few.
pub(super) fn choice(
    label: &'static str,
    choices: Vec<(String, String)>,
    value: RwSignal<String>,
) -> AnyView {
    let now = value.get_untracked();
    let options = choices.into_iter().map(|(word, name)| {
        let chosen = word == now;
        view! { <option value=word selected=chosen>{name}</option> }
    });
    view! {
        <label class="stacked">
            <span class="field-name">{t(label)}</span>
            <select class="input" autofocus on:change=move |event| value.set(event_target_value(&event))>
                {options.collect_view()}
            </select>
        </label>
    }
}
