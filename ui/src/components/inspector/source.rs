//! Where the element was imported from, and in what it differs from there by now.

use crate::dom::prelude::*;

use super::Shown;
use crate::components::icon::icon;
use crate::text::{fill, name_of, t};

pub(super) fn source(element: Shown) -> AnyView {
    let source = Memo::new(move |_| {
        element.with(|view| {
            let view = view.as_ref()?;
            let source = view.element.source.as_ref()?;
            let title = view.source_title.clone().unwrap_or_else(|| t("source.unknown").to_owned());
            Some((title, source.key.clone(), view.drift.clone()))
        })
    });
    (move || source.get().map(|(title, key, drift)| {
        let fields: Vec<String> = drift
            .iter()
            .map(|field| match field.strip_prefix("properties.") {
                Some(name) => name_of("property", name),
                None => name_of("field", field),
            })
            .collect();
        let drifted = !fields.is_empty();
        view! {
            <section class="group">
                <h3 class="group-name">{t("source.title")}</h3>
                <div class="row-line">{icon("import")} <span class="grow truncate" title=key>{title}</span></div>
                {drifted.then(|| view! {
                    <p class="small note">{fill("source.drift", &[("fields", &fields.join(", "))])}</p>
                })}
            </section>
        }
    }))
    .into_any()
}
