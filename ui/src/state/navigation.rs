//! The bridge between the address bar and the route.

use crate::dom::prelude::*;
use leptos::ev;
use wasm_bindgen::{JsCast, JsValue};

use super::{App, Route};

/// The route of the present address.
pub(super) fn current() -> Route {
    let location = window().location();
    Route::parse(&location.pathname().unwrap_or_default(), &location.search().unwrap_or_default())
}

/// Writes a route into the address bar.
pub(super) fn write(route: &Route, replace: bool) {
    let Ok(history) = window().history() else { return };
    let url = route.url();
    // A browser refuses this only for floods of changes; the page is shown all the same.
    let _ = if replace {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&url))
    } else {
        history.push_state_with_url(&JsValue::NULL, "", Some(&url))
    };
}

/// Follows back, forward and clicks on links of this page.
pub(super) fn follow(app: App) {
    let _ = window_event_listener(ev::popstate, move |_| app.route.set(current()));
    let _ = window_event_listener(ev::click, move |event| {
        let modified = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
        if modified || event.button() != 0 || event.default_prevented() {
            return;
        }
        let Some(target) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        else {
            return;
        };
        let Ok(Some(link)) = target.closest("a[href]") else { return };
        let href = link.get_attribute("href").unwrap_or_default();
        if href.starts_with('/') && !href.starts_with("//") && !link.has_attribute("download") {
            event.prevent_default();
            let (path, query) = href.split_once('?').unwrap_or((&href, ""));
            app.go(Route::parse(path, query));
        }
    });
}
