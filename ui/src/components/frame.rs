//! The frame around every page: rail, explorer, tabs, inspector, status bar; on phones one pane and a bottom bar.

use crate::dom::prelude::*;
use leptos::ev;

use super::explorer::Explorer;
use super::icon::icon;
use super::status::{StatusBar, SyncPopover, open_workspace};
use super::tabs::{TabStrip, title_of};
use crate::lazy::{Wanted, lazily};
use crate::state::{Action, App, DiagramRoute, Route, Sheet, Shell, troubles, use_app, use_shell};
use crate::text::{count, fill, t};

/// The frame with a page in it.
#[component]
pub fn Frame(children: ChildrenFn) -> AnyView {
    let app = use_app();
    let shell = use_shell();
    Effect::new(move |_| {
        let title = app.route.with(|route| title_of(app, route));
        document().set_title(&fill("title.window", &[("title", &title)]));
    });
    let explorer = move || shell.layout.with(|layout| layout.explorer_open);
    let inspector =
        move || shell.layout.with(|layout| layout.inspector_open) && wants_inspector(&app.route.get());
    view! {
        <div
            class="frame"
            class:no-explorer=move || !explorer()
            class:no-inspector=move || !inspector()
            style=("--explorer", move || shell.layout.with(|layout| format!("{}px", layout.explorer)))
            style=("--inspector", move || shell.layout.with(|layout| format!("{}px", layout.inspector)))
        >
            <a class="skip" href="#main" on:click=focus_main>{t("frame.skip")}</a>
            <Rail />
            <aside class="explorer" aria-label=t("frame.explorer") hidden=move || !explorer()>
                <Explorer />
                {splitter(
                    t("frame.resize_explorer"),
                    "splitter-explorer",
                    move || shell.layout.with(|layout| layout.explorer),
                    move |start, moved| shell.layout.update(|layout| layout.resize_explorer(start + moved)),
                )}
            </aside>
            <div class="center">
                <TopBar />
                <TabStrip />
                {move || banner(app)}
                <main id="main" tabindex="-1">{children()}</main>
            </div>
            <aside
                class="inspector"
                class:sheet=move || shell.sheet.get() == Some(Sheet::Inspector)
                aria-label=t("frame.inspector")
                hidden=move || !inspector() && shell.sheet.get() != Some(Sheet::Inspector)
            >
                <button class="sheet-grip" on:click=move |_| shell.sheet.set(None)>
                    <span class="sr-only">{t("frame.close_sheet")}</span>
                </button>
                {splitter(
                    t("frame.resize_inspector"),
                    "splitter-inspector",
                    move || shell.layout.with(|layout| layout.inspector),
                    move |start, moved| shell.layout.update(|layout| layout.resize_inspector(start - moved)),
                )}
                <div class="inspector-scroll">{lazily(Wanted::Inspector)}</div>
            </aside>
            <StatusBar />
            <BottomBar />
            {move || (shell.sheet.get() == Some(Sheet::More)).then(more_sheet)}
            {move || shell.sync_open.get().then(|| view! { <SyncPopover /> })}
        </div>
    }
}

/// What holds for every page: that nothing written now goes anywhere.
fn banner(app: App) -> AnyView {
    let read_only = open_workspace(app).and_then(|workspace| workspace.read_only);
    let said = app.sync.with(|status| troubles::banner(status.as_ref(), read_only.as_deref()));
    said.map(|words| {
        view! {
            <div class="banner" role="status">
                {icon("warn")}<span class="grow">{words}</span><a href="/sync">{t("trouble.what_now")}</a>
            </div>
        }
    })
    .into_any()
}

/// Pages that are about chosen elements.
fn wants_inspector(route: &Route) -> bool {
    matches!(route, Route::Element(_) | Route::Diagram(_))
}

