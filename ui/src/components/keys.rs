//! Keys of the whole window, and what actions do.

use crate::dom::prelude::*;
use groundplan_shared::api::{ElementDeleteParams, ProfileLockParams, SettingsSetParams, SyncNowParams};
use groundplan_shared::model::PageKind;
use leptos::ev;
use wasm_bindgen::JsCast;

use super::files::carries_files;
use super::frame::main_diagram;
use crate::state::actions::action_of;
use crate::state::{Action, App, Dialog, Route, Shell};
use crate::text::{count, fill, t};

/// Listens to the keys of the window.
pub fn listen(app: App, shell: Shell) {
    let _ = window_event_listener(ev::keydown, move |event| {
        if event.default_prevented() || event.alt_key() || event.is_composing() {
            return;
        }
        if event.key() == "Escape" {
            shell.sheet.set(None);
            shell.sync_open.set(false);
            return;
        }
        let command = if is_mac() { event.meta_key() } else { event.ctrl_key() };
        let typing = is_typing(&event) || shell.dialog.with_untracked(Option::is_some);
        let Some(action) = action_of(&event.key(), command, event.shift_key(), typing) else { return };
        if shell.dialog.with_untracked(Option::is_some) && action != Action::Palette {
            return;
        }
        if !is_open(app) && !works_without_workspace(action) {
            return;
        }
        event.prevent_default();
        perform(app, shell, action);
    });
    // A file that is dropped beside the place for it must not replace the page.
    let refuse = |event: ev::DragEvent| {
        if carries_files(&event) {
            event.prevent_default();
        }
    };
    let _ = window_event_listener(ev::dragover, refuse);
    let _ = window_event_listener(ev::drop, refuse);
}

/// Says whether a workspace is open.
pub fn is_open(app: App) -> bool {
    app.status.with_untracked(|status| matches!(status, Some(Ok(status)) if status.open.is_some()))
}

fn works_without_workspace(action: Action) -> bool {
    matches!(action, Action::Settings | Action::Theme | Action::Workspaces | Action::Shortcuts)
}

/// Says whether this is a Mac, whose shortcuts use Cmd.
pub fn is_mac() -> bool {
    window().navigator().user_agent().is_ok_and(|agent| agent.contains("Mac OS"))
}

fn is_typing(event: &ev::KeyboardEvent) -> bool {
    // The editor lives in a shadow root: the path knows the element inside.
    let inner = event.composed_path().get(0).dyn_into::<web_sys::HtmlElement>().ok();
    inner.is_some_and(|element| {
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            || element.is_content_editable()
    })
}

/// Carries an action out.
pub fn perform(app: App, shell: Shell, action: Action) {
    let chosen = || app.selection.with_untracked(|chosen| chosen.last().copied());
    match action {
        Action::Palette => shell.dialog.update(|dialog| {
            *dialog = if *dialog == Some(Dialog::Palette) { None } else { Some(Dialog::Palette) };
        }),
        Action::Shortcuts => shell.open(Dialog::Shortcuts),
        Action::Home => app.go(Route::Home),
        Action::Diagram => app.go(main_diagram(app)),
        Action::Pages => app.go(Route::Pages),
        Action::Changes => app.go(Route::Changes),
        Action::Search => app.go(Route::Search(String::new())),
        Action::Import => app.go(Route::Import),
        Action::People => app.go(Route::People),
        Action::Invite => shell.open(Dialog::Invite),
        Action::LinkDevice => shell.open(Dialog::LinkDevice),
        Action::Settings => app.go(Route::Settings),
        Action::Workspaces => app.go(Route::Welcome),
        Action::Explorer => {
            if !shell.layout.with_untracked(|layout| layout.explorer_open) {
                shell.arrange(app, |layout| layout.explorer_open = true);
            }
            shell.focus_explorer.update(|asked| *asked += 1);
        }
        Action::NewElement => shell.open(Dialog::NewElement { kind: None, parent: None }),
        Action::NewPage => shell.open(Dialog::NewPage { kind: PageKind::Doc, about: None }),
        Action::NewRelation => match chosen() {
            Some(source) => shell.open(Dialog::NewRelation { source, target: None }),
            None => app.say(t("relation.choose_first")),
        },
        Action::Delete => delete_chosen(app),
        Action::Undo => app.undo(),
        Action::Redo => app.redo(),
        Action::ToggleExplorer => shell.arrange(app, |layout| layout.explorer_open = !layout.explorer_open),
        Action::ToggleInspector => {
            shell.arrange(app, |layout| layout.inspector_open = !layout.inspector_open)
        }
        Action::Sync => shell.sync_open.update(|open| *open = !*open),
        Action::SyncNow => sync_now(app),
        Action::Theme => toggle_theme(app),
        Action::Lock => lock(app),
        Action::CloseTab => {
            let shown = app.route.get_untracked();
            let mut next = None;
            shell.tabs.update(|tabs| {
                if let Some(at) = tabs.at(&shown) {
                    next = tabs.close(at, &shown);
                }
            });
            if let Some(route) = next {
                app.go(route);
            }
        }
    }
}

/// Deletes the chosen elements, with an offer to take it back.
pub fn delete_chosen(app: App) {
    let ids = app.selection.get_untracked();
    if ids.is_empty() {
        return;
    }
    let number = ids.len() as u64;
    let name = app.index.with_untracked(|index| index.name(ids[0]).unwrap_or_default().to_owned());
    app.run(ElementDeleteParams { ids: ids.clone() }, move |_| {
        app.forget(&ids);
        app.undoable(if number == 1 {
            fill("deleted.what", &[("name", &name)])
        } else {
            count("element.deleted", number, &[])
        });
    });
}

/// Synchronises; the status bar shows how far it is.
pub fn sync_now(app: App) {
    app.run(SyncNowParams::default(), move |status| app.sync.set(Some(status)));
}

/// Closes everything until it is unlocked.
pub fn lock(app: App) {
    app.run(ProfileLockParams {}, move |_| app.reload());
}

fn toggle_theme(app: App) {
    let dark = document().document_element().and_then(|root| root.get_attribute("data-theme"));
    let theme = if dark.as_deref() == Some("dark") { "light" } else { "dark" };
    set_theme(app, theme);
}

/// Changes the theme and keeps it.
pub fn set_theme(app: App, theme: &str) {
    let theme = Some(theme.to_owned());
    app.run(SettingsSetParams { theme, ..SettingsSetParams::default() }, move |settings| {
        app.settings.set(Some(settings));
    });
}

/// Shows the theme of the settings, following the system where they say so.
pub fn follow_theme(app: App) {
    let system_dark = window().match_media("(prefers-color-scheme: dark)").ok().flatten();
    let changed = RwSignal::new(0_u32);
    if let Some(query) = &system_dark {
        let closure = wasm_bindgen::prelude::Closure::<dyn Fn()>::new(move || changed.update(|n| *n += 1));
        query.set_onchange(Some(closure.as_ref().unchecked_ref()));
        closure.forget();
    }
    let system_dark = StoredValue::new_local(system_dark);
    Effect::new(move |_| {
        changed.track();
        let theme = app.settings.with(|settings| settings.as_ref().map(|settings| settings.theme.clone()));
        let dark = match theme.as_deref() {
            Some("dark") => true,
            Some("light") => false,
            _ => system_dark.with_value(|query| query.as_ref().is_some_and(web_sys::MediaQueryList::matches)),
        };
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-theme", if dark { "dark" } else { "light" });
        }
    });
}
