//! Comparing safety numbers: with a member, to be sure of each other, and with a newcomer, before they are let in.

use std::rc::Rc;

use crate::dom::prelude::*;
use groundplan_shared::api::{
    ApiError, MemberConfirmParams, MemberSafetyParams, MemberVerifyParams, NewcomerView, SafetyNumber,
};
use groundplan_shared::validate;

use super::act::{call, carry_out, happens};
use super::text_field;
use crate::components::dialog::Modal;
use crate::components::icon::icon;
use crate::components::states::{copy_button, failure, loaded};
use crate::state::people::{Act, Person, lines};
use crate::state::{Dialog, query, use_app, use_shell};
use crate::text::{fill, name_of, t};

/// The digits, in lines that are read out one after the other.
pub(super) fn digits(number: &str) -> AnyView {
    let rows = lines(number).into_iter().map(|line| view! { <span>{line}</span> }).collect_view();
    view! {
        <p class="safety-number mono" role="group" tabindex="0" aria-label=t("compare.number")>{rows}</p>
    }
}

/// Comparing with a member.
pub(super) fn compare(person: Person, may_remove: bool) -> AnyView {
    let (app, shell) = (use_app(), use_shell());
    let member = person.id.clone();
    let state = query(app, move || Some(MemberSafetyParams { member: member.clone() }), |_| false);
    let differ = RwSignal::new(false);
    let title = fill("compare.with", &[("name", &person.name)]);
    let remove = may_remove.then(|| Dialog::Act(Box::new(Act::Remove(person.clone()))));
    let body = move || match differ.get() {
        true => mismatch(fill("compare.differ", &[("name", &person.name)]), remove.clone(), "act.remove"),
        false => {
            let name = person.name.clone();
            loaded(state, move |number| show(&name, &number, differ))
        }
    };
    view! {
        <Modal title=title on_close=Callback::new(move |()| shell.close())>
            <div class="dialog-form">{body}</div>
        </Modal>
    }
}

fn show(name: &str, number: &SafetyNumber, differ: RwSignal<bool>) -> AnyView {
    let (app, shell) = (use_app(), use_shell());
    let name = name.to_owned();
    let how = happens(&fill("compare.how", &[("name", &name)]));
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<ApiError>));
    let same = MemberVerifyParams { member: number.member.clone(), safety_number: number.number.clone() };
    let go = move |_| {
        let name = name.clone();
        if let Ok(asked) = call(&same) {
            carry_out(app, busy, wrong, asked, move |_| {
                shell.close();
                app.say(fill("compare.same", &[("name", &name)]));
                app.look_again();
            });
        }
    };
    view! {
        {how}
        {digits(&number.number)}
        <div class="actions">{copy_button(number.number.clone())}</div>
        {move || wrong.get().map(|error| failure(&error, None))}
        <footer class="dialog-foot">
            <button class="button" type="button" on:click=move |_| differ.set(true)>{t("compare.no")}</button>
            <button class="button primary" type="button" disabled=move || busy.get() on:click=go>{t("compare.yes")}</button>
        </footer>
    }
}

/// What it means that two people see different digits, and what to do.
fn mismatch(text: String, act: Option<Dialog>, label: &'static str) -> AnyView {
    let shell = use_shell();
    view! {
        <div class="notice">{icon("warn")}<div class="stack">{happens(&text)}</div></div>
        <footer class="dialog-foot">
            {act.map(|act| view! {
                <button class="button danger" type="button" on:click=move |_| shell.open(act.clone())>{t(label)}</button>
            })}
            <button class="button" type="button" autofocus on:click=move |_| shell.close()>{t("dialog.close")}</button>
        </footer>
    }
}

/// Letting a newcomer in, after comparing.
pub(super) fn admit(newcomer: NewcomerView) -> AnyView {
    let (app, shell) = (use_app(), use_shell());
    let differ = RwSignal::new(false);
    let name = RwSignal::new(String::new());
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<ApiError>));
    let away = Some(Dialog::Act(Box::new(Act::TurnAway(newcomer.clone()))));
    let newcomer = Rc::new(newcomer);
    let asking = newcomer.clone();
    let go = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let typed = name.get_untracked().trim().to_owned();
        if let Err(error) = validate::check_name("name", &typed) {
            return wrong.set(Some(error.into()));
        }
        if busy.get_untracked() {
            return;
        }
        // The very number that was compared: the core lets nobody in under another one.
        let params = MemberConfirmParams {
            member: asking.id.clone(),
            safety_number: asking.safety_number.clone(),
            name: typed.clone(),
        };
        if let Ok(asked) = call(&params) {
            carry_out(app, busy, wrong, asked, move |_| {
                shell.close();
                app.say(fill("compare.admitted", &[("name", &typed)]));
                app.look_again();
            });
        }
    };
    let go = Rc::new(go);
    let level = newcomer.clearance.last().cloned().unwrap_or_default();
    let promised = [("role", name_of("role", &newcomer.role)), ("level", name_of("choice", &level))];
    let promised: Vec<(&str, &str)> = promised.iter().map(|(key, word)| (*key, word.as_str())).collect();
    let what = fill("compare.newcomer", &promised);
    let body = move || {
        if differ.get() {
            return mismatch(t("compare.newcomer_differs").to_owned(), away.clone(), "act.away");
        }
        let go = go.clone();
        view! {
            <form class="stack roomy" on:submit=move |event| go(event)>
                <p>{what.clone()}</p>
                {happens(t("compare.newcomer_how"))}
                {digits(&newcomer.safety_number)}
                {text_field("compare.name", name, "text", "off", true)}
                {move || wrong.get().map(|error| failure(&error, None))}
                <footer class="dialog-foot">
                    <button class="button" type="button" on:click=move |_| differ.set(true)>{t("compare.no")}</button>
                    <button class="button primary" type="submit" disabled=move || busy.get()>{t("compare.admit")}</button>
                </footer>
            </form>
        }
    };
    view! {
        <Modal title=t("compare.title") on_close=Callback::new(move |()| shell.close())>
            <div class="dialog-form">{body}</div>
        </Modal>
    }
}
