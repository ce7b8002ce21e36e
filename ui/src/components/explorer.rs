//! The tree of everything in the workspace. Draws only the rows in sight, whatever their number; one focus stop,
//! the keys of `state::tree_keys`.

use std::collections::HashSet;
use std::sync::Arc;

use crate::dom::prelude::*;
use groundplan_shared::model::DocumentId;
use groundplan_shared::scene::number;
use leptos::html;

use super::icon::{icon, kind_icon};
use super::states;
use crate::state::tree::{self, Group, Key, Node, Row};
use crate::state::tree_keys::{TreeMove, tree_move, type_ahead};
use crate::state::{DiagramRoute, Dialog, Index, Route, use_app, use_shell};
use crate::text::{count, name_of, now_ms, t};

/// How long letters typed one after the other count as one text.
const TYPE_AHEAD_MS: u64 = 700;

/// The tree with its filter.
#[component]
pub fn Explorer() -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let filter = RwSignal::new(String::new());
    let field = NodeRef::<html::Input>::new();
    Effect::new(move |before: Option<u32>| {
        let asked = shell.focus_explorer.get();
        if before.is_some_and(|before| before != asked)
            && let Some(input) = field.get_untracked()
        {
            let _ = input.focus();
            input.select();
        }
        asked
    });
    let add = move |_| shell.open(Dialog::NewElement { kind: None, parent: None });
    // The outline is enough to stand, and goes over into the lists where it stands.
    let standing = Memo::new(move |_| {
        let outlined = || app.index.with(|index| index.outline.is_some()).then_some(Ok(()));
        app.indexed.get().or_else(outlined)
    });
    view! {
        <div class="explorer-head">
            <label class="filter">
                {icon("search")}
                <span class="sr-only">{t("explorer.filter")}</span>
                <input
                    node_ref=field
                    type="search"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder=t("explorer.filter")
                    prop:value=move || filter.get()
                    on:input=move |event| filter.set(event_target_value(&event))
                    on:keydown=move |event| {
                        if event.key() == "Escape" && !filter.with_untracked(String::is_empty) {
                            event.stop_propagation();
                            filter.set(String::new());
                        }
                    }
                />
            </label>
            <button class="icon-button" aria-label=t("action.new_element") title=t("action.new_element") on:click=add>
                {icon("plus")}
            </button>
        </div>
        {move || match standing.get() {
            None => states::loading(),
            Some(Err(error)) => states::failure(&error, Some(Callback::new(move |()| app.reload()))),
            Some(Ok(())) => view! { <Tree filter=filter /> }.into_any(),
        }}
    }
}

