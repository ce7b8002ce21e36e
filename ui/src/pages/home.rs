//! What the workspace holds: diagrams to open, counts to follow, what leads nowhere.

use std::collections::BTreeMap;

use crate::dom::prelude::*;
use groundplan_shared::api::{ImportListParams, WorkspaceSummary, WorkspaceSummaryParams};

use crate::components::icon::{icon, kind_icon};
use crate::components::states::{empty, loaded};
use crate::state::{DiagramRoute, Dialog, Route, query, use_app, use_shell};
use crate::text::{ago, count, grouped, name_of, t};

/// Kinds in the order in which they are counted.
const KINDS: &[&str] = &[
    "system",
    "component",
    "datastore",
    "channel",
    "api",
    "actor",
    "domain",
    "team",
    "data_asset",
    "environment",
    "node",
    "boundary",
    "check",
];

/// The screen.
#[component]
pub fn HomePage() -> AnyView {
    let app = use_app();
    let state = query(app, || Some(WorkspaceSummaryParams {}), |_| true);
    view! { <div class="page home">{loaded(state, |summary| show(&summary))}</div> }
}

fn show(summary: &WorkspaceSummary) -> AnyView {
    let elements: u64 = summary.elements.values().sum();
    let pages: u64 = summary.pages.values().sum();
    let relations: u64 = summary.relations.values().sum();
    if elements == 0 && pages == 0 {
        return view! { <h1 class="page-title">{summary.workspace.name.clone()}</h1> {nothing_yet()} }
            .into_any();
    }
    let line = [
        count("home.elements", elements, &[]),
        count("home.relations", relations, &[]),
        count("home.pages", pages, &[]),
    ];
    view! {
        <header class="page-head">
            <h1>{summary.workspace.name.clone()}</h1>
            <p class="muted">{line.join(" \u{b7} ")}</p>
            {summary.workspace.read_only.clone().map(|why| view! { <p class="note" role="status">{why}</p> })}
        </header>
        {diagrams()}
        {counts("home.model", &summary.elements)}
        {page_counts(&summary.pages)}
        {(summary.dangling > 0).then(|| view! {
            <section class="block">
                <p class="note">{icon("warn")} {count("home.dangling", summary.dangling, &[])}</p>
            </section>
        })}
        {sources()}
    }
    .into_any()
}

fn nothing_yet() -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let actions = view! {
        <button class="button primary" on:click=move |_| app.go(Route::Import)>{icon("import")} {t("action.import")}</button>
        <button class="button" on:click=move |_| shell.open(Dialog::NewElement { kind: None, parent: None })>{icon("plus")} {t("action.new_element")}</button>
    };
    empty("diagram", t("home.empty"), t("home.empty_text"), actions.into_any())
}

fn diagrams() -> AnyView {
    let app = use_app();
    let cards = move || {
        app.index.with(|index| {
            let mut cards: Vec<(String, String, String)> = index
                .views
                .iter()
                .map(|view| {
                    let route = Route::Diagram(DiagramRoute { id: Some(view.id), ..DiagramRoute::default() });
                    (route.url(), view.name.clone(), name_of("view", view.kind.as_str()))
                })
                .collect();
            if cards.is_empty() {
                let route = Route::Diagram(DiagramRoute::default());
                cards.push((route.url(), t("home.whole").to_owned(), t("home.whole_text").to_owned()));
            }
            cards
        })
    };
    view! {
        <section class="block">
            <h2 class="block-title">{t("explorer.views")}</h2>
            <div class="card-grid">
                {move || cards().into_iter().map(|(url, name, kind)| view! {
                    <a class="diagram-card" href=url>
                        {thumbnail()}
                        <span class="strong truncate">{name}</span>
                        <span class="muted small">{kind}</span>
                    </a>
                }).collect_view()}
            </div>
        </section>
    }
    .into_any()
}

/// A sign for "a diagram", not a picture of this one.
fn thumbnail() -> AnyView {
    view! {
        <svg class="thumb" viewBox="0 0 160 64" aria-hidden="true">
            <path class="thumb-line" d="M52 22h20q4 0 4-0M52 22h18v20h18M118 42h14" />
            <rect class="thumb-frame" x="80" y="8" width="46" height="48" rx="3" />
            <rect x="20" y="14" width="32" height="16" rx="2" /><rect x="88" y="16" width="30" height="12" rx="2" />
            <rect x="88" y="36" width="30" height="12" rx="2" /><rect x="132" y="36" width="18" height="12" rx="2" />
        </svg>
    }
    .into_any()
}

fn counts(title: &'static str, numbers: &BTreeMap<String, u64>) -> AnyView {
    let rows = KINDS.iter().filter_map(|kind| numbers.get(*kind).filter(|n| **n > 0).map(|n| (*kind, *n)));
    let rows = rows.map(|(kind, n)| {
        let url = Route::Search(format!("kind:{kind}")).url();
        view! {
            <a class="stat" href=url>
                {kind_icon(kind)}
                <span class="stat-number">{grouped(n)}</span>
                <span class="muted">{name_of(if n == 1 { "kind" } else { "kinds" }, kind)}</span>
            </a>
        }
    });
    view! {
        <section class="block">
            <h2 class="block-title">{t(title)}</h2>
            <div class="stats">{rows.collect_view()}</div>
        </section>
    }
    .into_any()
}

fn page_counts(numbers: &BTreeMap<String, u64>) -> AnyView {
    if numbers.values().all(|n| *n == 0) {
        return ().into_any();
    }
    let rows = ["doc", "adr", "runbook", "postmortem"].into_iter().filter_map(|kind| {
        let n = *numbers.get(kind)?;
        (n > 0).then(|| {
            view! {
                <a class="stat" href="/pages">
                    {kind_icon(kind)}
                    <span class="stat-number">{grouped(n)}</span>
                    <span class="muted">{name_of(if n == 1 { "kind" } else { "kinds" }, kind)}</span>
                </a>
            }
        })
    });
    view! {
        <section class="block">
            <h2 class="block-title">{t("home.writing")}</h2>
            <div class="stats">{rows.collect_view()}</div>
        </section>
    }
    .into_any()
}

fn sources() -> AnyView {
    let app = use_app();
    let state = query(app, || Some(ImportListParams {}), |changes| changes.documents.is_empty());
    (move || {
        let sources = state.get().ready()?;
        (!sources.items.is_empty()).then(|| {
            view! {
                <section class="block">
                    <h2 class="block-title">{t("home.sources")}</h2>
                    <ul class="plain rows">
                        {sources.items.iter().map(|source| view! {
                            <li class="row-line">
                                {icon("import")}
                                <span class="truncate">{source.title.clone()}</span>
                                <span class="badge">{name_of("format", &source.format)}</span>
                                <span class="grow muted small truncate mono">{source.path.clone()}</span>
                                <span class="muted small">{ago(source.imported_ms)}</span>
                            </li>
                        }).collect_view()}
                    </ul>
                </section>
            }
        })
    })
    .into_any()
}
