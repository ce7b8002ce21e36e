//! All pages, by kind and by what their titles and paths contain.

use crate::dom::prelude::*;
use groundplan_shared::model::PageKind;

use crate::components::icon::{icon, kind_icon};
use crate::components::states::{empty, failure, loading};
use crate::state::{Dialog, Route, use_app, use_shell};
use crate::text::{count, name_of, t};

/// The most rows drawn; the filter finds the rest.
const SHOWN: usize = 500;

/// The list.
#[component]
pub fn PagesPage() -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let kind = RwSignal::new(None::<PageKind>);
    let filter = RwSignal::new(String::new());
    let found = Memo::new(move |_| {
        let wanted = filter.get().to_lowercase();
        app.index.with(|index| {
            index
                .pages
                .iter()
                .filter(|page| kind.get().is_none_or(|kind| page.kind == kind))
                .filter(|page| {
                    page.title.to_lowercase().contains(&wanted) || page.path.to_lowercase().contains(&wanted)
                })
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    let add = move |_| {
        shell.open(Dialog::NewPage { kind: kind.get_untracked().unwrap_or(PageKind::Doc), about: None })
    };
    let chip = move |own: Option<PageKind>| {
        let text = own.map_or_else(|| t("pages.all").to_owned(), |kind| name_of("kinds", kind.as_str()));
        view! {
            <button class="segment" aria-pressed=move || if kind.get() == own { "true" } else { "false" }
                on:click=move |_| kind.set(own)>{text}</button>
        }
    };
    view! {
        <div class="page">
            <header class="page-head title-line">
                <h1 class="grow">{t("title.pages")}</h1>
                <button class="button primary" on:click=add>{icon("plus")} {t("action.new_page")}</button>
            </header>
            {move || match app.indexed.get() {
                None => loading(),
                Some(Err(error)) => failure(&error, Some(Callback::new(move |()| app.reload()))),
                Some(Ok(())) if app.index.with(|index| index.pages.is_empty()) => empty(
                    "page",
                    t("pages.empty"),
                    t("pages.empty_text"),
                    view! { <a class="button" href="/import">{icon("import")} {t("action.import")}</a> }.into_any(),
                ),
                Some(Ok(())) => view! {
                    <div class="toolbar">
                        <div class="segments" role="group" aria-label=t("field.kind")>
                            {chip(None)}
                            {PageKind::ALL.iter().map(|kind| chip(Some(*kind))).collect_view()}
                        </div>
                        <label class="filter grow">
                            {icon("search")}<span class="sr-only">{t("pages.filter")}</span>
                            <input type="search" autocomplete="off" placeholder=t("pages.filter")
                                on:input=move |event| filter.set(event_target_value(&event)) />
                        </label>
                    </div>
                    <p class="muted small" role="status">{move || count("pages.found", found.with(Vec::len) as u64, &[])}</p>
                    <ul class="plain rows">
                        {move || found.get().into_iter().take(SHOWN).map(|page| view! {
                            <li class="row-line">
                                {kind_icon(page.kind.as_str())}
                                <a class="truncate" href=Route::Page(page.id).url()>{page.title}</a>
                                <span class="grow muted small mono truncate">{page.path}</span>
                                <span class="muted small">{name_of("kind", page.kind.as_str())}</span>
                            </li>
                        }).collect_view()}
                    </ul>
                }.into_any(),
            }}
        </div>
    }
}