#[component]
fn Tree(filter: RwSignal<String>) -> AnyView {
    let app = use_app();
    let node = NodeRef::<html::Div>::new();
    let open = RwSignal::new(HashSet::<Key>::new());
    let cursor = RwSignal::new(None::<Key>);
    let scroll = RwSignal::new((0.0_f64, 800.0_f64));
    let typed = StoredValue::new((String::new(), 0_u64));
    let rows = Memo::new(move |_| {
        app.index
            .with(|index| open.with(|open| filter.with(|filter| Arc::new(tree::rows(index, open, filter)))))
    });
    // A small workspace shows itself; a large one shows its first level.
    Effect::new(move |done: Option<bool>| {
        if done == Some(true) {
            return true;
        }
        app.index.with(|index| {
            let some = !index.elements.is_empty() && index.outline.is_none();
            if some && index.elements.len() <= 80 {
                let parents = index.elements.iter().filter_map(|element| element.parent).map(Key::Document);
                open.update(|open| open.extend(parents));
            }
            some
        })
    });
    // What the address shows becomes the cursor, and its ancestors open.
    let outlined = Memo::new(move |_| app.index.with(|index| index.outline.is_some()));
    Effect::new(move |before: Option<bool>| {
        let outlined = outlined.get();
        let Some(id) = app.route.with(Route::document) else { return outlined };
        let key = Key::Document(id);
        let moved = cursor.with_untracked(|cursor| cursor.as_ref() != Some(&key));
        if moved || before == Some(true) && !outlined {
            app.index.with_untracked(|index| reveal(index, id, open));
        }
        if moved {
            cursor.set(Some(key));
        }
        outlined
    });
    let row_px = row_height_px;
    let at = Memo::new(move |_| {
        let cursor = cursor.get()?;
        rows.with(|rows| app.index.with(|index| rows.iter().position(|row| row.key(index) == cursor)))
    });
    let measure = move || {
        // The next frame, or a resize, may come after the tree is gone.
        if let Some(tree) = node.try_get_untracked().flatten() {
            let _ = scroll.try_set((f64::from(tree.scroll_top()), f64::from(tree.client_height())));
        }
    };
    Effect::new(move |_| {
        if node.get().is_some() {
            request_animation_frame(measure);
        }
    });
    let resized = window_event_listener(leptos::ev::resize, move |_| measure());
    on_cleanup(move || resized.remove());
    let bring_into_sight = move |row: usize| {
        let Some(tree) = node.get_untracked() else { return };
        let (row_px, top, height) = (row_px(), f64::from(tree.scroll_top()), f64::from(tree.client_height()));
        #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
        let y = row as f64 * row_px;
        #[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
        if y < top {
            tree.set_scroll_top(y as i32);
        } else if y + row_px > top + height {
            tree.set_scroll_top((y + row_px - height).ceil() as i32);
        }
    };
    Effect::new(move |_| {
        if let Some(row) = at.get() {
            bring_into_sight(row);
        }
    });
    let toggle = move |row: &Row, show: bool| {
        let key = app.index.with_untracked(|index| row.key(index));
        // Of headings, the closed ones are remembered.
        let remember = show != matches!(key, Key::Group(_));
        open.update(|open| {
            if remember {
                open.insert(key);
            } else {
                open.remove(&key);
            }
        });
    };
    let enter = move |row: &Row, deep: bool| {
        if matches!(row.node, Node::Group(_) | Node::Folder(_)) {
            toggle(row, !row.open);
            return;
        }
        let Some(route) = app.index.with_untracked(|index| route_of(row, index)) else { return };
        let on_diagram = app.route.with_untracked(|route| matches!(route, Route::Diagram(_)));
        match route {
            // Beside a diagram a click chooses; going there takes a second one.
            Route::Element(id) if on_diagram && !deep => app.selection.set(vec![id]),
            route => app.go(route),
        }
    };
    let choose = move |row: &Row, add: bool| {
        let Some(id) = app.index.with_untracked(|index| element_of(row, index)) else { return };
        app.selection.update(|chosen| {
            if add && chosen.contains(&id) {
                chosen.retain(|other| *other != id);
            } else if add {
                chosen.push(id);
            } else {
                *chosen = vec![id];
            }
        });
    };
    let point_at = move |row: &Row| cursor.set(Some(app.index.with_untracked(|index| row.key(index))));
    let keydown = move |event: leptos::ev::KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let all = rows.get_untracked();
        let here = at.get_untracked().unwrap_or(0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a screenful of rows")]
        let page = (scroll.get_untracked().1 / row_px().max(1.0)) as usize;
        let key = event.key();
        if let Some(step) = tree_move(&key, event.shift_key(), &all, here, page.max(1)) {
            event.prevent_default();
            event.stop_propagation();
            match step {
                TreeMove::To(to) => point_at(&all[to]),
                TreeMove::Extend(to) => {
                    choose(
                        &all[here],
                        app.selection.with_untracked(|chosen| !chosen.is_empty())
                            && !is_chosen(app, &all[here]),
                    );
                    point_at(&all[to]);
                    if !is_chosen(app, &all[to]) {
                        choose(&all[to], true);
                    }
                }
                TreeMove::Open(at) => toggle(&all[at], true),
                TreeMove::Close(at) => toggle(&all[at], false),
                TreeMove::Enter(at) => enter(&all[at], true),
                TreeMove::Toggle(at) => choose(&all[at], true),
            }
        } else if key.chars().count() == 1 {
            let now = now_ms();
            let text = typed.with_value(|(text, when)| {
                if now.saturating_sub(*when) < TYPE_AHEAD_MS { format!("{text}{key}") } else { key.clone() }
            });
            typed.set_value((text.clone(), now));
            let found = app
                .index
                .with_untracked(|index| type_ahead(&text, here, all.len(), |row| all[row].name(index)));
            if let Some(found) = found {
                event.prevent_default();
                event.stop_propagation();
                point_at(&all[found]);
            }
        }
    };
    let visible = Memo::new(move |_| {
        let (top, height) = scroll.get();
        tree::window(top, height, row_px(), rows.with(|rows| rows.len()))
    });
    let drawn = move || {
        let range = visible.get();
        rows.with(|rows| {
            app.index.with(|index| {
                range
                    .filter_map(|place| rows.get(place).map(|row| (place, row.key(index), row.clone())))
                    .collect::<Vec<_>>()
            })
        })
    };
    #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
    let px = move |rows: usize| format!("{}px", number(rows as f64 * row_px()));
    let nothing = move || rows.with(|rows| rows.is_empty());
    view! {
        <div
            node_ref=node
            class="tree"
            role="tree"
            tabindex="0"
            aria-label=t("explorer.tree")
            aria-multiselectable="true"
            aria-activedescendant=move || at.get().filter(|at| visible.get().contains(at)).map(|at| format!("row-{at}"))
            on:keydown=keydown
            on:scroll=move |_| measure()
            on:focus=move |_| {
                if cursor.with_untracked(Option::is_none)
                    && let Some(first) = rows.with_untracked(|rows| rows.first().cloned())
                {
                    point_at(&first);
                }
            }
        >
            <div class="tree-room" role="presentation" style:height=move || px(rows.with(|rows| rows.len()))>
                <div class="tree-rows" role="presentation" style:transform=move || format!("translateY({})", px(visible.get().start))>
                    <For
                        each=drawn
                        key=|(place, key, row)| (*place, key.clone(), row.open, row.parts, row.depth)
                        children=move |(place, key, row)| {
                            let line = Line { place, key, row: Arc::new(row) };
                            draw_row(&line, at, move |row, add| {
                                point_at(row);
                                if add { choose(row, true) } else { choose(row, false); enter(row, false) }
                            }, move |row| enter(row, true), move |row| toggle(row, !row.open))
                        }
                    />
                </div>
            </div>
        </div>
        {move || nothing().then(|| view! { <p class="muted pad">{t("explorer.nothing")}</p> })}
        <p class="sr-only" role="status">
            {move || filter.with(|filter| !filter.is_empty()).then(|| {
                let found = rows.with(|rows| rows.iter().filter(|row| !matches!(row.node, Node::Group(_))).count());
                count("explorer.found", found as u64, &[])
            })}
        </p>
    }
}

