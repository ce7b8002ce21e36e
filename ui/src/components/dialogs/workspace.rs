//! Making a workspace.

use crate::dom::prelude::*;
use groundplan_shared::api::WorkspaceCreateParams;

use super::{form, submit, text_field};
use crate::components::dialog::Modal;
use crate::state::{Route, form as rules, use_app, use_shell};
use crate::text::t;

pub(super) fn new_workspace() -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let name = RwSignal::new(String::new());
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None));
    let create = move || match rules::read_name(&name.get_untracked()) {
        Err(error) => wrong.set(Some(error.into())),
        Ok(name) => submit(app, busy, wrong, WorkspaceCreateParams { name }, move |_| {
            shell.close();
            app.enter(Route::Home);
        }),
    };
    let fields = view! {
        <p class="muted">{t("workspace.new_text")}</p>
        {text_field("field.name", name, "text", "off", true)}
    }
    .into_any();
    view! {
        <Modal title=t("workspace.new") on_close=Callback::new(move |()| shell.close())>
            {form(busy, wrong, "workspace.create", create, fields)}
        </Modal>
    }
    .into_any()
}
