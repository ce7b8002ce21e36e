//! Setting up the code that sign-ins to the account need, and taking it away.
//!
//! Not here: giving the code at a sign-in (`account`).

use crate::dom::prelude::*;
use groundplan_shared::api::{
    ApiError, Hidden, SecondFactorBeginParams, SecondFactorConfirmParams, SecondFactorRemoveParams,
    SecondFactorSetup, SecondFactorStatusParams,
};
use leptos::task::spawn_local;

use super::act::happens;
use super::{form, form_of, submit, text_field};
use crate::components::dialog::Modal;
use crate::components::states::{copy_button, failure, loading};
use crate::state::{use_app, use_shell};
use crate::text::t;

#[derive(Clone)]
enum Step {
    Looking,
    SetUp(SecondFactorSetup),
    Remove,
    Failed(ApiError),
}

pub(super) fn second_factor() -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let step = RwSignal::new(Step::Looking);
    let code = RwSignal::new(String::new());
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None));
    spawn_local(async move {
        let next = match app.call(SecondFactorStatusParams {}).await {
            Ok(status) if status.enabled => Step::Remove,
            Ok(_) => app.call(SecondFactorBeginParams {}).await.map_or_else(Step::Failed, Step::SetUp),
            Err(error) => Step::Failed(error),
        };
        step.try_set(next);
    });
    let typed = move || Hidden(code.get_untracked().trim().to_owned());
    let confirm = move || {
        submit(app, busy, wrong, SecondFactorConfirmParams { code: typed() }, move |_| {
            shell.close();
            app.say(t("second_factor.is_on"));
        });
    };
    let remove = move || {
        submit(app, busy, wrong, SecondFactorRemoveParams { code: typed() }, move |_| {
            shell.close();
            app.say(t("second_factor.is_off"));
        });
    };
    let field = move || text_field("account.code", code, "text", "one-time-code", true);
    view! {
        <Modal title=t("second_factor.title") on_close=Callback::new(move |()| shell.close())>
            {move || match step.get() {
                Step::Looking => loading(),
                Step::Failed(error) => failure(&error, None),
                Step::SetUp(setup) => {
                    let fields = view! {
                        {happens(t("second_factor.happens"))}
                        <div class="code-card">
                            <div class="qr" role="img" aria-label=t("second_factor.qr") inner_html=setup.qr_svg.0></div>
                            <div class="stack">
                                <p class="mono code-text" tabindex="0">{setup.secret.0.clone()}</p>
                                <div class="actions">{copy_button(setup.secret.0)}</div>
                            </div>
                        </div>
                        {field()}
                    }
                    .into_any();
                    form(busy, wrong, "second_factor.turn_on", confirm, fields)
                }
                Step::Remove => {
                    let fields = view! { {happens(t("second_factor.remove_happens"))} {field()} }.into_any();
                    form_of(busy, wrong, "second_factor.turn_off", true, remove, fields)
                }
            }}
        </Modal>
    }
    .into_any()
}
