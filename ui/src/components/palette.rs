//! The palette: actions by a few letters, and hits from the whole workspace.

use crate::dom::prelude::*;
use groundplan_shared::api::{SearchHit, SearchParams};
use leptos::html;

use super::dialog::Modal;
use super::icon::{icon, kind_icon};
use super::keys::{is_mac, perform};
use crate::state::actions::chord_words;
use crate::state::{Action, Route, palette, use_app, use_shell};
use crate::text::{now_ms, t};
use crate::transport::{decode, encode};

/// Actions shown above the hits while something is typed.
const ACTIONS_SHOWN: usize = 5;
/// Hits asked for.
const HITS: u32 = 20;
/// How long after the list changed a press of a pointer that rests means what stood there before: nobody reacts sooner.
const AIMED_MS: u64 = 300;

#[derive(Debug, Clone, PartialEq)]
enum Entry {
    Action(Action),
    Hit(SearchHit),
    Everything(String),
}

/// The palette as a dialog.
#[component]
pub fn Palette() -> AnyView {
    let app = use_app();
    let shell = use_shell();
    let typed = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let node = NodeRef::<html::Input>::new();
    // The hits, and the text that they are for.
    let hits = RwSignal::new((String::new(), Vec::<SearchHit>::new()));
    // Enter was pressed before the hits for the text were here.
    let waiting = RwSignal::new(false);
    Effect::new(move |_| {
        let text = typed.get();
        if text.trim().is_empty() {
            return hits.set((text, Vec::new()));
        }
        let params = encode(&SearchParams { text: text.clone(), limit: HITS });
        let done = move |answer| {
            if typed.try_with_untracked(|now| *now == text) == Some(true) {
                let found = decode::<SearchParams>(answer).map(|results| results.hits).unwrap_or_default();
                hits.set((text, found));
            }
        };
        app.ask_then("search/query", params, Box::new(done));
    });
    let entries = Memo::new(move |_| {
        let text = typed.get();
        let actions = palette::rank(&text, Action::ALL.iter().copied(), |action| t(action.text()).to_owned());
        let mut out: Vec<Entry> =
            actions.into_iter().filter(|action| *action != Action::Palette).map(Entry::Action).collect();
        if text.trim().is_empty() {
            return out;
        }
        out.truncate(ACTIONS_SHOWN);
        // Names come before actions: most of the time one looks for a thing.
        // The hits of the letters before stay until the new ones are here.
        let mut found: Vec<Entry> = hits.with(|(_, hits)| hits.iter().cloned().map(Entry::Hit).collect());
        found.append(&mut out);
        found.push(Entry::Everything(text));
        found
    });
    let run = move |entry: Entry| {
        shell.close();
        match entry {
            Entry::Action(action) => perform(app, shell, action),
            Entry::Hit(hit) => app.go(Route::to_document(&hit.item.document, hit.item.id)),
            Entry::Everything(text) => app.go(Route::Search(text)),
        }
    };
    let enter = move || {
        // What is shown may still be for the letters before: then the choice is made when the right list is here.
        let current = typed.with_untracked(|text| hits.with_untracked(|(of, _)| of == text));
        waiting.set(!current);
        if current && let Some(entry) = entries.with_untracked(|all| all.get(at.get_untracked()).cloned()) {
            run(entry);
        }
    };
    Effect::new(move |_| {
        hits.track();
        if waiting.get_untracked() {
            enter();
        }
    });
    let keydown = move |event: leptos::ev::KeyboardEvent| {
        let total = entries.with_untracked(Vec::len);
        let step = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => total.saturating_sub(1),
            "Enter" => {
                event.prevent_default();
                return enter();
            }
            _ => return,
        };
        event.prevent_default();
        if total > 0 {
            at.update(|at| *at = (*at + step) % total);
            let id = format!("palette-{}", at.get_untracked());
            if let Some(element) = document().get_element_by_id(&id) {
                let options = web_sys::ScrollIntoViewOptions::new();
                options.set_block(web_sys::ScrollLogicalPosition::Nearest);
                element.scroll_into_view_with_scroll_into_view_options(&options);
            }
        }
    };
    // What stood there before the list changed last, and when that was; whether the pointer has moved since.
    let before = StoredValue::new((Vec::<Entry>::new(), 0_u64));
    let moved = StoredValue::new(true);
    Effect::new(move |shown: Option<Vec<Entry>>| {
        let now = entries.get();
        if let Some(shown) = shown {
            before.set_value((shown, now_ms()));
            moved.set_value(false);
        }
        now
    });
    let aimed = move |place: usize, entry: &Entry| {
        let rests = !moved.get_value();
        before.with_value(|(entries, changed)| {
            let just_now = now_ms().saturating_sub(*changed) < AIMED_MS;
            if rests && just_now { entries.get(place).cloned() } else { Some(entry.clone()) }
        })
    };
    let busy = move || typed.with(|text| hits.with(|(of, _)| of != text));
    let close = Callback::new(move |()| shell.close());
    view! {
        <Modal title=t("action.palette") on_close=close class="palette" bare=true>
            <label class="palette-field">
                {icon("search")}
                <span class="sr-only">{t("palette.placeholder")}</span>
                <input
                    node_ref=node
                    type="text"
                    role="combobox"
                    autofocus
                    autocomplete="off"
                    spellcheck="false"
                    aria-expanded="true"
                    aria-controls="palette-list"
                    aria-autocomplete="list"
                    aria-activedescendant=move || format!("palette-{}", at.get())
                    placeholder=t("palette.placeholder")
                    on:input=move |event| {
                        typed.set(event_target_value(&event));
                        at.set(0);
                        waiting.set(false);
                    }
                    on:keydown=keydown
                />
            </label>
            <ul class="palette-list plain" id="palette-list" role="listbox" aria-label=t("palette.results")
                aria-busy=move || if busy() { "true" } else { "false" }>
                {move || entries.get().into_iter().enumerate().map(|(place, entry)| {
                    let (chosen, pressed) = (entry.clone(), entry.clone());
                    view! {
                        <li
                            id=format!("palette-{place}")
                            class="option"
                            role="option"
                            aria-selected=move || if at.get() == place { "true" } else { "false" }
                            on:mousemove=move |event: leptos::ev::MouseEvent| {
                                // Browsers also tell of a pointer that rests when something else comes to lie under it.
                                if event.movement_x() != 0 || event.movement_y() != 0 { moved.set_value(true) }
                                if at.get_untracked() != place { at.set(place) }
                            }
                            // Not at the end of a click: meanwhile the list may be drawn anew, and the click would be lost.
                            on:mousedown=move |event: leptos::ev::MouseEvent| if event.button() == 0 {
                                event.prevent_default();
                                if let Some(entry) = aimed(place, &pressed) { run(entry) }
                            }
                            // Only what no pointer makes: a screen reader's.
                            on:click=move |event: leptos::ev::MouseEvent| if event.detail() == 0 { run(chosen.clone()) }
                        >
                            {draw(&entry)}
                        </li>
                    }
                }).collect_view()}
            </ul>
        </Modal>
    }
}

fn draw(entry: &Entry) -> AnyView {
    match entry {
        Entry::Action(action) => {
            let keys = action.chord().map(|chord| chord_words(chord, is_mac())).unwrap_or_default();
            view! {
                {icon("out")}
                <span class="grow truncate">{t(action.text())}</span>
                <span class="keys">{keys.into_iter().map(|key| view! { <kbd>{key}</kbd> }).collect_view()}</span>
            }
            .into_any()
        }
        Entry::Hit(hit) => view! {
            {kind_icon(&hit.item.kind)}
            <span class="truncate">{hit.item.name.clone()}</span>
            <span class="grow muted small truncate">{hit.context.clone()}</span>
            <span class="muted small">{crate::text::name_of("kind", &hit.item.kind)}</span>
        }
        .into_any(),
        Entry::Everything(text) => view! {
            {icon("search")}
            <span class="grow truncate">{crate::text::fill("palette.everything", &[("text", text)])}</span>
        }
        .into_any(),
    }
}
