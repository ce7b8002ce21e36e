//! What a first visit does without: pages, dialogs and the inspector are a module of their own, loaded as soon as the
//! first screen stands, or earlier if somebody asks for one of them.
//!
//! Everything that only `rest` reaches goes into that module (`groundplan-bindgen` splits it off). Not here: what is
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

/// A view of the second module. Something quiet stands there until it has arrived.
pub fn lazily(wanted: Wanted) -> AnyView {
    let stands = RwSignal::new(None::<bool>);
    // A dialog has no place of its own before it is there.
    let is_dialog = matches!(wanted, Wanted::Dialog(_) | Wanted::Around);
    let made = Rc::new(RefCell::new(AnyView::Empty));
    let kept = made.clone();
    spawn_local(ScopedFuture::new_untracked(async move {
        let view = rest(wanted).await;
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

/// Fetches the second module ahead of need.
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

#[wasm_split(rest, preload(load), fallible)]
fn rest(wanted: Wanted) -> Result<AnyView, SplitLoaderError> {
    Ok(match wanted {
        Wanted::Page(route) => page(route),
        Wanted::Dialog(dialog) => dialogs::draw(dialog),
        Wanted::Inspector => view! { <inspector::Inspector /> },
        Wanted::Around => around::around(),
    })
}

fn page(route: Route) -> AnyView {
    use crate::pages::{
        changes, diagram, element, import, page, page_list, past, people, search, settings, sync, unknown,
    };
    match route {
        Route::Element(id) => view! { <element::ElementPage id=id /> },
        Route::Pages => view! { <page_list::PagesPage /> },
        Route::Page(id) => view! { <page::TextPage id=id /> },
        Route::Diagram(_) => view! { <diagram::DiagramPage /> },
        Route::Search(_) => view! { <search::SearchPage /> },
        Route::Import => view! { <import::ImportPage /> },
        Route::People => view! { <people::PeoplePage /> },
        Route::Changes => changes::changes_page(),
        Route::Past => past::past_page(),
        Route::Sync => view! { <sync::SyncPage /> },
        Route::Settings => view! { <settings::SettingsPage /> },
        Route::Home | Route::Welcome | Route::Explore | Route::Unknown(_) => {
            view! { <unknown::UnknownPage /> }
        }
    }
}
