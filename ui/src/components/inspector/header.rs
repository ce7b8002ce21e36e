//! Kind, name and conflicts of the shown element.

use crate::dom::prelude::*;
use groundplan_shared::api::{ElementUpdateParams, FieldConflict};
use groundplan_shared::model::{DocumentId, ElementKind, element_property};

use super::Shown;
use crate::components::icon::{icon, kind_icon};
use crate::components::inline::InlineText;
use crate::state::{Route, form, use_app};
use crate::text::{name_of, t};

pub(super) fn header(id: DocumentId, element: Shown) -> AnyView {
    let app = use_app();
    let name = Memo::new(move |_| {
        element.with(|view| view.as_ref().map(|view| view.element.name.clone()).unwrap_or_default())
    });
    let kind = Memo::new(move |_| element.with(|view| view.as_ref().map(|view| view.element.kind)));
    let elsewhere = move || app.route.with(|route| *route != Route::Element(id));
    let save = Callback::new(move |name: String| {
        app.change(ElementUpdateParams { name: Some(name.trim().to_owned()), ..ElementUpdateParams::of(id) });
    });
    view! {
        <header class="inspector-head">
            {move || kind.get().map(|kind| kind_icon(kind.as_str()))}
            <InlineText value=name label=t("field.name") on_save=save class="inspector-name"
                check=Callback::new(|text: String| form::read_name(&text).map(|_| ())) />
            {move || elsewhere().then(|| view! {
                <a class="icon-button" href=Route::Element(id).url() aria-label=t("inspector.open") title=t("inspector.open")>{icon("out")}</a>
            })}
        </header>
        {move || conflict_list(id, kind.get(), element.with(|view| view.as_ref().map(|view| view.conflicts.clone()).unwrap_or_default()))}
    }
    .into_any()
}

/// Fields that two devices set differently, with both values to choose from.
pub fn conflict_list(id: DocumentId, kind: Option<ElementKind>, conflicts: Vec<FieldConflict>) -> AnyView {
    if conflicts.is_empty() {
        return ().into_any();
    }
    let app = use_app();
    let rows = conflicts.into_iter().map(|conflict| {
        let field = conflict.field.clone();
        let property = field.strip_prefix("properties.").map(str::to_owned);
        let label = match &property {
            Some(name) => name_of("property", name),
            None => name_of("field", &field),
        };
        let values = conflict.values.into_iter().enumerate().map(|(place, value)| {
            let shown = if value.is_empty() { t("choice.unset").to_owned() } else { name_of_choice(&value) };
            let (field, property) = (field.clone(), property.clone());
            let pick = move |_| {
                let mut update = ElementUpdateParams::of(id);
                match (&property, kind) {
                    (Some(name), Some(kind)) => {
                        let read = element_property(kind, name).map(|spec| form::read_property(spec, &value));
                        match read {
                            Some(Ok(value)) => {
                                update.properties.insert(name.clone(), value);
                            }
                            Some(Err(error)) => return app.fail(error.into()),
                            None => return,
                        }
                    }
                    _ if field == "name" => update.name = Some(value.clone()),
                    _ => return,
                }
                app.change(update);
            };
            view! {
                <li>
                    <span class="grow truncate">{shown}</span>
                    <button class="button small" on:click=pick>
                        {t(if place == 0 { "conflict.keep" } else { "conflict.use" })}
                    </button>
                </li>
            }
        });
        view! {
            <section class="conflict">
                <p class="conflict-field">{icon("warn")} {label}</p>
                <ul class="plain">{values.collect_view()}</ul>
            </section>
        }
    });
    view! {
        <div class="conflicts" role="group" aria-label=t("conflict.title")>
            <p class="small">{t("conflict.text")}</p>
            {rows.collect_view()}
        </div>
    }
    .into_any()
}

fn name_of_choice(value: &str) -> String {
    groundplan_shared::text::find(&format!("choice.{value}")).map_or_else(|| value.to_owned(), str::to_owned)
}
