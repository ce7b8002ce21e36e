//! Making a page.

use crate::dom::prelude::*;
use groundplan_shared::api::PageCreateParams;
use groundplan_shared::model::{DocumentId, PageKind};

use super::{form, submit, text_field};
use crate::components::dialog::Modal;
use crate::state::{Route, form as rules, use_app, use_shell};
use crate::text::{fill, name_of, t};

pub(super) fn new_page(kind: PageKind, about: Option<DocumentId>) -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let kind = RwSignal::new(kind);
    let title = RwSignal::new(String::new());
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None));
    let subject = about.and_then(|id| app.index.with_untracked(|index| index.name(id).map(str::to_owned)));
    let create = move || {
        let title = match rules::read_name(&title.get_untracked()) {
            Ok(title) => title,
            Err(error) => return wrong.set(Some(error.into())),
        };
        let params = PageCreateParams {
            kind: kind.get_untracked(),
            title,
            path: String::new(),
            body: String::new(),
            about,
            classification: None,
        };
        submit(app, busy, wrong, params, move |view| {
            shell.close();
            app.reread();
            app.go(Route::Page(view.page.id));
        });
    };
    let fields = view! {
        {subject.map(|name| view! { <p class="muted">{fill("page.about", &[("name", &name)])}</p> })}
        {text_field("field.title", title, "text", "off", true)}
        <label class="stacked">
            <span class="field-name">{t("field.kind")}</span>
            <select class="input" on:change=move |event| {
                if let Ok(read) = event_target_value(&event).parse() {
                    kind.set(read);
                }
            }>
                {PageKind::ALL.iter().map(|other| view! {
                    <option value=other.as_str() selected=*other == kind.get_untracked()>{name_of("kind", other.as_str())}</option>
                }).collect_view()}
            </select>
        </label>
    }
    .into_any();
    view! {
        <Modal title=t("action.new_page") on_close=Callback::new(move |()| shell.close())>
            {form(busy, wrong, "page.create", create, fields)}
        </Modal>
    }
    .into_any()
}
