//! One element: where it belongs, what it is about, what it is related to. Its properties stand in the inspector.

use crate::dom::prelude::*;
use groundplan_shared::api::{ElementGetParams, ElementUpdateParams, ElementView, Reference, TextField};
use groundplan_shared::model::{DocumentId, ElementKind, PageKind};

use crate::components::attachments::attachments;
use crate::components::comments::comments;
use crate::components::editor::TextEditor;
use crate::components::files::Files;
use crate::components::history::history;
use crate::components::icon::{icon, kind_icon};
use crate::components::inline::InlineText;
use crate::components::inspector::conflict_list;
use crate::components::keys::delete_chosen;
use crate::components::relations::{End, relation_list};
use crate::components::states::{empty, failure, loading};
use crate::pages::element::endpoints::endpoints;
use crate::state::{Answer, DiagramRoute, Dialog, Load, Route, form, query, use_app, use_shell};
use crate::text::{name_of, t};

mod endpoints;

/// The page of an element.
#[component]
pub fn ElementPage(
    /// Which.
    id: DocumentId,
) -> AnyView {
    let app = use_app();
    let state = query(app, move || Some(ElementGetParams { id }), move |_| true);
    let element = Memo::new(move |_| state.get().ready());
    let kind = Memo::new(move |_| element.with(|view| view.as_ref().map(|view| view.element.kind)));
    let error = Memo::new(move |_| match state.get() {
        Load::Failed(error) => Some(error),
        _ => None,
    });
    (move || match (error.get(), kind.get()) {
        (Some(error), _) if error.code == groundplan_shared::api::ErrorCode::NotFound => {
            let back = view! { <a class="button" href="/">{t("title.home")}</a> };
            empty("trash", t("element.gone"), t("element.gone_text"), back.into_any())
        }
        (Some(error), _) => failure(&error, Some(Callback::new(move |()| app.reload()))),
        (None, None) => loading(),
        (None, Some(kind)) => show(id, kind, element),
    })
    .into_any()
}

fn show(id: DocumentId, kind: ElementKind, element: Memo<Option<Answer<ElementView>>>) -> AnyView {
    let files = Files::of(use_app(), id);
    // Each part follows only what it shows, so that typing in one place redraws no other.
    let outgoing = Memo::new(move |_| {
        element.with(|view| view.as_ref().map(|view| view.outgoing.clone()).unwrap_or_default())
    });
    let incoming = Memo::new(move |_| {
        element.with(|view| view.as_ref().map(|view| view.incoming.clone()).unwrap_or_default())
    });
    let children = Memo::new(move |_| {
        element.with(|view| view.as_ref().map(|view| view.children.clone()).unwrap_or_default())
    });
    let pages = Memo::new(move |_| {
        element.with(|view| view.as_ref().map(|view| view.pages.clone()).unwrap_or_default())
    });
    let conflicts = Memo::new(move |_| {
        element.with(|view| view.as_ref().map(|view| view.conflicts.clone()).unwrap_or_default())
    });
    view! {
        <article class="page element" on:dragover=move |event| files.held(&event)
            on:dragleave=move |_| files.over.set(false) on:drop=move |event| files.dropped(&event)>
            {head(id, kind, element)}
            {move || conflict_list(id, Some(kind), conflicts.get())}
            <section class="block">
                <h2 class="block-title">{t("property.description")}</h2>
                <div class="editor-box"><TextEditor document=id field=TextField::Description /></div>
            </section>
            {(kind == ElementKind::Api).then(|| endpoints(id, element))}
            {relation_list(id, End::Source, outgoing)}
            {relation_list(id, End::Target, incoming)}
            {parts(id, children)}
            {page_list(id, pages)}
            {attachments(files)}
            {comments(id, None)}
            {history(id)}
        </article>
    }
    .into_any()
}

