//! What a first visit does without. Elements, texts and the inspector are a module of their own, loaded as soon as the first
//! screen stands, or earlier if somebody asks for one of them. Diagrams are another, and members, settings,
//! synchronisation, import and most dialogs a third: loaded when somebody asks for one of them.
//!
//! Everything that only one of `rest`, `canvas` and `seldom` reaches goes into its module (`groundplan-bindgen` splits them
//! off); what two of them share is a chunk that comes with either. Not here: what is
//! shown first, which is the frame, the explorer, the home page and the welcome.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::reactive::computed::ScopedFuture;
use leptos::task::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use crate::components::states::{failure, loading};
use crate::components::{around, dialogs, inspector};
use crate::dom::prelude::*;
use crate::state::{Dialog, Route};
use crate::text::t;

/// What can be asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// A page that is not shown first.
    Page(Route),
    /// A dialog.
    Dialog(Dialog),
    /// The panel beside elements.
    Inspector,
    /// What the status bar says of others.
    Around,
}

/// A view of another module. Something quiet stands there until it has arrived.
pub fn lazily(wanted: Wanted) -> AnyView {
    let stands = RwSignal::new(None::<bool>);
    // A dialog has no place of its own before it is there.
    let is_dialog = matches!(wanted, Wanted::Dialog(_) | Wanted::Around);
    let made = Rc::new(RefCell::new(AnyView::Empty));
    let kept = made.clone();
    spawn_local(ScopedFuture::new_untracked(async move {
        let view = match &wanted {
            Wanted::Page(Route::Diagram(_)) => canvas().await,
            _ if is_seldom(&wanted) => seldom(wanted).await,
            _ => rest(wanted).await,
        };
        let arrived = view.is_ok();
        if let Ok(view) = view {
            kept.replace(view);
        }
        // The place may be gone by then.
        let _ = stands.try_set(Some(arrived));
    }));
    (move || match stands.get() {
        None if is_dialog => AnyView::Empty,
        None => loading(),
        Some(true) => made.replace(AnyView::Empty),
        Some(false) => missing(),
    })
    .into_any()
}

/// Fetches the module that most visits need ahead of need.
pub fn fetch() {
    spawn_local(async {
        // Whoever needs it asks again, and says what is wrong.
        let _ = load().await;
    });
}

fn missing() -> AnyView {
    use groundplan_shared::api::{ApiError, ErrorCode};
    let error = ApiError::new(ErrorCode::Offline, t("error.core_gone"), t("error.core_gone_hint"));
    let again = Callback::new(|()| {
        let _ = window().location().reload();
    });
    failure(&error, Some(again))
}

/// What most visits do without: it is fetched when it is asked for, not ahead.
fn is_seldom(wanted: &Wanted) -> bool {
    match wanted {
        Wanted::Page(route) => matches!(
            route,
            Route::Import | Route::People | Route::Changes | Route::Past | Route::Sync | Route::Settings
        ),
        Wanted::Dialog(dialog) => dialogs::is_seldom(dialog),
        Wanted::Inspector | Wanted::Around => false,
    }
}

#[wasm_split(rest, preload(load), fallible)]
fn rest(wanted: Wanted) -> Result<AnyView, SplitLoaderError> {
    Ok(match wanted {
        Wanted::Page(route) => page(route),
        Wanted::Dialog(dialog) => dialogs::often(dialog),
        Wanted::Inspector => view! { <inspector::Inspector /> },
        Wanted::Around => around::around(),
    })
}

fn page(route: Route) -> AnyView {
    use crate::pages::{element, page, page_list, search, unknown};
    match route {
        Route::Element(id) => view! { <element::ElementPage id=id /> },
        Route::Pages => view! { <page_list::PagesPage /> },
        Route::Page(id) => view! { <page::TextPage id=id /> },
        Route::Search(_) => view! { <search::SearchPage /> },
        _ => view! { <unknown::UnknownPage /> },
    }
}

#[wasm_split(canvas, fallible)]
fn canvas() -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <crate::pages::diagram::DiagramPage /> })
}

#[wasm_split(seldom, fallible)]
fn seldom(wanted: Wanted) -> Result<AnyView, SplitLoaderError> {
    use crate::pages::{changes, import, past, people, settings, sync};
    Ok(match wanted {
        Wanted::Page(Route::Import) => view! { <import::ImportPage /> },
        Wanted::Page(Route::People) => view! { <people::PeoplePage /> },
        Wanted::Page(Route::Changes) => changes::changes_page(),
        Wanted::Page(Route::Past) => past::past_page(),
        Wanted::Page(Route::Sync) => view! { <sync::SyncPage /> },
        Wanted::Page(Route::Settings) => view! { <settings::SettingsPage /> },
        Wanted::Dialog(dialog) => dialogs::seldom(dialog),
        // Those are in the other module.
        Wanted::Page(_) | Wanted::Inspector | Wanted::Around => AnyView::Empty,
    })
}
