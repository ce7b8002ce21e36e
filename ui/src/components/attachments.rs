//! The files of a page or an element: what is there, adding, saving, removing.
//!
//! Not here: how bytes come in and go out (`files`).

use crate::dom::prelude::*;
use groundplan_shared::api::{AttachmentListParams, AttachmentRemoveParams, AttachmentView};
use leptos::html;

use super::dialogs::preview::can;
use super::files::{Files, save};
use super::icon::icon;
use super::states::{failure, loaded};
use crate::state::{App, Dialog, query_since, use_app, use_shell};
use crate::text::{bytes, fill};

/// The files of a document.
pub fn attachments(files: Files) -> AnyView {
    let app = use_app();
    let document = files.document;
    // Bytes that arrive change nothing in the document.
    let to_fetch = Memo::new(move |_| {
        app.sync.with(|status| status.as_ref().map_or(0, |status| status.attachments.to_fetch))
    });
    let list = query_since(
        app,
        move || to_fetch.get(),
        move || Some(AttachmentListParams { document: Some(document), linked_from: None }),
        move |changes| changes.touch(document),
    );
    let number = Memo::new(move |_| list.with(|list| list.ready().map_or(0, |list| list.items.len())));
    view! {
        <section class="block attachments" class:over=move || files.over.get()>
            <header class="block-head">
                <h2>{icon("clip")} {t("file.title")} <span class="count">{move || number.get()}</span></h2>
                {add_button(app, files)}
            </header>
            {move || files.adding.get().map(|(done, total, name)| {
                let words = [("done", (done + 1).to_string()), ("total", total.to_string()), ("name", name)];
                let words: Vec<(&str, &str)> = words.iter().map(|(key, word)| (*key, word.as_str())).collect();
                view! {
                    <p role="status" class="small">{fill("file.adding", &words)}</p>
                    <progress class="progress" aria-label=t("file.title")></progress>
                }
            })}
            {move || files.wrong.get().map(|error| failure(&error, None))}
            {loaded(list, move |list| rows(app, &list.items))}
        </section>
    }
}

fn add_button(app: App, files: Files) -> AnyView {
    let node = NodeRef::<html::Input>::new();
    let choose = move |_| match node.get_untracked() {
        Some(input) if !app.transport.picks_paths() => input.click(),
        _ => files.pick(),
    };
    let chosen = move |event| {
        let input: web_sys::HtmlInputElement = event_target(&event);
        if let Some(list) = input.files() {
            files.add(list);
        }
        // The same choice again must be noticed as a change.
        input.set_value("");
    };
    view! {
        <button class="button small" type="button" on:click=choose>{icon("plus")} {t("file.add")}</button>
        <input node_ref=node type="file" class="sr-only" tabindex="-1" aria-hidden="true" aria-label=t("file.add")
            multiple=true on:change=chosen />
    }
}

fn rows(app: App, items: &[AttachmentView]) -> AnyView {
    let shell = use_shell();
    if items.is_empty() {
        return view! { <p class="muted">{t("file.none")}</p> };
    }
    let row = |item: &AttachmentView| {
        let (id, name) = (item.id, item.name.clone());
        let (saved, kept, gone) = (name.clone(), name.clone(), name.clone());
        let keep = move |_| save(app, id, kept.clone());
        let remove = move |_| {
            let name = gone.clone();
            app.run(AttachmentRemoveParams { id }, move |_| {
                app.undoable(fill("file.removed", &[("name", &name)]))
            });
        };
        let shown = can(item).then(|| Box::new(item.clone()));
        let label = fill(if shown.is_some() { "file.look" } else { "file.save" }, &[("name", &name)]);
        let open = move |_| match shown.clone() {
            Some(file) => shell.open(Dialog::Preview(file)),
            None => save(app, id, saved.clone()),
        };
        view! {
            <li class="row-line">
                {icon(if item.media_type.starts_with("image/") { "picture" } else { "page" })}
                <button class="linklike truncate" type="button" title=label on:click=open>{name.clone()}</button>
                {(!item.here).then(|| view! { <span class="badge">{t("file.elsewhere")}</span> })}
                <span class="grow"></span>
                <span class="muted small">{bytes(item.size)}</span>
                <button class="icon-button quiet" type="button" aria-label=fill("file.save", &[("name", &name)]) on:click=keep>{icon("import")}</button>
                <button class="icon-button quiet" type="button" aria-label=fill("file.remove", &[("name", &name)]) on:click=remove>{icon("close")}</button>
            </li>
        }
    };
    view! { <ul class="plain rows">{items.iter().map(row).collect_view()}</ul> }
}
