//! The root: state, then the frame with what the address asks for.

use leptos::prelude::*;

use crate::pages;
use crate::state::{App, Route};

/// Everything.
#[component]
pub fn Root() -> impl IntoView {
    let app = App::provide();
    view! { <main>{move || page(app.route.get())}</main> }
}

fn page(route: Route) -> AnyView {
    match route {
        Route::Diagram(_) => pages::diagram::DiagramPage().into_any(),
        _ => ().into_any(),
    }
}
