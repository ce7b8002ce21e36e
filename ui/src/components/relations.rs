//! The relations of an element: outgoing and incoming, to follow, change and remove.

use crate::dom::prelude::*;
use groundplan_shared::api::{RelationDeleteParams, RelationView};
use groundplan_shared::model::{DocumentId, RelationKind};

use super::icon::{icon, kind_icon};
use crate::state::{Dialog, Route, use_app, use_shell};
use crate::text::{fill, name_of, t};

/// Which end of its relations the element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Relations lead from it.
    Source,
    /// Relations lead to it.
    Target,
}

/// A list of relations under a title.
pub fn relation_list(id: DocumentId, end: End, relations: Memo<Vec<RelationView>>) -> AnyView {
    let shell = use_shell();
    let (title, mark) = match end {
        End::Source => ("relation.outgoing", "out"),
        End::Target => ("relation.incoming", "in"),
    };
    // The owner stands among the properties.
    let shown = Memo::new(move |_| {
        relations.with(|all| {
            all.iter()
                .filter(|relation| end == End::Target || relation.kind != RelationKind::OwnedBy)
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    let add = (end == End::Source).then(|| view! {
        <button class="button small" on:click=move |_| shell.open(Dialog::NewRelation { source: id, target: None })>
            {icon("plus")} {t("relation.add")}
        </button>
    });
    view! {
        <section class="block">
            <header class="block-head">
                <h2>{icon(mark)} {t(title)} <span class="count">{move || shown.with(Vec::len)}</span></h2>
                {add}
            </header>
            <ul class="plain rows">
                {move || shown.get().into_iter().map(|relation| row(relation, end)).collect_view()}
            </ul>
            {move || shown.with(Vec::is_empty).then(|| view! {
                <p class="muted">{t(if end == End::Source { "relation.none_out" } else { "relation.none_in" })}</p>
            })}
        </section>
    }
    .into_any()
}

fn row(relation: RelationView, end: End) -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let (other, name) = match end {
        End::Source => (relation.target, relation.target_name.clone()),
        End::Target => (relation.source, relation.source_name.clone()),
    };
    let known = app.index.with_untracked(|index| index.reference(other));
    let kind = match (&known, end) {
        (Some(item), _) => item.kind.clone(),
        (None, End::Source) => relation.target_kind.clone(),
        (None, End::Target) => String::new(),
    };
    let document = known.map_or_else(|| "element".to_owned(), |item| item.document);
    let family = if end == End::Source { "relation" } else { "relation_in" };
    let words = name_of(family, relation.kind.as_str());
    let about = summary(&relation);
    let missing = name.is_empty();
    let shown = if missing { t("relation.missing").to_owned() } else { name };
    let edit_label = fill("relation.edit", &[("name", &shown)]);
    let remove_label = fill("relation.remove", &[("name", &shown)]);
    let edited = relation.clone();
    let remove = move |_| {
        let label =
            fill("relation.removed", &[("source", &relation.source_name), ("target", &relation.target_name)]);
        app.run(RelationDeleteParams { source: relation.source, id: relation.id }, move |_| {
            app.undoable(label);
            app.reread();
        });
    };
    view! {
        <li class="row-line relation">
            <span class="relation-kind muted">{words}</span>
            {kind_icon(if missing { "missing" } else { &kind })}
            {if missing {
                view! { <span class="truncate muted">{shown}</span> }.into_any()
            } else {
                view! { <a class="truncate" href=Route::to_document(&document, other).url()>{shown}</a> }.into_any()
            }}
            <span class="grow muted small truncate">{about}</span>
            {edited.imported.then(|| view! { <span class="badge" title=t("relation.imported_long")>{t("relation.imported")}</span> })}
            <button class="icon-button quiet" aria-label=edit_label title=t("relation.edit_short")
                on:click=move |_| shell.open(Dialog::EditRelation(Box::new(edited.clone())))>{icon("edit")}</button>
            <button class="icon-button quiet" aria-label=remove_label title=t("relation.remove_short") on:click=remove>{icon("trash")}</button>
        </li>
    }
    .into_any()
}

/// What a relation says beside its kind: description, protocol and the like, in a few words.
fn summary(relation: &RelationView) -> String {
    let names = ["description", "protocol", "interaction", "access", "authentication"];
    let texts = names.iter().filter_map(|name| {
        let text = relation.properties.get(*name)?.to_text();
        let choice = matches!(*name, "interaction" | "access" | "authentication");
        Some(if choice { name_of("choice", &text) } else { text })
    });
    texts.collect::<Vec<_>>().join(" \u{b7} ")
}
