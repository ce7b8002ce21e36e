//! What the status bar says of others: how much is new, and who is here. It also tells where this window's person is, and
//! keeps the marks of what is unread.

use std::time::Duration;

use crate::dom::prelude::*;
use groundplan_shared::api::PresenceSetParams;
use groundplan_shared::model::DocumentId;

use super::icon::icon;
use crate::state::peers::{self, Peer};
use crate::state::{App, Route, raw, use_app};
use crate::text::{count, fill, t};
use crate::transport::{encode, parse};

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
    // A place or a core that is gone: nobody is seen for a moment, and nothing needs to be done.
    let take = move |answer: Result<String, _>| {
        let others = peers::read(&answer.unwrap_or_default());
        if app.there.try_with_untracked(|before| *before != others) == Some(true) {
            app.there.set(others);
        }
    };
    let tell = move |away: bool| {
        let params = encode(&PresenceSetParams { away, ..here(app) });
        app.ask_then("presence/set", params, Box::new(take));
    };
    Effect::new(move |_| {
        app.route.track();
        app.cursor.track();
        app.selection.track();
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
        {move || app.there.get().into_iter().map(|peer| face(app, peer)).collect_view()}
        {move || app.unread.with(|unread| (!unread.is_empty()).then(|| view! {
            <a class="status-item" href="/changes">{icon("talk")} {count("status.news", unread.len() as u64, &[])}</a>
        }))}
    }
    .into_any()
}

/// Where this window's person is: the document, the cursor in its text, the cards selected on a diagram.
fn here(app: App) -> PresenceSetParams {
    let route = app.route.get_untracked();
    let selected = match route {
        Route::Diagram(_) => app.selection.get_untracked(),
        _ => Vec::new(),
    };
    // The drawing of everything is no document of its own.
    let document = route.document().or(selected.first().copied());
    let cursor = app.cursor.get_untracked().filter(|(of, _)| Some(*of) == document).map(|(_, at)| at);
    PresenceSetParams { document, cursor, selected, away: false }
}

/// Somebody who is here; who is at the same place as this window stands out.
fn face(app: App, peer: Peer) -> AnyView {
    let Peer { name, colour, document, .. } = peer;
    let item = document.and_then(|id| app.index.with_untracked(|index| index.reference(id)));
    let place = item.as_ref().map_or_else(|| t("present.somewhere").to_owned(), |item| item.name.clone());
    let title = fill("present.at", &[("name", &name), ("place", &place)]);
    let initials: String = name.split_whitespace().filter_map(|word| word.chars().next()).take(2).collect();
    let url =
        item.map_or_else(|| "/sync".to_owned(), |item| Route::to_document(&item.document, item.id).url());
    let same = move || document.is_some() && app.route.with(Route::document) == document;
    let class = format!("face peer-{colour}");
    view! { <a class=class class:same=same href=url title=title.clone() aria-label=title>{initials}</a> }
        .into_any()
}