fn head(id: DocumentId, kind: ElementKind, element: Memo<Option<Answer<ElementView>>>) -> AnyView {
    let app = use_app();
    let name = Memo::new(move |_| {
        element.with(|view| view.as_ref().map(|view| view.element.name.clone()).unwrap_or_default())
    });
    let path = Memo::new(move |_| {
        element.with(|view| view.as_ref().map(|view| view.path.clone()).unwrap_or_default())
    });
    let technology = Memo::new(move |_| {
        element.with(|view| view.as_ref().and_then(|view| view.element.property("technology")))
    });
    let save = Callback::new(move |name: String| {
        app.change(ElementUpdateParams { name: Some(name.trim().to_owned()), ..ElementUpdateParams::of(id) });
    });
    let focus = Route::Diagram(DiagramRoute { focus: Some(id), ..DiagramRoute::default() }).url();
    let delete = move |_| {
        app.selection.set(vec![id]);
        delete_chosen(app);
    };
    view! {
        <header class="page-head">
            <nav class="crumbs" aria-label=t("element.path")>
                {move || path.get().into_iter().map(|step| view! {
                    <a href=Route::Element(step.id).url()>{step.name}</a><span aria-hidden="true">"/"</span>
                }).collect_view()}
            </nav>
            <div class="title-line">
                <span class="title-icon">{kind_icon(kind.as_str())}</span>
                // The heading is for reading and for screen readers' lists; the field is for changing.
                <h1 class="sr-only">{move || name.get()}</h1>
                <InlineText value=name label=t("field.name") on_save=save class="title-input"
                    check=Callback::new(|text: String| form::read_name(&text).map(|_| ())) />
                <span class="actions">
                    <a class="button" href=focus>{icon("diagram")} {t("element.focus")}</a>
                    <button class="icon-button" aria-label=t("element.delete") title=t("element.delete") on:click=delete>{icon("trash")}</button>
                </span>
            </div>
            <p class="muted">
                {name_of("kind", kind.as_str())}
                {move || technology.get().map(|technology| format!(" \u{b7} {technology}"))}
            </p>
        </header>
    }
    .into_any()
}

fn parts(id: DocumentId, children: Memo<Vec<Reference>>) -> AnyView {
    let shell = use_shell();
    (move || {
        let parts = children.get();
        (!parts.is_empty()).then(|| view! {
            <section class="block">
                <header class="block-head">
                    <h2>{icon("tree")} {t("element.parts")} <span class="count">{parts.len()}</span></h2>
                    <button class="button small" on:click=move |_| shell.open(Dialog::NewElement { kind: None, parent: Some(id) })>
                        {icon("plus")} {t("element.add_part")}
                    </button>
                </header>
                {references(parts)}
            </section>
        })
    })
    .into_any()
}

fn page_list(id: DocumentId, pages: Memo<Vec<Reference>>) -> AnyView {
    let shell = use_shell();
    view! {
        <section class="block">
            <header class="block-head">
                <h2>{icon("page")} {t("title.pages")} <span class="count">{move || pages.with(Vec::len)}</span></h2>
                <button class="button small" on:click=move |_| shell.open(Dialog::NewPage { kind: PageKind::Doc, about: Some(id) })>
                    {icon("plus")} {t("element.add_page")}
                </button>
            </header>
            {move || if pages.with(Vec::is_empty) {
                view! { <p class="muted">{t("element.no_pages")}</p> }.into_any()
            } else {
                references(pages.get())
            }}
        </section>
    }
    .into_any()
}

/// A list of links to elements and pages.
pub fn references(items: Vec<Reference>) -> AnyView {
    let rows = items.into_iter().map(|item| {
        view! {
            <li class="row-line">
                {kind_icon(&item.kind)}
                <a class="truncate" href=Route::to_document(&item.document, item.id).url()>{item.name}</a>
                <span class="muted small">{name_of("kind", &item.kind)}</span>
            </li>
        }
    });
    view! { <ul class="plain rows">{rows.collect_view()}</ul> }.into_any()
}
