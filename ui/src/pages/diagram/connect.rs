//! Relating two elements: choose the other one, and the kind of relation where several make sense.

use crate::dom::prelude::*;
use groundplan_shared::model::{DocumentId, ElementKind, RelationKind};
use leptos::ev;
use leptos::html;

use super::state::{Canvas, Connecting};
use super::toolbar::kind_glyph;
use crate::canvas::relate;
use crate::text::{fill, name_of};

/// How many elements the list offers.
const OFFERED: usize = 40;

/// Asks what to relate the selected element to.
pub(super) fn start(canvas: Canvas) {
    if let Some(source) = canvas.single() {
        canvas.connecting.set(Some(Connecting { source, target: None }));
    }
}

/// An element that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Choice {
    id: DocumentId,
    kind: ElementKind,
    name: String,
}

/// Elements that a relation may lead to, those whose name begins with the text first.
fn choices(canvas: Canvas, source: DocumentId, kind: ElementKind, text: &str) -> Vec<Choice> {
    let text = text.trim().to_lowercase();
    canvas.app.index.with(|index| {
        let mut found: Vec<(bool, Choice)> = index
            .elements
            .iter()
            .filter(|element| element.id != source && !relate::kinds(kind, element.kind).is_empty())
            .filter_map(|element| {
                let at = element.name.to_lowercase().find(&text)?;
                Some((at > 0, Choice { id: element.id, kind: element.kind, name: element.name.clone() }))
            })
            .collect();
        crate::state::order::by_key(&mut found, |(inside, _)| *inside);
        found.into_iter().take(OFFERED).map(|(_, choice)| choice).collect()
    })
}

/// The picker, while a relation is being made.
#[component]
pub(super) fn Connect(canvas: Canvas) -> AnyView {
    (move || {
        let connecting = canvas.connecting.get()?;
        let source: DocumentId = connecting.source.parse().ok()?;
        let (kind, name) = canvas.app.index.with_untracked(|index| {
            index.element(source).map(|element| (element.kind, element.name.clone()))
        })?;
        let target: Option<DocumentId> = connecting.target.and_then(|id| id.parse().ok());
        Some(view! { <Picker canvas=canvas source=source kind=kind name=name target=target /> })
    })
    .into_any()
}

#[component]
fn Picker(
    canvas: Canvas,
    source: DocumentId,
    kind: ElementKind,
    name: String,
    target: Option<DocumentId>,
) -> AnyView {
    let text = RwSignal::new(String::new());
    let place = RwSignal::new(0_usize);
    let chosen = RwSignal::new(target);
    let field = NodeRef::<html::Input>::new();
    let list = Memo::new(move |_| choices(canvas, source, kind, &text.get()));
    let close = move || {
        canvas.connecting.set(None);
        if let Some(node) = canvas.node.get_untracked() {
            // Without the focus the canvas still works with the pointer.
            let _ = node.focus();
        }
    };
    let relate_to = move |choice: DocumentId, relation: RelationKind| {
        close();
        canvas.relate(relation, source, choice);
    };
    let pick = move |choice: &Choice| match relate::kinds(kind, choice.kind).as_slice() {
        [only] => relate_to(choice.id, *only),
        _ => chosen.set(Some(choice.id)),
    };
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            let _ = field.focus();
        }
    });
    let key = move |event: ev::KeyboardEvent| {
        let length = list.with_untracked(Vec::len);
        match event.key().as_str() {
            "Escape" => close(),
            "ArrowDown" if length > 0 => place.update(|place| *place = (*place + 1) % length),
            "ArrowUp" if length > 0 => place.update(|place| *place = (*place + length - 1) % length),
            "Enter" if chosen.get_untracked().is_none() => {
                let choice = list.with_untracked(|list| list.get(place.get_untracked()).cloned());
                if let Some(choice) = choice {
                    pick(&choice);
                }
            }
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let rows = move || {
        list.get()
            .into_iter()
            .enumerate()
            .map(|(number, choice)| {
                let row = choice.clone();
                view! {
                    <li
                        role="option"
                        id=format!("connect-{number}")
                        aria-selected=move || if place.get() == number { "true" } else { "false" }
                        on:pointerdown=move |event| {
                            event.prevent_default();
                            pick(&row);
                        }
                    >
                        {kind_glyph(choice.kind.as_str())}
                        <span class="truncate grow">{choice.name}</span>
                        <span class="canvas-list-detail">{name_of("kind", choice.kind.as_str())}</span>
                    </li>
                }
            })
            .collect_view()
    };
    let heading = fill("diagram.connect_from", &[("name", &name)]);
    view! {
        <div class="canvas-picker canvas-popover" role="dialog" aria-label=heading.clone() on:keydown=key>
            <p class="canvas-picker-head">{heading.clone()}</p>
            <Show
                when=move || chosen.get().is_none()
                fallback=move || kinds(canvas, kind, chosen, relate_to)
            >
                <input
                    type="text"
                    node_ref=field
                    role="combobox"
                    aria-expanded="true"
                    aria-controls="connect-list"
                    aria-activedescendant=move || format!("connect-{}", place.get())
                    aria-label=t("diagram.connect_to")
                    placeholder=t("diagram.connect_to")
                    on:input=move |event| {
                        place.set(0);
                        text.set(event_target_value(&event));
                    }
                    on:blur=move |_| {
                        if chosen.get_untracked().is_none() {
                            canvas.connecting.set(None);
                        }
                    }
                />
                <ul class="plain canvas-list" id="connect-list" role="listbox" aria-label=t("diagram.connect_to")>
                    {rows}
                </ul>
                <Show when=move || list.with(Vec::is_empty)>
                    <p class="canvas-picker-none">{t("diagram.connect_none")}</p>
                </Show>
            </Show>
        </div>
    }
}

/// The kinds that make sense between the two, as buttons.
fn kinds(
    canvas: Canvas,
    kind: ElementKind,
    chosen: RwSignal<Option<DocumentId>>,
    relate_to: impl Fn(DocumentId, RelationKind) + Copy + 'static,
) -> AnyView {
    let Some(target) = chosen.get() else { return ().into_any() };
    let element = canvas.app.index.with_untracked(|index| index.element(target).cloned());
    let Some(element) = element else { return ().into_any() };
    let kinds = relate::kinds(kind, element.kind);
    if kinds.is_empty() {
        return view! { <p class="canvas-picker-none">{t("diagram.connect_never")}</p> }.into_any();
    }
    let buttons = kinds
        .into_iter()
        .enumerate()
        .map(|(number, relation)| {
            view! {
                <li>
                    <button type="button" autofocus=number == 0 on:click=move |_| relate_to(target, relation)>
                        <span>{name_of("relation", relation.as_str())}</span>
                        <span class="truncate canvas-list-detail">{element.name.clone()}</span>
                    </button>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="plain canvas-list canvas-kinds">{buttons}</ul> }.into_any()
}
