//! What people say about something: threads, to read, to answer, to resolve.
//!
//! Not here: what is new in all of the workspace (`pages::changes`).

use std::cell::RefCell;
use std::rc::Rc;

use crate::dom::prelude::*;
use groundplan_shared::api::{
    ChangesSeenParams, CommentAddParams, CommentEditParams, CommentListParams, CommentRemoveParams,
    CommentResolveParams,
};
use groundplan_shared::model::{CommentId, DocumentId, RelationId};

use super::icon::icon;
use super::prose::prose;
use crate::state::{App, raw, use_app};
use crate::text::{ago, fill, t};
use crate::transport::{Json, encode, parse};

/// What is done after something was sent.
type Then = Rc<dyn Fn()>;

/// Threads about something, or about one relation of it, with a place to begin another. Whoever sees them has looked.
pub fn comments(id: DocumentId, relation: Option<RelationId>) -> AnyView {
    let app = use_app();
    let params = encode(&CommentListParams { subject: Some(id), relation, ..CommentListParams::default() });
    let answer = raw(app, "comment/list", params);
    let all = RwSignal::new(false);
    if relation.is_none() {
        Effect::new(move |_| {
            answer.track();
            if app.unread.with(|unread| unread.contains(&id)) {
                let params = encode(&ChangesSeenParams { document: Some(id), until: None });
                app.ask_then("changes/seen", params, Box::new(|_| {}));
            }
        });
    }
    let shown = move || {
        answer.with(|answer| {
            let list = parse(answer)?;
            let threads = list.list("items");
            let resolved = threads.iter().filter(|thread| thread.at("resolved_by").is_there()).count();
            let some = threads.iter().filter(|one| all.get() || !one.at("resolved_by").is_there());
            Some(view! {
                {(resolved > 0).then(|| view! {
                    <button class="button small" aria-pressed=move || if all.get() { "true" } else { "false" }
                        on:click=move |_| all.update(|all| *all = !*all)>
                        {fill("comment.resolved", &[("n", &resolved.to_string())])}
                    </button>
                })}
                {some.map(|one| thread(app, one)).collect_view()}
            })
        })
    };
    view! {
        <section class="block comments">
            <h2 class="block-title">{t("comment.title")}</h2>
            {shown}
            {write(relation.map_or_else(|| id.to_string(), |relation| relation.to_string()), "comment.begin", "comment.send", String::new(), move |text, then| {
                send(app, "comment/add", encode(&CommentAddParams { thread: None, subject: Some(id), relation, text }), then);
            })}
        </section>
    }
    .into_any()
}

/// Carries out what changes threads, and reads them again. What was written is let go only once it is kept.
fn send(app: App, method: &'static str, params: String, then: Then) {
    let done = move |answer: Result<String, _>| match answer {
        Ok(_) => {
            then();
            app.reread();
        }
        Err(error) => app.fail(error),
    };
    app.ask_then(method, params, Box::new(done));
}

/// One thread of an answer.
pub fn thread(app: App, thread: &Json<'_>) -> AnyView {
    let Ok(id) = thread.text("id").parse::<DocumentId>() else { return AnyView::Empty };
    let by = thread.at("resolved_by");
    let resolved = by.is_there();
    let resolve = move |_| {
        send(
            app,
            "comment/resolve",
            encode(&CommentResolveParams { thread: id, resolved: !resolved }),
            Rc::new(|| {}),
        );
    };
    view! {
        <article class="thread" class:resolved=resolved aria-label=t("comment.thread")>
            {thread.list("comments").iter().map(|comment| said(app, id, comment)).collect_view()}
            <p class="said-head">
                <span class="muted small grow">{resolved.then(|| fill("comment.resolved_by", &[("name", &by.text("name"))]))}</span>
                <button class="button small" on:click=resolve>{t(if resolved { "comment.reopen" } else { "comment.resolve" })}</button>
            </p>
            {write(id.to_string(), "comment.reply", "comment.reply", String::new(), move |text, then| {
                send(app, "comment/add", encode(&CommentAddParams { thread: Some(id), subject: None, relation: None, text }), then);
            })}
        </article>
    }
    .into_any()
}

