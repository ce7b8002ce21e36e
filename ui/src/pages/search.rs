//! Full-text search over the workspace. The text stands in the address.

use crate::dom::prelude::*;
use groundplan_shared::api::{SearchHit, SearchParams};
use leptos::html;

use crate::components::icon::{icon, kind_icon};
use crate::components::states::{empty, failure};
use crate::state::{Load, Route, query, use_app};
use crate::text::{count, name_of, t};

/// Hits asked for.
const HITS: u32 = 200;
/// Marks around a match, as the core sets them.
const MARKS: [char; 2] = ['\u{e000}', '\u{e001}'];

/// The screen.
#[component]
pub fn SearchPage() -> AnyView {
    let app = use_app();
    let node = NodeRef::<html::Input>::new();
    let text = Memo::new(move |_| {
        app.route.with(|route| match route {
            Route::Search(text) => text.clone(),
            _ => String::new(),
        })
    });
    let state = query(
        app,
        move || {
            let text = text.get();
            (!text.trim().is_empty()).then_some(SearchParams { text, limit: HITS })
        },
        |_| true,
    );
    Effect::new(move |_| {
        if let Some(input) = node.get() {
            let _ = input.focus();
        }
    });
    view! {
        <div class="page search">
            <h1 class="sr-only">{t("title.search")}</h1>
            <label class="filter big">
                {icon("search")}<span class="sr-only">{t("search.placeholder")}</span>
                <input node_ref=node type="search" autocomplete="off" spellcheck="false" placeholder=t("search.placeholder")
                    prop:value=move || text.get()
                    on:input=move |event| app.replace(Route::Search(event_target_value(&event))) />
            </label>
            {move || if text.with(|text| text.trim().is_empty()) {
                empty("search", t("search.empty"), t("search.empty_text"), ().into_any())
            } else {
                match state.get() {
                    // The letters before this one are answered in a few milliseconds: nothing to show meanwhile.
                    Load::Loading => view! { <p class="muted small" role="status">{t("state.loading")}</p> }.into_any(),
                    Load::Failed(error) => failure(&error, None),
                    Load::Ready(results) if results.hits.is_empty() => {
                        empty("search", t("search.nothing"), t("search.nothing_text"), ().into_any())
                    }
                    Load::Ready(results) => view! {
                        <p class="muted small" role="status">
                            {count(if results.more { "search.found_more" } else { "search.found" }, results.hits.len() as u64, &[])}
                        </p>
                        <ul class="plain hits">{results.hits.iter().map(hit).collect_view()}</ul>
                    }.into_any(),
                }
            }}
        </div>
    }
}

fn hit(hit: &SearchHit) -> AnyView {
    let url = Route::to_document(&hit.item.document, hit.item.id).url();
    view! {
        <li>
            <a class="hit" href=url>
                {kind_icon(&hit.item.kind)}
                <span class="hit-text">
                    <span class="hit-title">
                        <span class="strong truncate">{hit.item.name.clone()}</span>
                        <span class="muted small">{name_of("kind", &hit.item.kind)}</span>
                        <span class="grow muted small truncate">{hit.context.clone()}</span>
                    </span>
                    <span class="small snippet">{snippet(&hit.snippet)}</span>
                </span>
            </a>
        </li>
    }
    .into_any()
}

/// The piece of text with its matches marked.
fn snippet(text: &str) -> AnyView {
    pieces(text)
        .into_iter()
        .map(
            |(marked, piece)| {
                if marked { view! { <mark>{piece}</mark> }.into_any() } else { piece.into_any() }
            },
        )
        .collect_view()
        .into_any()
}

fn pieces(text: &str) -> Vec<(bool, String)> {
    let mut out = Vec::new();
    for (place, part) in text.split(MARKS[0]).enumerate() {
        match part.split_once(MARKS[1]) {
            Some((marked, rest)) if place > 0 => {
                out.push((true, marked.to_owned()));
                out.push((false, rest.to_owned()));
            }
            _ => out.push((false, part.replace(MARKS, ""))),
        }
    }
    out.retain(|(_, piece)| !piece.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_marked_and_marks_never_shown() {
        let piece = |marked: bool, text: &str| (marked, text.to_owned());
        assert_eq!(
            pieces("the \u{e000}web\u{e001} and \u{e000}db\u{e001}"),
            [piece(false, "the "), piece(true, "web"), piece(false, " and "), piece(true, "db")]
        );
        assert_eq!(pieces("cut \u{e000}off"), [piece(false, "cut "), piece(false, "off")]);
        assert_eq!(pieces("\u{e001}x"), [piece(false, "x")]);
    }
}
