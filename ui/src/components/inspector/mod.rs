//! The side panel about what is chosen: every property, edited where it stands.

mod fields;
mod header;
mod links;
mod many;
mod properties;
mod source;

use crate::dom::prelude::*;
use groundplan_shared::api::{ElementGetParams, ElementView, ErrorCode};
use groundplan_shared::model::DocumentId;

use super::states;
use crate::state::{Answer, Load, query, use_app};

pub use fields::choice_of;
pub use header::conflict_list;
pub use properties::property_field;

/// The panel.
#[component]
pub fn Inspector() -> AnyView {
    let app = use_app();
    // Only elements have properties here; what is not in the lists (yet) is asked for all the same.
    let one = Memo::new(move |_| {
        app.selection.with(|chosen| match chosen.as_slice() {
            [id] => Some(*id),
            _ => None,
        })
    });
    let number = Memo::new(move |_| app.selection.with(Vec::len));
    view! {
        {move || match (one.get(), number.get()) {
            (Some(id), _) => inspector_of(id),
            (None, 0) => nothing(),
            _ => many::many(),
        }}
    }
}

fn nothing() -> AnyView {
    view! { <div class="inspector-empty"><p class="muted">{t("inspector.nothing")}</p></div> }.into_any()
}

/// The panel of one element, also used on the element's page on phones.
pub fn inspector_of(id: DocumentId) -> AnyView {
    let app = use_app();
    let state = query(app, move || Some(ElementGetParams { id }), move |changes| changes.touch(id));
    let element = Memo::new(move |_| state.get().ready());
    let error = Memo::new(move |_| match state.get() {
        Load::Failed(error) => Some(error),
        _ => None,
    });
    let kind = Memo::new(move |_| element.with(|view| view.as_ref().map(|view| view.element.kind)));
    view! {
        {move || match (error.get(), kind.get()) {
            // A page or a deleted element may still be chosen for a moment.
            (Some(error), _) if error.code == ErrorCode::NotFound => nothing(),
            (Some(error), _) => states::failure(&error, Some(Callback::new(move |()| app.reload()))),
            (None, None) => states::loading(),
            // Built anew only for another kind: its fields are others.
            (None, Some(kind)) => view! {
                <div class="inspector-body">
                    {header::header(id, element)}
                    {fields::belonging(id, kind, element)}
                    {properties::properties(id, kind, element)}
                    {links::tags(id, element)}
                    {links::links(id, element)}
                    {source::source(element)}
                </div>
            }.into_any(),
        }}
    }
    .into_any()
}

/// What parts of the panel read.
pub type Shown = Memo<Option<Answer<ElementView>>>;