fn said(app: App, thread: DocumentId, comment: &Json<'_>) -> AnyView {
    let Ok(id) = comment.text("id").parse::<CommentId>() else { return AnyView::Empty };
    let editing = RwSignal::new(false);
    let (text, html, author) = (comment.text("text"), comment.text("html"), comment.at("author"));
    let remove = move |_| {
        send(app, "comment/remove", encode(&CommentRemoveParams { thread, comment: id }), Rc::new(|| {}))
    };
    let writer = comment.at("changed_by");
    let facts = if writer.is_there() {
        fill("comment.changed_by", &[("name", &writer.text("name"))])
    } else if comment.at("edited_ms").is_there() {
        t("comment.edited").to_owned()
    } else {
        String::new()
    };
    let others = comment.list("others").iter().filter_map(|other| match other {
        Json::Text(text) => Some(view! { <p class="note">{t("comment.elsewhere")} " " {text.clone()}</p> }),
        _ => None,
    });
    view! {
        <div class="said">
            <p class="said-head">
                <span class="strong">{author.text("name")}</span>
                <span class="muted small grow">{ago(comment.whole("at_ms"))} " " {facts}</span>
                {author.flag("you").then(|| view! {
                    <button class="icon-button quiet" aria-label=t("comment.edit") title=t("comment.edit") on:click=move |_| editing.update(|on| *on = !*on)>{icon("edit")}</button>
                    <button class="icon-button quiet" aria-label=t("comment.remove") title=t("comment.remove") on:click=remove>{icon("trash")}</button>
                })}
            </p>
            {move || if editing.get() {
                write(id.to_string(), "comment.edit", "comment.save", text.clone(), move |text, then| {
                    send(app, "comment/edit", encode(&CommentEditParams { thread, comment: id, text }), then);
                })
            } else {
                prose(html.clone())
            }}
            {others.collect_view()}
        </div>
    }
    .into_any()
}

thread_local! {
    /// What is half written, by the field: others may say something meanwhile, and the field is drawn anew.
    static DRAFTS: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
}

/// A field to write in. Ctrl or Cmd with Enter sends, as its button does.
fn write(
    of: String,
    label: &'static str,
    action: &'static str,
    text: String,
    send: impl Fn(String, Then) + 'static,
) -> AnyView {
    field(of + label, label, action, text, Rc::new(send))
}

fn field(
    key: String,
    label: &'static str,
    action: &'static str,
    text: String,
    send: Rc<dyn Fn(String, Then)>,
) -> AnyView {
    let draft =
        DRAFTS.with_borrow(|drafts| drafts.iter().find(|(of, _)| *of == key).map(|(_, text)| text.clone()));
    let typed = RwSignal::new(draft.unwrap_or(text));
    let put = move |text: String| {
        DRAFTS.with_borrow_mut(|drafts| {
            drafts.retain(|(of, _)| *of != key);
            if !text.is_empty() {
                drafts.push((key.clone(), text.clone()));
            }
        });
        typed.set(text);
    };
    let put = Rc::new(put);
    let keep = put.clone();
    let done = move || {
        let text = typed.get_untracked();
        if !text.trim().is_empty() {
            let put = put.clone();
            send(text, Rc::new(move || put(String::new())));
        }
    };
    let press = done.clone();
    view! {
        <div class="said-head">
            <textarea class="input grow" rows="1" aria-label=t(label) placeholder=t(label)
                prop:value=move || typed.get()
                on:input=move |event| keep(event_target_value(&event))
                on:keydown=move |event| {
                    if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                        event.prevent_default();
                        done();
                    }
                }></textarea>
            <button class="button small" on:click=move |_| press()>{t(action)}</button>
        </div>
    }
    .into_any()
}
