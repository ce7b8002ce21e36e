//! A combobox that finds one of many by name (WAI-ARIA editable combobox with list autocomplete).

use crate::dom::prelude::*;
use leptos::html;

use super::icon::kind_icon;
use crate::state::palette;

/// How many choices are shown at once.
const SHOWN: usize = 40;

/// One choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is handed back.
    pub value: String,
    /// What is read and searched.
    pub label: String,
    /// What tells it from others of the same name.
    pub hint: String,
    /// The kind whose icon is shown.
    pub kind: String,
}

/// A field with a list below it.
#[component]
pub fn Picker(
    /// The id of the field, unique on the page.
    id: &'static str,
    /// The accessible name.
    #[prop(into)]
    label: String,
    /// What can be chosen.
    #[prop(into)]
    choices: Signal<Vec<Choice>>,
    /// The chosen value.
    #[prop(into)]
    value: Signal<Option<String>>,
    /// Called with the choice; none takes the value away.
    on_pick: Callback<Option<String>>,
    /// Shown while nothing is chosen.
    #[prop(optional, into)]
    placeholder: String,
    /// Whether nothing may be chosen.
    #[prop(optional)]
    clearable: bool,
    /// Whether it takes the focus at once.
    #[prop(optional)]
    autofocus: bool,
    /// Further classes.
    #[prop(optional)]
    class: &'static str,
) -> AnyView {
    let node = NodeRef::<html::Input>::new();
    let typed = RwSignal::new(None::<String>);
    let open = RwSignal::new(false);
    let at = RwSignal::new(0_usize);
    let shown = Memo::new(move |_| {
        let typed = typed.get().unwrap_or_default();
        let found = choices.with(|all| palette::rank(&typed, all.clone(), |choice| choice.label.clone()));
        found.into_iter().take(SHOWN).collect::<Vec<_>>()
    });
    let chosen_label = move || {
        value.get().and_then(|value| {
            choices.with(|all| {
                all.iter().find(|choice| choice.value == value).map(|choice| choice.label.clone())
            })
        })
    };
    let close = move || {
        open.set(false);
        typed.set(None);
        at.set(0);
    };
    let pick = move |value: Option<String>| {
        close();
        on_pick.run(value);
    };
    let keydown = move |event: leptos::ev::KeyboardEvent| {
        let total = shown.with_untracked(Vec::len);
        match event.key().as_str() {
            "ArrowDown" => {
                event.prevent_default();
                if open.get_untracked() && total > 0 {
                    at.update(|at| *at = (*at + 1) % total);
                }
                open.set(true);
            }
            "ArrowUp" if total > 0 => {
                event.prevent_default();
                at.update(|at| *at = (*at + total - 1) % total);
            }
            "Enter" if open.get_untracked() => {
                event.prevent_default();
                if let Some(choice) = shown.with_untracked(|all| all.get(at.get_untracked()).cloned()) {
                    pick(Some(choice.value));
                } else if clearable && typed.get_untracked().is_some_and(|text| text.is_empty()) {
                    pick(None);
                }
            }
            "Escape" if open.get_untracked() => {
                event.prevent_default();
                event.stop_propagation();
                close();
            }
            _ => {}
        }
    };
    let blur = move |_| {
        // An emptied field means "none".
        if clearable
            && typed.get_untracked().is_some_and(|text| text.trim().is_empty())
            && value.get_untracked().is_some()
        {
            pick(None);
        } else {
            close();
        }
    };
    let list_id = format!("{id}-list");
    let listed = list_id.clone();
    view! {
        <span class=format!("picker {class}")>
            <input
                node_ref=node
                id=id
                class="inline"
                type="text"
                autofocus=autofocus
                role="combobox"
                autocomplete="off"
                spellcheck="false"
                aria-label=label.clone()
                aria-autocomplete="list"
                aria-expanded=move || if open.get() { "true" } else { "false" }
                aria-controls=listed
                aria-activedescendant=move || {
                    (open.get() && shown.with(|all| !all.is_empty())).then(|| format!("{id}-{}", at.get()))
                }
                placeholder=placeholder
                prop:value=move || typed.get().or_else(chosen_label).unwrap_or_default()
                on:input=move |event| {
                    typed.set(Some(event_target_value(&event)));
                    at.set(0);
                    open.set(true);
                }
                on:focus=move |_| {
                    if let Some(input) = node.get_untracked() {
                        input.select();
                    }
                }
                on:click=move |_| open.set(true)
                on:keydown=keydown
                on:blur=blur
            />
            <ul class="picker-list plain" id=list_id role="listbox" aria-label=label hidden=move || !open.get()>
                {move || shown.get().into_iter().enumerate().map(|(place, choice)| {
                    let value = choice.value.clone();
                    view! {
                        <li
                            id=format!("{id}-{place}")
                            role="option"
                            class="option"
                            aria-selected=move || if at.get() == place { "true" } else { "false" }
                            on:mousedown=move |event| {
                                event.prevent_default();
                                pick(Some(value.clone()));
                            }
                        >
                            {kind_icon(&choice.kind)}
                            <span class="truncate">{choice.label}</span>
                            <span class="muted small truncate">{choice.hint}</span>
                        </li>
                    }
                }).collect_view()}
                {move || shown.with(Vec::is_empty).then(|| view! {
                    <li class="option muted" role="option" aria-selected="false" aria-disabled="true">{t("picker.none")}</li>
                })}
            </ul>
        </span>
    }
}
