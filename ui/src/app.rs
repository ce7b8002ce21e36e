//! The root: state, then the frame with what the address asks for.

use crate::dom::prelude::*;

use crate::components::dialogs::Dialogs;
use crate::components::frame::{self, Frame, main_diagram};
use crate::components::keys;
use crate::components::states::{failure, loading};
use crate::components::toasts::ToastList;
use crate::lazy::{Wanted, lazily};
use crate::pages::{unlock, welcome};
use crate::state::{App, DiagramRoute, Route};

/// What the main area is built for: a change of it builds the page anew, everything finer the page follows itself.
#[derive(Debug, Clone, PartialEq)]
enum Place {
    Loading,
    Failed(Box<groundplan_shared::api::ApiError>),
    /// The profile is locked or does not open.
    Shut,
    Welcome,
    In(Route),
    /// Screens that need no open workspace.
    Outside(Route),
}

/// Everything.
#[component]
pub fn Root() -> AnyView {
    let app = App::provide();
    let shell = frame::provide(app);
    keys::listen(app, shell);
    keys::follow_theme(app);
    Effect::new(move |_| {
        // "The diagram" is the stored one of the whole workspace, once it is known.
        let asked = app.route.get() == Route::Diagram(DiagramRoute::default());
        if asked && app.index.with(|index| !index.views.is_empty()) {
            app.replace(main_diagram(app));
        }
    });
    let place = Memo::new(move |_| place(app));
    // The frame stays while pages come and go.
    let around = Memo::new(move |_| match place.get() {
        Place::In(_) => Place::In(Route::Home),
        other => other,
    });
    view! {
        {move || match around.get() {
            Place::Loading => view! { <main class="alone">{loading()}</main> }.into_any(),
            Place::Failed(error) => view! {
                <main class="alone">
                    {failure(&error, Some(Callback::new(move |()| app.reload())))}
                </main>
            }.into_any(),
            Place::Shut => view! { <main class="alone"><unlock::UnlockPage /></main> }.into_any(),
            Place::Welcome => view! { <main class="alone"><welcome::WelcomePage /></main> }.into_any(),
            Place::Outside(route) => view! {
                <main class="alone"><a class="back-link" href="/">{crate::text::t("welcome.back")}</a>{page(route)}</main>
            }.into_any(),
            Place::In(_) => view! { <Frame>{move || inner(place.get())}</Frame> }.into_any(),
        }}
        <Dialogs />
        <ToastList />
    }
}

fn inner(place: Place) -> AnyView {
    match place {
        Place::In(route) => page(route),
        _ => ().into_any(),
    }
}

fn place(app: App) -> Place {
    let open = app.status.with(|status| match status {
        None => Err(Place::Loading),
        Some(Err(error)) if unlock::concerns(error) => Err(Place::Shut),
        Some(Err(error)) => Err(Place::Failed(Box::new(error.clone()))),
        Some(Ok(status)) => Ok(status.open.is_some()),
    });
    let route = app.route.get();
    match (open, route) {
        (Err(place), _) => place,
        (Ok(_), Route::Welcome) | (Ok(false), Route::Home) => Place::Welcome,
        (Ok(false), route @ (Route::Import | Route::Settings)) => Place::Outside(route),
        (Ok(false), _) => Place::Welcome,
        // The text of a search and the part of a diagram are followed within the page.
        (Ok(true), Route::Search(_)) => Place::In(Route::Search(String::new())),
        (Ok(true), Route::Diagram(_)) => Place::In(Route::Diagram(DiagramRoute::default())),
        (Ok(true), route) => Place::In(route),
    }
}

fn page(route: Route) -> AnyView {
    use crate::pages::{explore, home, unknown, welcome};
    match route {
        Route::Home => view! { <home::HomePage /> },
        Route::Welcome => view! { <welcome::WelcomePage /> },
        Route::Explore => view! { <explore::ExplorePage /> },
        Route::Unknown(_) => view! { <unknown::UnknownPage /> },
        route => lazily(Wanted::Page(route)),
    }
}
