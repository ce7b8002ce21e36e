//! One page: title, kind, path, text (to write or to read), links out and in.

use crate::dom::prelude::*;
use groundplan_shared::api::{
    ErrorCode, PageDeleteParams, PageGetParams, PageUpdateParams, PageView, TextField,
};
use groundplan_shared::model::{DocumentId, PageKind};
use groundplan_shared::validate;

use super::element::references;
use crate::components::attachments::attachments;
use crate::components::comments::comments;
use crate::components::editor::TextEditor;
use crate::components::files::Files;
use crate::components::history::history;
use crate::components::icon::{icon, kind_icon};
use crate::components::inline::InlineText;
use crate::components::prose::prose;
use crate::components::states::{empty, failure, loading};
use crate::state::people::LEVELS;
use crate::state::{Answer, Load, form, query, use_app};
use crate::text::{count, fill, name_of, t};

/// The page.
#[component]
pub fn TextPage(
    /// Which.
    id: DocumentId,
) -> AnyView {
    let app = use_app();
    let state = query(app, move || Some(PageGetParams { id }), move |changes| changes.touch(id));
    let page = Memo::new(move |_| state.get().ready());
    let here = Memo::new(move |_| page.with(Option::is_some));
    let error = Memo::new(move |_| match state.get() {
        Load::Failed(error) => Some(error),
        _ => None,
    });
    (move || match (error.get(), here.get()) {
        (Some(error), _) if error.code == ErrorCode::NotFound => {
            let back = view! { <a class="button" href="/pages">{t("title.pages")}</a> };
            empty("trash", t("page.gone"), t("page.gone_text"), back.into_any())
        }
        (Some(error), _) => failure(&error, Some(Callback::new(move |()| app.reload()))),
        (None, false) => loading(),
        (None, true) => show(id, page),
    })
    .into_any()
}

fn show(id: DocumentId, page: Memo<Option<Answer<PageView>>>) -> AnyView {
    let files = Files::of(use_app(), id);
    // A page with text is read first; an empty one waits to be written.
    let writing = RwSignal::new(
        page.with_untracked(|page| page.as_ref().is_none_or(|page| page.page.body.trim().is_empty())),
    );
    let links = Memo::new(move |_| {
        page.with(|page| page.as_ref().map(|page| page.links.clone()).unwrap_or_default())
    });
    let backlinks = Memo::new(move |_| {
        page.with(|page| page.as_ref().map(|page| page.backlinks.clone()).unwrap_or_default())
    });
    let dangling =
        move || links.with(|links| links.iter().filter(|link| link.target.is_none()).count() as u64);
    let tab = move |write: bool, text: &'static str| {
        view! {
            <button type="button" role="tab" class="segment" aria-controls="page-text"
                aria-selected=move || if writing.get() == write { "true" } else { "false" }
                on:click=move |_| writing.set(write)>{t(text)}</button>
        }
    };
    view! {
        <article class="page text-page" on:dragover=move |event| files.held(&event)
            on:dragleave=move |_| files.over.set(false) on:drop=move |event| files.dropped(&event)>
            {head(id, page)}
            <div class="segments" role="tablist" aria-label=t("page.mode")>{tab(false, "page.read")}{tab(true, "page.write")}</div>
            <div id="page-text" role="tabpanel" aria-label=t("page.text") class="page-text">
                {move || if writing.get() {
                    view! { <div class="editor-box tall"><TextEditor document=id field=TextField::Body files=files /></div> }.into_any()
                } else {
                    read(page)
                }}
            </div>
            {move || (dangling() > 0).then(|| view! { <p class="note">{icon("warn")} {count("page.dangling", dangling(), &[])}</p> })}
            {attachments(files)}
            <section class="block">
                <h2 class="block-title">{t("page.backlinks")}</h2>
                {move || if backlinks.with(Vec::is_empty) {
                    view! { <p class="muted">{t("page.no_backlinks")}</p> }.into_any()
                } else {
                    references(backlinks.get())
                }}
            </section>
            {comments(id, None)}
            {history(id)}
        </article>
    }
    .into_any()
}