struct Line {
    place: usize,
    key: Key,
    row: Arc<Row>,
}

fn draw_row(
    line: &Line,
    at: Memo<Option<usize>>,
    on_press: impl Fn(&Row, bool) + 'static,
    on_enter: impl Fn(&Row) + 'static,
    on_toggle: impl Fn(&Row) + 'static,
) -> AnyView {
    let app = use_app();
    let Line { place, key, row } = line;
    let place = *place;
    let id = match key {
        Key::Document(id) => Some(*id),
        _ => None,
    };
    let chosen = Memo::new(move |_| id.is_some_and(|id| app.selection.with(|chosen| chosen.contains(&id))));
    let shown = Memo::new(move |_| id.is_some() && app.route.with(Route::document) == id);
    let unread = Memo::new(move |_| id.is_some_and(|id| app.unread.with(|unread| unread.contains(&id))));
    let depth = row.depth;
    let heading = matches!(row.node, Node::Group(_));
    let (pressed, entered, toggled) = (row.clone(), row.clone(), row.clone());
    let expandable = row.parts > 0;
    let open = row.open;
    let parts = row.parts;
    let what = row.clone();
    view! {
        <div
            id=format!("row-{place}")
            class="tree-row"
            class:heading=heading
            class:chosen=move || chosen.get()
            class:cursor=move || at.get() == Some(place)
            class:shown=move || shown.get()
            role="treeitem"
            attr:aria-level=(depth + 1).to_string()
            aria-expanded=expandable.then_some(if open { "true" } else { "false" })
            aria-selected=move || if chosen.get() || shown.get() { "true" } else { "false" }
            aria-posinset=(row.position > 0).then(|| row.position.to_string())
            aria-setsize=(row.siblings > 0).then(|| row.siblings.to_string())
            style:padding-left=format!("{}px", 6 + 14 * u32::from(depth.saturating_sub(1)))
            on:click=move |event| on_press(&pressed, event.ctrl_key() || event.meta_key() || event.shift_key())
            on:dblclick=move |_| {
                if !matches!(entered.node, Node::Group(_) | Node::Folder(_)) {
                    on_enter(&entered);
                }
            }
        >
            <span
                class="twist"
                class:open=open
                class:none=!expandable
                on:click=move |event| {
                    event.stop_propagation();
                    on_toggle(&toggled);
                }
            >
                {icon("chevron")}
            </span>
            {app.index.with_untracked(|index| row_icon(&what, index))}
            <span class="truncate">{move || app.index.with(|index| row_name(&what, index))}</span>
            {move || unread.get().then(|| view! { <span class="unread-mark" role="img" aria-label=t("changes.unread")></span> })}
            {heading.then(|| view! { <span class="count">{crate::text::grouped(parts as u64)}</span> })}
        </div>
    }
    .into_any()
}

