//! What others changed and said since this device's person looked: mentions, things by who changed them, and talk about
//! things that are gone.

use crate::dom::prelude::*;
use groundplan_shared::api::ChangesSeenParams;

use crate::components::comments::thread;
use crate::components::icon::{icon, kind_icon};
use crate::state::{Route, raw, use_app};
use crate::text::{ago, count, fill, name_of, t};
use crate::transport::{Json, encode, parse};

/// The screen.
pub fn changes_page() -> AnyView {
    let app = use_app();
    let news = raw(app, "changes/list", "{}".to_owned());
    let talk = raw(app, "comment/list", "{}".to_owned());
    view! {
        <div class="page">
            <h1 class="page-title">{t("title.changes")}</h1>
            {move || news.with(|answer| parse(answer).map(|list| show(&list)))}
            {move || talk.with(|answer| {
                let list = parse(answer)?;
                let gone = |one: &&Json<'_>| one.at("subject").text("document") == "missing";
                let rows = list.list("items").iter().filter(gone).map(|one| view! {
                    <h3 class="group-name">{one.at("subject").text("name")}</h3>
                    {thread(app, one)}
                });
                Some(section("changes.gone", rows.collect()))
            })}
            <p class="block"><a href="/past">{t("past.look")}</a></p>
        </div>
    }
    .into_any()
}

fn show(list: &Json<'_>) -> AnyView {
    let app = use_app();
    let (items, mentions) = (list.list("items"), list.list("mentions"));
    if items.is_empty() && mentions.is_empty() {
        return view! { <p class="muted">{t("changes.nothing")}</p> }.into_any();
    }
    let seen = encode(&ChangesSeenParams { document: None, until: Some(list.whole("until")) });
    view! {
        {(!items.is_empty()).then(|| view! {
            <button class="button" on:click=move |_| app.ask_then("changes/seen", seen.clone(), Box::new(|_| {}))>{t("changes.seen")}</button>
        })}
        {section("changes.mentions", mentions.iter().map(mention).collect())}
        {section("changes.changed", items.iter().map(change).collect())}
    }
    .into_any()
}

fn section(title: &'static str, rows: Vec<AnyView>) -> AnyView {
    if rows.is_empty() {
        return AnyView::Empty;
    }
    view! { <section class="block"><h2 class="block-title">{t(title)}</h2>{rows}</section> }.into_any()
}

fn mention(mention: &Json<'_>) -> AnyView {
    let text = mention.text("text");
    let first = text.lines().next().unwrap_or_default();
    let words = fill("changes.said", &[("name", &mention.at("by").text("name")), ("text", first)]);
    line("talk", mention, mention.flag("unread"), words)
}

fn change(change: &Json<'_>) -> AnyView {
    let (what, talk) = (change.text("what"), change.list("threads").len() as u64);
    let words = (!what.is_empty()).then(|| name_of("news", &what));
    let talk = (talk > 0).then(|| count("changes.talk", talk, &[]));
    let what = words.into_iter().chain(talk).collect::<Vec<_>>().join(" \u{b7} ");
    let names: Vec<String> = change.list("by").iter().map(|person| person.text("name")).collect();
    let words = fill("changes.by", &[("what", &what), ("names", &names.join(", "))]);
    line("", change, false, words)
}

fn line(mark: &str, row: &Json<'_>, unread: bool, words: String) -> AnyView {
    let item = row.at("item");
    let (name, document) = (item.text("name"), item.text("document"));
    let route = item.text("id").parse().ok().filter(|_| document != "missing");
    let route = route.map(|id| Route::to_document(&document, id).url());
    view! {
        <p class="row-line">
            {if mark.is_empty() { kind_icon(&item.text("kind")) } else { icon(mark) }}
            <a class="truncate" href=route>{name}</a>
            {unread.then(unread_mark)}
            <span class="grow muted truncate">{words}</span>
            <span class="muted small">{ago(row.whole("at_ms"))}</span>
        </p>
    }
    .into_any()
}

fn unread_mark() -> AnyView {
    view! { <span class="unread-mark" role="img" aria-label=t("changes.unread")></span> }.into_any()
}
