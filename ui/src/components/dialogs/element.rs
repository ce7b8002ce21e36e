//! Making an element from the keyboard: name, kind, parent, Enter.

use crate::dom::prelude::*;
use groundplan_shared::api::ElementCreateParams;
use groundplan_shared::model::{DocumentId, ElementKind, RelationKind, relation_allowed};

use super::{form, submit, text_field};
use crate::components::dialog::Modal;
use crate::components::inspector::choice_of;
use crate::components::picker::Picker;
use crate::state::{Route, form as rules, use_app, use_shell};
use crate::text::{fill, name_of, t};

pub(super) fn new_element(kind: Option<ElementKind>, parent: Option<DocumentId>) -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let chosen = app.selection.with_untracked(|chosen| chosen.last().copied());
    let kind = RwSignal::new(kind.unwrap_or(ElementKind::Component));
    // What is chosen is the likely parent; failing that, its own parent.
    let likely = app.index.with_untracked(|index| {
        let fits = |id: &DocumentId| {
            index.element(*id).is_some_and(|element| {
                relation_allowed(RelationKind::PartOf, kind.get_untracked(), Some(element.kind))
            })
        };
        let chosen = chosen.and_then(|id| index.element(id));
        let own = chosen.map(|element| element.id);
        let above = chosen.and_then(|element| element.parent);
        own.filter(|_| chosen.is_some_and(|element| element.kind == ElementKind::System))
            .or(above)
            .filter(fits)
    });
    let parent = RwSignal::new(parent.or(likely));
    let name = RwSignal::new(String::new());
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None));
    let parents = Memo::new(move |_| {
        app.index.with(|index| {
            rules::parents(index, kind.get(), None)
                .into_iter()
                .map(|parent| choice_of(parent, index))
                .collect::<Vec<_>>()
        })
    });
    let fitting = move || {
        parent.get_untracked().filter(|id| {
            let id = id.to_string();
            parents.with_untracked(|all| all.iter().any(|choice| choice.value == id))
        })
    };
    let create = move || {
        let name = match rules::read_name(&name.get_untracked()) {
            Ok(name) => name,
            Err(error) => return wrong.set(Some(error.into())),
        };
        let params = ElementCreateParams {
            kind: kind.get_untracked(),
            name,
            description: String::new(),
            properties: Default::default(),
            tags: Default::default(),
            parent: fitting(),
        };
        submit(app, busy, wrong, params, move |view| {
            app.put(&view);
            app.undoable(fill("element.created", &[("name", &view.element.name)]));
            shell.close();
            // On a diagram one goes on drawing; elsewhere one goes to what was made.
            if app.route.with_untracked(|route| matches!(route, Route::Diagram(_))) {
                app.selection.set(vec![view.element.id]);
            } else {
                app.go(Route::Element(view.element.id));
            }
        });
    };
    let fields = view! {
        {text_field("field.name", name, "text", "off", true)}
        <label class="stacked">
            <span class="field-name">{t("field.kind")}</span>
            <select class="input" on:change=move |event| {
                if let Ok(read) = event_target_value(&event).parse() {
                    kind.set(read);
                }
            }>
                {ElementKind::ALL.iter().map(|other| view! {
                    <option value=other.as_str() selected=*other == kind.get_untracked()>{name_of("kind", other.as_str())}</option>
                }).collect_view()}
            </select>
        </label>
        <div class="stacked">
            <span class="field-name" aria-hidden="true">{t("relation.part_of")}</span>
            <Picker id="new-parent" class="boxed" label=t("relation.part_of") choices=parents
                value=Signal::derive(move || parent.get().map(|id| id.to_string()))
                on_pick=Callback::new(move |value: Option<String>| parent.set(value.and_then(|value| value.parse().ok())))
                placeholder=t("choice.unset") clearable=true />
        </div>
    }
    .into_any();
    view! {
        <Modal title=t("action.new_element") on_close=Callback::new(move |()| shell.close())>
            {form(busy, wrong, "element.create", create, fields)}
        </Modal>
    }
    .into_any()
}
