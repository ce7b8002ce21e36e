//! The open things as a strip of links. A tab in passing (italic) is used again by the next step until it is
//! pinned.

use crate::dom::prelude::*;

use super::icon::{icon, kind_icon};
use crate::state::{App, Route, use_app, use_shell};
use crate::text::{fill, t};

/// The strip.
#[component]
pub fn TabStrip() -> AnyView {
    let app = use_app();
    let shell = use_shell();
    // Tabs of things that are gone close by themselves.
    Effect::new(move |_| {
        app.index.track();
        if app.indexed.with(|indexed| !matches!(indexed, Some(Ok(())))) {
            return;
        }
        let shown = app.route.get_untracked();
        shell.tabs.update(|tabs| tabs.retain(|route| *route == shown || exists(app, route)));
    });
    let items = move || shell.tabs.with(|tabs| tabs.items().iter().cloned().enumerate().collect::<Vec<_>>());
    let close = move |at: usize| {
        let mut next = None;
        let shown = app.route.get_untracked();
        shell.tabs.update(|tabs| next = tabs.close(at, &shown));
        if let Some(route) = next {
            app.go(route);
        }
    };
    view! {
        <nav class="tabs" aria-label=t("tabs.label") hidden=move || shell.tabs.with(|tabs| tabs.items().is_empty())>
            <ul class="plain">
                <For each=items key=|(at, tab)| (*at, tab.clone()) let:item>
                    {
                        let (at, tab) = item;
                        let route = tab.route.clone();
                        let current = Memo::new(move |_| {
                            shell.tabs.with(|tabs| app.route.with(|route| tabs.at(route))) == Some(at)
                        });
                        let (mark, title) = (tab_icon(app, &route), route.clone());
                        let name = Memo::new(move |_| title_of(app, &title));
                        view! {
                            <li class="tab" class:current=move || current.get() class:passing=!tab.pinned
                                on:dblclick=move |_| shell.tabs.update(|tabs| tabs.pin(at, true))
                                on:auxclick=move |event| if event.button() == 1 { close(at) }
                            >
                                <a href=route.url() aria-current=move || current.get().then_some("page")>
                                    {mark}
                                    <span class="truncate">{move || name.get()}</span>
                                </a>
                                <button class="tab-close" aria-label=move || fill("tabs.close", &[("name", &name.get())])
                                    on:click=move |_| close(at)>{icon("close")}</button>
                            </li>
                        }
                    }
                </For>
            </ul>
        </nav>
    }
}

fn exists(app: App, route: &Route) -> bool {
    app.index.with_untracked(|index| match route.document() {
        Some(id) => index.name(id).is_some(),
        None => true,
    })
}

fn tab_icon(app: App, route: &Route) -> AnyView {
    app.index.with_untracked(|index| match route {
        Route::Element(id) => {
            kind_icon(index.element(*id).map_or("component", |element| element.kind.as_str()))
        }
        Route::Page(id) => kind_icon(index.page(*id).map_or("doc", |page| page.kind.as_str())),
        Route::Diagram(_) => icon("diagram"),
        Route::Search(_) => icon("search"),
        Route::Import => icon("import"),
        Route::People => icon("people"),
        Route::Changes => icon("talk"),
        Route::Past => icon("undo"),
        Route::Sync => icon("sync"),
        Route::Settings => icon("settings"),
        _ => icon("page"),
    })
}

/// What a place is called: in tabs and in the window's title.
pub fn title_of(app: App, route: &Route) -> String {
    let named = |id| app.index.with(|index| index.name(id).map(str::to_owned));
    match route {
        Route::Element(id) | Route::Page(id) => named(*id).unwrap_or_else(|| t("title.loading").to_owned()),
        Route::Diagram(diagram) => diagram
            .id
            .or(diagram.scope)
            .or(diagram.focus)
            .and_then(named)
            .unwrap_or_else(|| t("title.diagram").to_owned()),
        Route::Search(text) if text.is_empty() => t("title.search").to_owned(),
        Route::Search(text) => fill("title.search_for", &[("text", text)]),
        Route::Home => t("title.home").to_owned(),
        Route::Welcome => t("title.welcome").to_owned(),
        Route::Explore => t("title.explore").to_owned(),
        Route::Pages => t("title.pages").to_owned(),
        Route::Import => t("title.import").to_owned(),
        Route::People => t("title.people").to_owned(),
        Route::Changes => t("title.changes").to_owned(),
        Route::Past => t("title.past").to_owned(),
        Route::Sync => t("title.sync").to_owned(),
        Route::Settings => t("title.settings").to_owned(),
        Route::Unknown(_) => t("title.unknown").to_owned(),
    }
}
