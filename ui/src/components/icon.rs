//! The interface's own icons, drawn by us on a 16 × 16 grid as strokes, and those of the model's kinds.

use crate::dom::prelude::*;

/// Path data of an icon of the interface.
fn path(name: &str) -> &'static str {
    match name {
        "home" => "M2.5 7.5 8 3l5.5 4.5M4 6.5v7h8v-7M6.5 13.5v-4h3v4",
        "tree" => "M3 3h4v3H3zM9 10.5h4v3H9zM9 5.5h4v3H9zM5 6v6h4M5 7h4",
        "page" => "M4 2.5h5l3 3v8H4zM9 2.5v3h3M6 8.5h4M6 11h4",
        "diagram" => "M2.5 2.5h4.5v4H2.5zM9.5 9.5h4v4h-4zM4.75 6.5v5h4.75",
        "search" => "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.5 10.5l3 3",
        "import" => "M8 2.5v7.5M5 7l3 3 3-3M2.5 11v2.5h11V11",
        "sync" => "M13 7A5.2 5.2 0 0 0 3.6 5.2M3 9a5.2 5.2 0 0 0 9.4 1.8M3.2 2.5v3h3M12.8 13.5v-3h-3",
        "settings" => {
            "M3 4.5h6M12 4.5h1M3 11.5h1M7 11.5h6M10.5 6a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM5.5 13a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z"
        }
        "plus" => "M8 3v10M3 8h10",
        "close" => "M4 4l8 8M12 4l-8 8",
        "chevron" => "M6 4l4 4-4 4",
        "folder" => "M2.5 4h4l1.5 1.5h5.5v7h-11z",
        "menu" => "M3 4.5h10M3 8h10M3 11.5h10",
        "undo" => "M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M5.5 4 3 6.5 5.5 9",
        "trash" => "M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.5 9h6l.5-9M7 7v4M9 7v4",
        "link" => {
            "M7 9.5 9.5 7M6.5 6 8 4.5a2.5 2.5 0 0 1 3.5 3.5L10 9.5M9.5 10 8 11.5A2.5 2.5 0 0 1 4.5 8L6 6.5"
        }
        "out" => "M3 8h9M9 5l3 3-3 3",
        "in" => "M13 8H4M7 5 4 8l3 3",
        "warn" => "M8 2.5 14 13H2zM8 6.5v3M8 11.2v.3",
        "talk" => "M2.5 3h11v8H7l-3 2.5V11H2.5z",
        "ok" => "M3 8.5 6.5 12 13 4.5",
        "copy" => "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
        "panel" => "M2.5 3h11v10h-11zM10 3v10",
        "people" => {
            "M6 7.5a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM1.5 13c.4-2.3 2.2-3.3 4.5-3.3s4.1 1 4.5 3.3M10.5 3.3a2.2 2.2 0 0 1 0 4M12 9.9c1.4.5 2.3 1.5 2.5 3.1"
        }
        "device" => "M4.5 2h7v12h-7zM7 12h2",
        "key" => "M6 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8.2 8.2l5.3 5.3M11 11l1.5-1.5",
        "edit" => "M3 13l.5-2.5L11 3l2 2-7.5 7.5zM9.5 4.5l2 2",
        "cloud-off" => {
            "M4.5 12.5a2.9 2.9 0 0 1-.2-5.8 3.9 3.9 0 0 1 6.2-1.9M12 7.2a3 3 0 0 1-.5 5.3h-4M2.5 2.5l11 11"
        }
        "clip" => {
            "M12.5 7.5 7.6 12.4a2.8 2.8 0 0 1-4-4l5.2-5.2a1.9 1.9 0 0 1 2.7 2.7L6.4 11a.9.9 0 0 1-1.3-1.3l4.5-4.5"
        }
        "picture" => "M2.5 3h11v10h-11zM2.5 11l3.5-3.5 3 3 1.5-1.5 3 3M10.5 6.5h.01",
        "dot" => "M8 8h.01",
        "more" => "M3.5 8h.01M8 8h.01M12.5 8h.01",
        "sample" => "M8 2.5 13.5 5.5 8 8.5 2.5 5.5zM2.5 8.2 8 11.2l5.5-3M2.5 10.8 8 13.8l5.5-3",
        _ => "M3 3h10v10H3z",
    }
}

/// Draws an icon of the interface; decorative, so the words beside it must say what it means.
pub fn icon(name: &str) -> AnyView {
    drawn(path(name), "icon")
}

/// Draws the icon of an element, page or diagram kind.
pub fn kind_icon(kind: &str) -> AnyView {
    let class = match kind {
        "component" | "system" => "icon kind-component",
        "datastore" | "data_asset" => "icon kind-datastore",
        "channel" => "icon kind-channel",
        "api" => "icon kind-api",
        "actor" | "team" => "icon kind-people",
        _ => "icon kind-other",
    };
    match kind {
        "view" => drawn(path("diagram"), "icon kind-other"),
        "folder" => drawn(path("folder"), "icon kind-other"),
        "missing" => drawn(path("warn"), "icon kind-missing"),
        _ => drawn(groundplan_shared::scene::icon(kind), class),
    }
}

fn drawn(d: &'static str, class: &'static str) -> AnyView {
    view! {
        <svg class=class viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=d />
        </svg>
    }
    .into_any()
}
