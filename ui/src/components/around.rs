//! What the status bar says of others: how much is new, and who is here. It also tells where this window's person is, and
//! keeps the marks of what is unread.

use std::time::Duration;

use crate::dom::prelude::*;
use groundplan_shared::api::PresenceSetParams;
use groundplan_shared::model::DocumentId;

use super::icon::icon;
use crate::state::{App, Route, raw, use_app};
use crate::text::{count, fill, t};
use crate::transport::{Json, encode, parse};

/// How often a window says that it is still there.
const RENEW: Duration = Duration::from_secs(20);

/// The part of the status bar.
pub fn around() -> AnyView {
    let app = use_app();
    let news = raw(app, "changes/list", "{}".to_owned());
    Effect::new(move |_| {
        let unread: Vec<DocumentId> = news.with(|answer| {
            let list = parse(answer);
            let items = list.as_ref().map(|list| list.list("items")).unwrap_or_default();
            items.iter().filter_map(|item| item.at("item").text("id").parse().ok()).collect()
        });
        if app.unread.with_untracked(|old| *old != unread) {
            app.unread.set(unread);
        }
    });
    let there = RwSignal::new(String::new());
    // A place or a core that is gone: nobody is seen for a moment, and nothing needs to be done.
    let take = move |answer: Result<String, _>| {
        let answer = answer.unwrap_or_default();
        if there.try_with_untracked(|old| *old != answer) == Some(true) {
            there.set(answer);
        }
    };
    let tell = move |away: bool| {
        let document = app.route.with_untracked(Route::document);
        let params = encode(&PresenceSetParams { document, away, ..PresenceSetParams::default() });
        app.ask_then("presence/set", params, Box::new(take));
    };
    Effect::new(move |_| {
        app.route.track();
        tell(false);
    });
    Effect::new(move |before: Option<u32>| {
        let asked = app.present.get();
        if before.is_some_and(|before| before != asked) {
            app.ask_then("presence/list", "{}".to_owned(), Box::new(take));
        }
        asked
    });
    let renewed = set_interval_with_handle(move || tell(false), RENEW).ok();
    on_cleanup(move || {
        if let Some(renewed) = renewed {
            renewed.clear();
        }
        tell(true);
    });
    view! {
        {move || there.with(|answer| {
            let list = parse(answer)?;
            Some(list.list("items").iter().map(|one| face(app, one)).collect_view())
        })}
        {move || app.unread.with(|unread| (!unread.is_empty()).then(|| view! {
            <a class="status-item" href="/changes">{icon("talk")} {count("status.news", unread.len() as u64, &[])}</a>
        }))}
    }
    .into_any()
}

/// Somebody who is here; who is at the same place as this window stands out.
fn face(app: App, one: &Json<'_>) -> AnyView {
    let name = one.at("person").text("name");
    let document: Option<DocumentId> = one.text("document").parse().ok();
    let item = document.and_then(|id| app.index.with_untracked(|index| index.reference(id)));
    let place = item.as_ref().map_or_else(|| t("present.somewhere").to_owned(), |item| item.name.clone());
    let title = fill("present.at", &[("name", &name), ("place", &place)]);
    let initials: String = name.split_whitespace().filter_map(|word| word.chars().next()).take(2).collect();
    let url =
        item.map_or_else(|| "/sync".to_owned(), |item| Route::to_document(&item.document, item.id).url());
    let same = move || document.is_some() && app.route.with(Route::document) == document;
    view! { <a class="face" class:same=same href=url title=title.clone() aria-label=title>{initials}</a> }
        .into_any()
}