fn row_icon(row: &Row, index: &Index) -> Option<AnyView> {
    match &row.node {
        Node::Group(_) => None,
        Node::Folder(_) => Some(kind_icon("folder")),
        Node::View(_) => Some(kind_icon("view")),
        Node::Element(place) => index.elements.get(*place).map(|element| kind_icon(element.kind.as_str())),
        Node::Page(place) => index.pages.get(*place).map(|page| kind_icon(page.kind.as_str())),
    }
}

fn row_name(row: &Row, index: &Index) -> String {
    match &row.node {
        Node::Group(Group::Views) => t("explorer.views").to_owned(),
        Node::Group(Group::Elements) => t("explorer.elements").to_owned(),
        Node::Group(Group::Pages) => name_of("kinds", "doc"),
        _ => row.name(index).to_owned(),
    }
}

fn element_of(row: &Row, index: &Index) -> Option<DocumentId> {
    match &row.node {
        Node::Element(place) => index.elements.get(*place).map(|element| element.id),
        _ => None,
    }
}

fn is_chosen(app: crate::state::App, row: &Row) -> bool {
    app.index
        .with_untracked(|index| element_of(row, index))
        .is_some_and(|id| app.selection.with_untracked(|chosen| chosen.contains(&id)))
}

fn route_of(row: &Row, index: &Index) -> Option<Route> {
    match &row.node {
        Node::Element(place) => index.elements.get(*place).map(|element| Route::Element(element.id)),
        Node::Page(place) => index.pages.get(*place).map(|page| Route::Page(page.id)),
        Node::View(place) => index
            .views
            .get(*place)
            .map(|view| Route::Diagram(DiagramRoute { id: Some(view.id), ..DiagramRoute::default() })),
        Node::Group(_) | Node::Folder(_) => None,
    }
}

fn reveal(index: &Index, id: DocumentId, open: RwSignal<HashSet<Key>>) {
    let mut ancestors = Vec::new();
    let mut at = index.element(id).and_then(|element| element.parent);
    while let Some(parent) = at.filter(|_| ancestors.len() < 64) {
        ancestors.push(Key::Document(parent));
        at = index.element(parent).and_then(|element| element.parent);
    }
    if let Some(page) = index.page(id) {
        let mut path = String::new();
        let mut parts: Vec<&str> = page.path.split('/').collect();
        parts.pop();
        for part in parts {
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(part);
            ancestors.push(Key::Folder(path.clone()));
        }
    }
    if ancestors.iter().any(|key| open.with_untracked(|open| !open.contains(key))) {
        open.update(|open| open.extend(ancestors));
    }
}

/// The height of a row, as the style sheet says.
fn row_height_px() -> f64 {
    let touch = window()
        .match_media("(max-width: 719px), (pointer: coarse)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches());
    if touch { 44.0 } else { 28.0 }
}
