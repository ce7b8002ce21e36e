//! The sheet of shortcuts.

use crate::dom::prelude::*;

use super::dialog::Modal;
use super::keys::is_mac;
use crate::state::actions::chord_words;
use crate::state::{Action, Route, use_app, use_shell};
use crate::text::t;

/// Keys of the explorer and of the diagram: key words and what they do.
const TREE: &[(&str, &str)] = &[
    ("\u{2191} \u{2193}", "shortcut.tree_walk"),
    ("\u{2190} \u{2192}", "shortcut.tree_open"),
    ("Enter", "shortcut.tree_enter"),
    ("Shift \u{2191} \u{2193}", "shortcut.tree_extend"),
    ("a \u{2026} z", "shortcut.tree_type"),
];
const CANVAS: &[(&str, &str)] = &[
    ("\u{2190} \u{2191} \u{2192} \u{2193}", "shortcut.canvas_walk"),
    ("Alt \u{2190} \u{2191} \u{2192} \u{2193}", "shortcut.canvas_move"),
    ("Enter", "shortcut.canvas_open"),
    ("I", "shortcut.canvas_enter"),
    ("U", "shortcut.canvas_out"),
    ("N", "shortcut.canvas_focus"),
    ("C", "shortcut.canvas_connect"),
    ("+ \u{2212}", "shortcut.canvas_zoom"),
    ("0", "shortcut.canvas_full"),
    ("F", "shortcut.canvas_fit"),
    ("O", "shortcut.canvas_outline"),
    ("Space", "shortcut.canvas_pan"),
    ("Shift", "shortcut.canvas_marquee"),
];

/// The sheet as a dialog: what this view knows stands first.
#[component]
pub fn Shortcuts() -> AnyView {
    let shell = use_shell();
    let app = use_app();
    let on_diagram = app.route.with_untracked(|route| matches!(route, Route::Diagram(_)));
    let global = Action::ALL.iter().filter_map(|action| action.chord().map(|chord| (*action, chord)));
    view! {
        <Modal title=t("action.shortcuts") on_close=Callback::new(move |()| shell.close()) class="wide">
            <div class="shortcut-columns">
                {on_diagram.then(|| table("shortcut.canvas", CANVAS))}
                <section>
                    <h3>{t("shortcut.everywhere")}</h3>
                    <dl class="shortcut-list">
                        {global.map(|(action, chord)| view! {
                            <div>
                                <dt>{t(action.text())}</dt>
                                <dd>{chord_words(chord, is_mac()).into_iter().map(|key| view! { <kbd>{key}</kbd> }).collect_view()}</dd>
                            </div>
                        }).collect_view()}
                    </dl>
                </section>
                {table("shortcut.tree", TREE)}
                {(!on_diagram).then(|| table("shortcut.canvas", CANVAS))}
            </div>
        </Modal>
    }
}

fn table(title: &'static str, rows: &'static [(&'static str, &'static str)]) -> AnyView {
    view! {
        <section>
            <h3>{t(title)}</h3>
            <dl class="shortcut-list">
                {rows.iter().map(|(keys, what)| view! {
                    <div>
                        <dt>{t(what)}</dt>
                        <dd>{keys.split(' ').map(|key| view! { <kbd>{key}</kbd> }).collect_view()}</dd>
                    </div>
                }).collect_view()}
            </dl>
        </section>
    }
    .into_any()
}