fn read(page: Memo<Option<Answer<PageView>>>) -> AnyView {
    (move || page.with(|page| page.as_ref().map(|page| {
        let front = page.page.front_matter.clone();
        view! {
            {(!front.is_empty()).then(|| view! {
                <details class="front-matter"><summary>{t("page.front_matter")}</summary><pre tabindex="0">{front}</pre></details>
            })}
            {prose(page.html.clone())}
        }
    })))
    .into_any()
}

fn head(id: DocumentId, page: Memo<Option<Answer<PageView>>>) -> AnyView {
    let app = use_app();
    let part = move |read: fn(&PageView) -> String| {
        Memo::new(move |_| page.with(|page| page.as_ref().map(|page| read(page)).unwrap_or_default()))
    };
    let title = part(|page| page.page.title.clone());
    let path = part(|page| page.page.path.clone());
    let kind = part(|page| page.page.kind.as_str().to_owned());
    let level = part(|page| page.classification.clone());
    let conflicts = Memo::new(move |_| {
        page.with(|page| page.as_ref().map(|page| page.conflicts.clone()).unwrap_or_default())
    });
    let blank = move || PageUpdateParams {
        id,
        title: None,
        kind: None,
        path: None,
        front_matter: None,
        classification: None,
    };
    let save = move |params: PageUpdateParams| app.run(params, move |_| app.reread());
    let delete = move |_| {
        let name = title.get_untracked();
        app.run(PageDeleteParams { id }, move |_| {
            app.forget(&[id]);
            app.undoable(fill("deleted.what", &[("name", &name)]));
        });
    };
    view! {
        <header class="page-head">
            <div class="title-line">
                <span class="title-icon">{move || kind_icon(&kind.get())}</span>
                <h1 class="sr-only">{move || title.get()}</h1>
                <InlineText value=title label=t("field.title") class="title-input"
                    on_save=Callback::new(move |text: String| save(PageUpdateParams { title: Some(text.trim().to_owned()), ..blank() }))
                    check=Callback::new(|text: String| form::read_name(&text).map(|_| ())) />
                <span class="actions">
                    <button class="icon-button" aria-label=t("page.delete") title=t("page.delete") on:click=delete>{icon("trash")}</button>
                </span>
            </div>
            <div class="page-facts">
                <select class="inline" aria-label=t("field.kind") on:change=move |event| {
                    if let Ok(kind) = event_target_value(&event).parse::<PageKind>() {
                        save(PageUpdateParams { kind: Some(kind), ..blank() });
                    }
                }>
                    {PageKind::ALL.iter().map(|other| view! {
                        <option value=other.as_str() selected=move || kind.with(|kind| kind == other.as_str())>{name_of("kind", other.as_str())}</option>
                    }).collect_view()}
                </select>
                <select class="inline" aria-label=t("property.classification") on:change=move |event| {
                    save(PageUpdateParams { classification: Some(event_target_value(&event)), ..blank() });
                }>
                    {LEVELS.iter().map(|other| view! {
                        <option value=*other selected=move || level.with(|level| level == other)>{name_of("choice", other)}</option>
                    }).collect_view()}
                </select>
                <InlineText value=path label=t("field.path") class="mono" placeholder=t("page.no_path")
                    on_save=Callback::new(move |text: String| save(PageUpdateParams { path: Some(text.trim().to_owned()), ..blank() }))
                    check=Callback::new(|text: String| validate::check_path("path", text.trim())) />
            </div>
            {move || conflicts.get().into_iter().map(|conflict| {
                let values = conflict.values.into_iter().map(|value| {
                    let shown = value.clone();
                    let field = conflict.field.clone();
                    let choose = move |_| match field.as_str() {
                        "title" => save(PageUpdateParams { title: Some(value.clone()), ..blank() }),
                        "path" => save(PageUpdateParams { path: Some(value.clone()), ..blank() }),
                        "kind" => save(PageUpdateParams { kind: value.parse().ok(), ..blank() }),
                        _ => {}
                    };
                    view! { <button class="button small" on:click=choose>{fill("conflict.use_value", &[("value", &shown)])}</button> }
                });
                view! {
                    <div class="conflicts" role="group" aria-label=t("conflict.title")>
                        <p class="small">{fill("conflict.field", &[("field", &name_of("field", &conflict.field))])}</p>
                        <div class="actions">{values.collect_view()}</div>
                    </div>
                }
            }).collect_view()}
        </header>
    }
    .into_any()
}
