//! Every property of the kind's table, in groups, each edited by what it accepts.

use crate::dom::prelude::*;
use groundplan_shared::api::ElementUpdateParams;
use groundplan_shared::model::{
    DocumentId, ElementKind, PropertySpec, PropertyValue, Shape, element_properties,
};
use groundplan_shared::validate::FieldError;

use super::Shown;
use crate::components::inline::InlineText;
use crate::state::{form, use_app};
use crate::text::{count, name_of, t};

/// The groups and the properties in them; what stands in none belongs to the first.
const GROUPS: &[(&str, &[&str])] = &[
    ("group.basics", &[]),
    (
        "group.protection",
        &[
            "classification",
            "personal_data",
            "criticality",
            "integrity",
            "availability",
            "encryption_at_rest",
            "internet_facing",
        ],
    ),
    (
        "group.running",
        &[
            "redundant",
            "instances",
            "ports",
            "profiles",
            "rto",
            "rpo",
            "slo",
            "capacity_unit",
            "capacity_limit",
            "capacity_measured",
        ],
    ),
];

fn group_of(name: &str) -> usize {
    GROUPS.iter().position(|(_, names)| names.contains(&name)).unwrap_or(0)
}

pub(super) fn properties(id: DocumentId, kind: ElementKind, element: Shown) -> AnyView {
    let app = use_app();
    let save = Callback::new(move |(name, value): (&'static str, Option<PropertyValue>)| {
        let mut update = ElementUpdateParams::of(id);
        update.properties.insert(name.to_owned(), value);
        app.change(update);
    });
    let groups = GROUPS.iter().enumerate().map(|(place, (title, _))| {
        let specs: Vec<_> = element_properties(kind).filter(|spec| group_of(spec.name) == place).collect();
        let names: Vec<_> = specs.iter().map(|spec| spec.name).collect();
        let set = move || {
            element.with(|view| {
                let properties = view.as_ref().map(|view| &view.element.properties);
                properties.map_or(0, |properties| names.iter().filter(|name| properties.contains_key(**name)).count())
            })
        };
        (!specs.is_empty()).then(|| view! {
            <details class="group" open=true>
                <summary>{t(title)} <span class="count">{move || count("group.set", set() as u64, &[])}</span></summary>
                <div class="fields">
                    {specs.into_iter().map(|spec| {
                        let value = Memo::new(move |_| element.with(|view| {
                            view.as_ref().and_then(|view| view.element.property(spec.name)).unwrap_or_default()
                        }));
                        property_field(spec, value, save)
                    }).collect_view()}
                </div>
            </details>
        })
    });
    groups.collect_view().into_any()
}

/// What saves a property: its name and its value, none to take it away.
pub type Save = Callback<(&'static str, Option<PropertyValue>)>;

/// The field of one property, also used for properties of relations.
pub fn property_field(spec: &'static PropertySpec, value: Memo<String>, save: Save) -> AnyView {
    let label = name_of("property", spec.name);
    let app = use_app();
    let write = move |text: String| match form::read_property(spec, &text) {
        Ok(value) => save.run((spec.name, value)),
        Err(error) => app.fail(error.into()),
    };
    let control = match spec.shape {
        Shape::Bool => choice_field(label.clone(), &["true", "false"], value, write),
        Shape::Choice(choices) => choice_field(label.clone(), choices, value, write),
        Shape::Suggested(choices) => {
            let list = format!("suggestions-{}", spec.name);
            view! {
                {line_field(spec, label.clone(), value, Callback::new(write), Some(list.clone()))}
                <datalist id=list>
                    {choices.iter().map(|choice| view! { <option value=*choice>{name_of("choice", choice)}</option> }).collect_view()}
                </datalist>
            }
            .into_any()
        }
        _ => line_field(spec, label.clone(), value, Callback::new(write), None),
    };
    view! {
        <div class="field" class:unset=move || value.with(String::is_empty)>
            <span class="field-name" aria-hidden="true">{label}</span>
            {control}
        </div>
    }
    .into_any()
}

fn choice_field(
    label: String,
    choices: &'static [&'static str],
    value: Memo<String>,
    write: impl Fn(String) + 'static,
) -> AnyView {
    view! {
        <select class="inline" aria-label=label prop:value=move || value.get()
            on:change=move |event| write(event_target_value(&event))>
            <option value="">{t("choice.unset")}</option>
            {choices.iter().map(|choice| view! {
                <option value=*choice selected=move || value.with(|value| value == choice)>{name_of("choice", choice)}</option>
            }).collect_view()}
            // A value that a newer program wrote is shown and kept.
            {move || {
                let text = value.get();
                (!text.is_empty() && !choices.contains(&text.as_str())).then(|| view! {
                    <option value=text.clone() selected=true>{text.clone()}</option>
                })
            }}
        </select>
    }
    .into_any()
}

fn line_field(
    spec: &'static PropertySpec,
    label: String,
    value: Memo<String>,
    write: Callback<String>,
    list: Option<String>,
) -> AnyView {
    let check = Callback::new(move |text: String| -> Result<(), FieldError> {
        form::read_property(spec, &text).map(|_| ())
    });
    let inputmode = if matches!(spec.shape, Shape::Integer(..)) { "numeric" } else { "text" };
    let placeholder = t("choice.unset");
    match list {
        Some(list) => view! {
            <InlineText value=value label=label on_save=write check=check placeholder=placeholder list=list />
        }
        .into_any(),
        None => view! {
            <InlineText value=value label=label on_save=write check=check placeholder=placeholder inputmode=inputmode />
        }
        .into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_grouped_property_exists() {
        let known: Vec<&str> = ElementKind::ALL
            .iter()
            .flat_map(|kind| element_properties(*kind))
            .map(|spec| spec.name)
            .collect();
        for name in GROUPS.iter().flat_map(|(_, names)| names.iter()) {
            assert!(known.contains(name), "{name} is no property");
        }
    }
}
