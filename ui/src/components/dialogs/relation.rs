//! Relating two things, and changing what a relation says.

use std::collections::BTreeMap;

use crate::dom::prelude::*;
use groundplan_shared::api::{RelationCreateParams, RelationUpdateParams, RelationView};
use groundplan_shared::model::{
    DocumentId, ElementKind, PropertyValue, RelationKind, relation_allowed, relation_properties,
};

use super::{form, submit};
use crate::components::comments::comments;
use crate::components::dialog::Modal;
use crate::components::inspector::{choice_of, property_field};
use crate::components::picker::{Choice, Picker};
use crate::state::{App, form as rules, use_app, use_shell};
use crate::text::{fill, name_of, t};

/// What a relation of this kind may lead to from this kind of element.
fn targets(app: App, source: DocumentId, from: ElementKind, kind: RelationKind) -> Vec<Choice> {
    app.index.with(|index| {
        let fits = |to| relation_allowed(kind, from, to);
        let elements = index
            .elements
            .iter()
            .filter(|element| element.id != source && fits(Some(element.kind)))
            .map(|element| choice_of(element, index));
        let pages = index.pages.iter().filter(|_| fits(None)).map(|page| Choice {
            value: page.id.to_string(),
            label: page.title.clone(),
            hint: page.path.clone(),
            kind: page.kind.as_str().to_owned(),
        });
        elements.chain(pages).collect()
    })
}

pub(super) fn new_relation(source: DocumentId, target: Option<DocumentId>) -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let close = Callback::new(move |()| shell.close());
    let Some(from) = app
        .index
        .with_untracked(|index| index.element(source).map(|element| (element.kind, element.name.clone())))
    else {
        return ().into_any();
    };
    let (from, name) = from;
    let to = target.map(|id| app.index.with_untracked(|index| index.element(id).map(|element| element.kind)));
    let kinds = match to {
        Some(to) => rules::relation_kinds(from, to),
        None => rules::relation_kinds_from(from),
    };
    let Some(first) = kinds.first().copied() else {
        return view! {
            <Modal title=t("action.new_relation") on_close=close><p class="pad">{t("relation.impossible")}</p></Modal>
        }
        .into_any();
    };
    let kind = RwSignal::new(first);
    let target = RwSignal::new(target);
    let description = RwSignal::new(String::new());
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None));
    let choices = Memo::new(move |_| targets(app, source, from, kind.get()));
    let create = move || {
        let Some(target) = target.get_untracked() else {
            let error = groundplan_shared::validate::FieldError::new(
                "target",
                t("relation.no_target"),
                t("relation.no_target_hint"),
            );
            return wrong.set(Some(error.into()));
        };
        let mut properties = BTreeMap::new();
        let text = description.get_untracked().trim().to_owned();
        if !text.is_empty() {
            properties.insert("description".to_owned(), PropertyValue::Text(text));
        }
        let params = RelationCreateParams { kind: kind.get_untracked(), source, target, properties };
        submit(app, busy, wrong, params, move |relation| {
            shell.close();
            let names =
                [("source", relation.source_name.as_str()), ("target", relation.target_name.as_str())];
            app.undoable(fill("relation.created", &names));
            app.reread();
        });
    };
    let fields = view! {
        <p>{fill("relation.from", &[("name", &name)])}</p>
        <label class="stacked">
            <span class="field-name">{t("relation.kind")}</span>
            <select class="input" on:change=move |event| {
                if let Ok(read) = event_target_value(&event).parse() {
                    kind.set(read);
                }
            }>
                {kinds.iter().map(|kind| view! { <option value=kind.as_str()>{name_of("relation", kind.as_str())}</option> }).collect_view()}
            </select>
        </label>
        <div class="stacked">
            <span class="field-name" aria-hidden="true">{t("relation.target")}</span>
            <Picker id="new-target" class="boxed" label=t("relation.target") choices=choices autofocus=true
                value=Signal::derive(move || target.get().map(|id| id.to_string()))
                on_pick=Callback::new(move |value: Option<String>| target.set(value.and_then(|value| value.parse().ok())))
                placeholder=t("relation.find") />
        </div>
        {super::text_field("property.description", description, "text", "off", false)}
    }
    .into_any();
    view! {
        <Modal title=t("action.new_relation") on_close=close>{form(busy, wrong, "relation.create", create, fields)}</Modal>
    }
    .into_any()
}

pub(super) fn edit_relation(relation: RelationView) -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let (source, id) = (relation.source, relation.id);
    let names = [("source", relation.source_name.as_str()), ("target", relation.target_name.as_str())];
    let title = fill("relation.title", &names);
    let shown = RwSignal::new(relation.clone());
    let save = move |params: RelationUpdateParams| {
        app.run(params, move |relation| {
            shown.try_set(relation);
            app.reread();
        });
    };
    let blank =
        move || RelationUpdateParams { source, id, kind: None, target: None, properties: BTreeMap::new() };
    let save_property = Callback::new(move |(name, value): (&'static str, Option<PropertyValue>)| {
        let mut params = blank();
        params.properties.insert(name.to_owned(), value);
        save(params);
    });
    let kinds = app.index.with_untracked(|index| {
        let from = index.element(source).map_or(ElementKind::Component, |element| element.kind);
        rules::relation_kinds(from, index.element(relation.target).map(|element| element.kind))
    });
    let present = relation.kind;
    view! {
        <Modal title=title on_close=Callback::new(move |()| shell.close())>
            <div class="dialog-form">
                <div class="fields">
                    <label class="field">
                        <span class="field-name">{t("relation.kind")}</span>
                        <select class="inline" on:change=move |event| {
                            if let Ok(kind) = event_target_value(&event).parse() {
                                save(RelationUpdateParams { kind: Some(kind), ..blank() });
                            }
                        }>
                            {kinds.iter().map(|kind| view! {
                                <option value=kind.as_str() selected=*kind == present>{name_of("relation", kind.as_str())}</option>
                            }).collect_view()}
                        </select>
                    </label>
                    {relation_properties().map(|spec| {
                        let value = Memo::new(move |_| shown.with(|relation| {
                            relation.properties.get(spec.name).map(PropertyValue::to_text).unwrap_or_default()
                        }));
                        property_field(spec, value, save_property)
                    }).collect_view()}
                </div>
                {comments(source, Some(id))}
            </div>
            <footer class="dialog-foot pad">
                <button class="button primary" on:click=move |_| shell.close()>{t("dialog.done")}</button>
            </footer>
        </Modal>
    }
    .into_any()
}