fn focus_main(event: ev::MouseEvent) {
    use wasm_bindgen::JsCast;
    event.prevent_default();
    let main =
        document().get_element_by_id("main").and_then(|main| main.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(main) = main {
        let _ = main.focus();
    }
}

/// The places of the rail: address, icon, name, and whether a route lies there.
const PLACES: &[(&str, &str, &str)] = &[
    ("/", "home", "title.home"),
    ("/diagram", "diagram", "title.diagram"),
    ("/pages", "page", "title.pages"),
    ("/search", "search", "title.search"),
    ("/import", "import", "title.import"),
];

fn is_at(route: &Route, url: &str) -> bool {
    matches!(
        (route, url),
        (Route::Home, "/")
            | (Route::Pages | Route::Page(_), "/pages")
            | (Route::Diagram(_), "/diagram")
            | (Route::Search(_), "/search")
            | (Route::Import, "/import")
            | (Route::Settings, "/settings")
            | (Route::People, "/people")
            | (Route::Sync, "/sync")
            | (Route::Explore | Route::Element(_), "/explore")
    )
}

fn place(url: &'static str, mark: &'static str, text: &'static str) -> AnyView {
    let app = use_app();
    let current = Memo::new(move |_| app.route.with(|route| is_at(route, url)));
    view! {
        <a href=url class="place" title=t(text) aria-current=move || current.get().then_some("page")>
            {icon(mark)}
            <span class="place-name">{t(text)}</span>
            {(url == "/people").then(|| newcomers(app))}
        </a>
    }
    .into_any()
}

/// A mark while somebody waits to be let in.
fn newcomers(app: App) -> AnyView {
    (move || {
        let waiting = app.newcomers.get() as u64;
        (waiting > 0).then(|| {
            view! { <span class="place-mark"><span class="sr-only">{count("people.wait", waiting, &[])}</span></span> }
        })
    })
    .into_any()
}

#[component]
fn Rail() -> AnyView {
    let app = use_app();
    let shell = use_shell();
    view! {
        <nav class="rail" aria-label=t("frame.rail")>
            <button
                class="place"
                title=t("action.toggle_explorer")
                aria-pressed=move || if shell.layout.with(|layout| layout.explorer_open) { "true" } else { "false" }
                on:click=move |_| super::keys::perform(app, shell, Action::ToggleExplorer)
            >
                {icon("tree")}
                <span class="place-name">{t("frame.explorer")}</span>
            </button>
            {PLACES.iter().map(|(url, mark, text)| place(url, mark, text)).collect_view()}
            <span class="grow"></span>
            {place("/people", "people", "title.people")}
            {place("/sync", "sync", "title.sync")}
            {place("/settings", "settings", "title.settings")}
        </nav>
    }
}

/// The bar above a page on phones: where one is, and the inspector.
#[component]
fn TopBar() -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let title = Memo::new(move |_| app.route.with(|route| title_of(app, route)));
    let back = move |_| {
        if let Ok(history) = window().history() {
            let _ = history.back();
        }
    };
    view! {
        <header class="topbar">
            <button class="icon-button turned" aria-label=t("frame.back") on:click=back>{icon("chevron")}</button>
            <span class="grow truncate strong">{move || title.get()}</span>
            {move || wants_inspector(&app.route.get()).then(|| view! {
                <button class="icon-button" aria-label=t("frame.inspector")
                    on:click=move |_| shell.sheet.set(Some(Sheet::Inspector))>{icon("panel")}</button>
            })}
        </header>
    }
}

#[component]
fn BottomBar() -> AnyView {
    let shell = use_shell();
    view! {
        <nav class="bottom-bar" aria-label=t("frame.rail")>
            {place("/search", "search", "bar.find")}
            {place("/explore", "tree", "bar.explore")}
            {place("/diagram", "diagram", "bar.diagram")}
            {place("/pages", "page", "bar.pages")}
            <button class="place" aria-expanded=move || if shell.sheet.get() == Some(Sheet::More) { "true" } else { "false" }
                on:click=move |_| shell.sheet.update(|sheet| {
                    *sheet = if *sheet == Some(Sheet::More) { None } else { Some(Sheet::More) };
                })>
                {icon("menu")}
                <span class="place-name">{t("bar.more")}</span>
            </button>
        </nav>
    }
}

fn more_sheet() -> AnyView {
    let (app, shell) = (use_app(), use_shell());
    let actions = [
        (Action::Home, "home"),
        (Action::NewElement, "plus"),
        (Action::NewPage, "page"),
        (Action::Import, "import"),
        (Action::Undo, "undo"),
        (Action::Sync, "sync"),
        (Action::People, "people"),
        (Action::Settings, "settings"),
    ];
    view! {
        <div class="scrim" on:click=move |_| shell.sheet.set(None)></div>
        <nav class="more-sheet" aria-label=t("bar.more")>
            {actions.into_iter().map(|(action, mark)| view! {
                <button class="more-row" on:click=move |_| {
                    shell.sheet.set(None);
                    super::keys::perform(app, shell, action);
                }>{icon(mark)} {t(action.text())}</button>
            }).collect_view()}
        </nav>
    }
    .into_any()
}

/// A handle between two panes: dragged, or moved with the arrow keys.
fn splitter(
    label: &'static str,
    class: &'static str,
    width: impl Fn() -> u16 + Copy + Send + 'static,
    resize: impl Fn(i32, i32) + Copy + 'static,
) -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let start = StoredValue::new(None::<(i32, i32)>);
    let keep = move || shell.arrange(app, |_| {});
    view! {
        <div
            class=format!("splitter {class}")
            role="separator"
            aria-orientation="vertical"
            aria-label=label
            aria-valuenow=move || width().to_string()
            aria-valuemin="180"
            aria-valuemax="640"
            tabindex="0"
            on:pointerdown=move |event| {
                use wasm_bindgen::JsCast;
                event.prevent_default();
                start.set_value(Some((event.client_x(), width().into())));
                let handle = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
                if let Some(handle) = handle {
                    let _ = handle.set_pointer_capture(event.pointer_id());
                }
            }
            on:pointermove=move |event| {
                if let Some((x, width)) = start.get_value() {
                    resize(width, event.client_x() - x);
                }
            }
            on:pointerup=move |_| {
                if start.get_value().is_some() {
                    start.set_value(None);
                    keep();
                }
            }
            on:keydown=move |event| {
                let step = match event.key().as_str() {
                    "ArrowLeft" => -16,
                    "ArrowRight" => 16,
                    _ => return,
                };
                event.prevent_default();
                resize(width().into(), step);
                keep();
            }
        ></div>
    }
    .into_any()
}

/// The diagram of the workspace: the first stored one that shows everything, else one that is not stored.
pub fn main_diagram(app: App) -> Route {
    let id = app.index.with_untracked(|index| {
        let whole = index.views.iter().find(|view| view.scope.is_none());
        whole.or(index.views.first()).map(|view| view.id)
    });
    Route::Diagram(DiagramRoute { id, ..DiagramRoute::default() })
}

/// The signals of the frame, for the root.
pub fn provide(app: App) -> Shell {
    Shell::provide(app)
}
