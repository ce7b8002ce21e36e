//! Kind, parent and owner: what the element belongs to.

use crate::dom::prelude::*;
use groundplan_shared::api::{ElementSummary, ElementUpdateParams};
use groundplan_shared::model::{DocumentId, ElementKind, RelationKind};

use super::Shown;
use crate::components::picker::{Choice, Picker};
use crate::state::{Index, Route, form, use_app};
use crate::text::{name_of, t};

/// A choice of an element, with its ancestors beside it.
pub fn choice_of(element: &ElementSummary, index: &Index) -> Choice {
    Choice {
        value: element.id.to_string(),
        label: element.name.clone(),
        hint: index.context(element.id).join(" / "),
        kind: element.kind.as_str().to_owned(),
    }
}

pub(super) fn belonging(id: DocumentId, kind: ElementKind, element: Shown) -> AnyView {
    let app = use_app();
    let parents = Memo::new(move |_| {
        app.index.with(|index| {
            form::parents(index, kind, Some(id))
                .into_iter()
                .map(|parent| choice_of(parent, index))
                .collect::<Vec<_>>()
        })
    });
    let teams = Memo::new(move |_| {
        app.index.with(|index| {
            index.of_kind(ElementKind::Team).map(|team| choice_of(team, index)).collect::<Vec<_>>()
        })
    });
    let parent =
        Memo::new(move |_| element.with(|view| view.as_ref()?.parent.as_ref().map(|parent| parent.id)));
    let owner = Memo::new(move |_| {
        element.with(|view| {
            let owned =
                view.as_ref()?.outgoing.iter().find(|relation| relation.kind == RelationKind::OwnedBy)?;
            Some(owned.target)
        })
    });
    let set_parent = Callback::new(move |value: Option<String>| {
        let parent = value.and_then(|value| value.parse().ok());
        app.change(ElementUpdateParams {
            parent,
            clear_parent: parent.is_none(),
            ..ElementUpdateParams::of(id)
        });
    });
    let set_owner = Callback::new(move |value: Option<String>| {
        let owner = value.and_then(|value| value.parse().ok());
        app.change(ElementUpdateParams {
            owner,
            clear_owner: owner.is_none(),
            ..ElementUpdateParams::of(id)
        });
    });
    let set_kind = move |event| {
        if let Ok(kind) = event_target_value(&event).parse() {
            app.change(ElementUpdateParams { kind: Some(kind), ..ElementUpdateParams::of(id) });
        }
    };
    let text = |id: Memo<Option<DocumentId>>| Signal::derive(move || id.get().map(|id| id.to_string()));
    view! {
        <div class="fields">
            <label class="field">
                <span class="field-name">{t("field.kind")}</span>
                <select class="inline" on:change=set_kind>
                    {ElementKind::ALL.iter().map(|other| view! {
                        <option value=other.as_str() selected=*other == kind>{name_of("kind", other.as_str())}</option>
                    }).collect_view()}
                </select>
            </label>
            <div class="field">
                {linked_name("relation.part_of", parent)}
                <Picker id="inspector-parent" label=t("relation.part_of") choices=parents value=text(parent)
                    on_pick=set_parent placeholder=t("choice.unset") clearable=true />
            </div>
            {(kind != ElementKind::Team).then(|| view! {
                <div class="field">
                    {linked_name("relation.owned_by", owner)}
                    <Picker id="inspector-owner" label=t("relation.owned_by") choices=teams value=text(owner)
                        on_pick=set_owner placeholder=t("choice.unset") clearable=true />
                </div>
            })}
        </div>
    }
    .into_any()
}

/// The name of a field that leads to what the field holds.
fn linked_name(key: &'static str, target: Memo<Option<DocumentId>>) -> AnyView {
    (move || match target.get() {
        Some(id) => view! { <a class="field-name" href=Route::Element(id).url()>{t(key)}</a> }.into_any(),
        None => view! { <span class="field-name">{t(key)}</span> }.into_any(),
    })
    .into_any()
}
