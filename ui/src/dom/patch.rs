//! Makes what stands on the page into what should stand there: in place where both come from the same markup, by
//! replacing otherwise.

use std::rc::Rc;

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Node, Text};

use super::build::{Filled, State, build, follow};
use super::{AnyView, Hole};

/// Makes a state show another view.
pub fn patch(state: &mut State, view: AnyView) {
    match (&mut *state, view) {
        (State::Leaf(_, None), AnyView::Empty) => {}
        (State::Leaf(node, Some(before)), AnyView::Text(now)) => {
            if *before != now {
                node.unchecked_ref::<Text>().set_data(&now);
                *before = now;
            }
        }
        (State::Element(_, before, filled), AnyView::Element(now, holes)) if std::ptr::eq(*before, now) => {
            for (filled, hole) in filled.iter_mut().zip(holes) {
                refill(filled, hole);
            }
        }
        (State::Many(states, mark), AnyView::Many(views)) => several(states, views, mark),
        (_, view) => replace(state, view),
    }
}

fn replace(state: &mut State, view: AnyView) {
    let (new, fragment) = apart(view);
    first(state, &mut |old| put(&fragment, old));
    remove(std::mem::replace(state, new));
}

/// Builds a view that is nowhere yet.
pub fn apart(view: AnyView) -> (State, Node) {
    let fragment: Node = document().create_document_fragment().into();
    (build(view, &fragment), fragment)
}

/// Puts nodes before another, if that is on the page.
pub fn put(nodes: &Node, before: &Node) {
    if let Some(parent) = before.parent_node() {
        // Fails only where a node would come to stand in itself.
        let _ = parent.insert_before(nodes, Some(before));
    }
}

fn several(states: &mut Vec<State>, views: Vec<AnyView>, mark: &Node) {
    for gone in states.drain(views.len().min(states.len())..) {
        remove(gone);
    }
    let mut views = views.into_iter();
    for (state, view) in states.iter_mut().zip(views.by_ref()) {
        patch(state, view);
    }
    for view in views {
        let (state, fragment) = apart(view);
        put(&fragment, mark);
        states.push(state);
    }
}

fn refill(filled: &mut Filled, hole: Hole) {
    match (filled, hole) {
        (Filled::Value(place, before), Hole::Value(now)) => {
            place.set(&now, before);
            *before = now;
        }
        (Filled::Following(place, effect), Hole::Following(value)) => {
            *effect = follow(place.clone(), value, effect.take_value());
        }
        (Filled::Listener(current), Hole::Listener(listener)) => {
            *current.borrow_mut() = Some(Rc::from(listener))
        }
        (Filled::Reference(element), Hole::Reference(take)) => take.take(element),
        (Filled::Child(state), Hole::Child(view)) => patch(state, view),
        // The same place can be given a value one time and a closure the other.
        (filled @ Filled::Value(..), Hole::Following(value)) => {
            if let Filled::Value(place, before) = filled {
                *filled =
                    Filled::Following(place.clone(), follow(place.clone(), value, Some(before.clone())));
            }
        }
        (filled @ Filled::Following(..), Hole::Value(now)) => {
            if let Filled::Following(place, effect) = filled {
                let before = effect.take_value();
                place.set(&now, &before.unwrap_or(super::Value::Absent));
                *filled = Filled::Value(place.clone(), now);
            }
        }
        _ => {}
    }
}

/// Calls with the first node of what stands there; there always is one.
pub fn first(state: &State, call: &mut dyn FnMut(&Node)) {
    match state {
        State::Leaf(node, _) => call(node),
        State::Element(element, ..) => call(element),
        State::Many(states, mark) => match states.first() {
            Some(state) => first(state, call),
            None => call(mark),
        },
        State::Following(effect) => {
            effect.with_value_mut(|state| first(state, call));
        }
        State::Keyed(rows) => rows.first(call),
    }
}

/// Calls with every outermost node of what stands there, in order.
pub fn each(state: &State, call: &mut dyn FnMut(&Node)) {
    match state {
        State::Leaf(node, _) => call(node),
        State::Element(element, ..) => call(element),
        State::Many(states, mark) => {
            states.iter().for_each(|state| each(state, call));
            call(mark);
        }
        State::Following(effect) => {
            effect.with_value_mut(|state| each(state, call));
        }
        State::Keyed(rows) => rows.each(call),
    }
}

/// Takes it off the page. An event that is on its way finds nobody listening any more: what a listener reads may be
/// gone, and the event may be one that taking off itself causes.
pub fn remove(state: State) {
    hush(&state);
    each(&state, &mut |node| {
        if let Some(parent) = node.parent_node() {
            let _ = parent.remove_child(node);
        }
    });
    discard(state);
}

fn hush(state: &State) {
    match state {
        State::Leaf(..) => {}
        State::Element(_, _, filled) => {
            for filled in filled {
                match filled {
                    Filled::Listener(current) => *current.borrow_mut() = None,
                    Filled::Child(state) => hush(state),
                    Filled::Value(..) | Filled::Following(..) | Filled::Reference(_) => {}
                }
            }
        }
        State::Many(states, _) => states.iter().for_each(hush),
        State::Following(effect) => {
            effect.with_value_mut(|state| hush(state));
        }
        State::Keyed(rows) => rows.states(&mut hush),
    }
}

/// Ends every effect now. Left to itself, what an effect keeps goes only at the next turn.
fn discard(state: State) {
    match state {
        State::Leaf(..) => {}
        State::Element(_, _, filled) => {
            for filled in filled {
                if let Filled::Child(state) = filled {
                    discard(state);
                }
            }
        }
        State::Many(states, _) => states.into_iter().for_each(discard),
        State::Following(effect) => {
            if let Some(state) = effect.take_value() {
                discard(state);
            }
        }
        State::Keyed(rows) => rows.end().into_iter().for_each(discard),
    }
}
