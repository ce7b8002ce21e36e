//! Makes elements of a view, by its program, and says what has to be kept for later changes.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::{RenderEffect, document};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, Node};

use super::{AnyView, Hear, Hole, Listener, Read, Value, keyed, patch};
use crate::text::t;

const SVG: &str = "http://www.w3.org/2000/svg";

/// The operations of a program that are told apart here; the numbers are those of `groundplan-view`. What is not
/// listed is a hole that says itself what it is, or content as HTML.
pub mod op {
    pub const HTML: u8 = 1;
    pub const SVG: u8 = 2;
    pub const END: u8 = 3;
    pub const NAME: u8 = 4;
    pub const VALUE: u8 = 5;
    pub const TEXT: u8 = 6;
    pub const WORDS: u8 = 8;
    pub const SAID: u8 = 11;
    pub const ATTRIBUTE: u8 = 14;
    pub const PROPERTY: u8 = 15;
    pub const CLASS: u8 = 16;
    pub const STYLE: u8 = 17;
}

/// A view on the page. It stands as long as this is kept.
pub enum State {
    /// A mark where nothing is, or a text, with what it says.
    Leaf(Node, Option<std::borrow::Cow<'static, str>>),
    /// An element, the program that made it, and what is in its holes.
    Element(Element, &'static str, Vec<Filled>),
    /// Several, and a mark after the last.
    Many(Vec<State>, Node),
    /// One that follows signals.
    Following(RenderEffect<State>),
    /// Rows.
    Keyed(keyed::Rows),
}

/// What an element calls with an event; another, or none, may take its place.
pub type Listening = Rc<RefCell<Option<Called>>>;

/// Something that can be called and replaced meanwhile.
type Called = Rc<dyn Hear>;

/// What is in a hole.
pub enum Filled {
    /// A value of an element, of which kind and under which name.
    Value(Place, Value),
    /// One that follows signals.
    Following(Place, RenderEffect<Value>),
    /// A listener, which can be replaced; none once its element is gone.
    Listener(Listening),
    /// A reference to the element.
    Reference(Element),
    /// A child.
    Child(State),
}

/// Where a value belongs.
#[derive(Clone)]
pub struct Place {
    element: Element,
    op: u8,
    name: &'static str,
}

/// Builds a view at the end of a parent.
pub fn build(view: AnyView, parent: &Node) -> State {
    match view {
        AnyView::Empty => State::Leaf(mark(parent), None),
        AnyView::Text(text) => {
            State::Leaf(append(parent, document().create_text_node(&text).into()), Some(text))
        }
        AnyView::Element(program, holes) => element(program, holes, parent),
        AnyView::Many(views) => {
            let states = views.into_iter().map(|view| build(view, parent)).collect();
            State::Many(states, mark(parent))
        }
        AnyView::Following(view) => {
            let parent = parent.clone();
            State::Following(RenderEffect::new(move |before: Option<State>| match before {
                None => build(view.make(), &parent),
                Some(mut state) => {
                    patch::patch(&mut state, view.make());
                    state
                }
            }))
        }
        AnyView::Keyed(source) => State::Keyed(keyed::build(source, parent)),
    }
}

/// Something invisible to find a place again.
pub fn mark(parent: &Node) -> Node {
    append(parent, document().create_comment("").into())
}

fn append(parent: &Node, child: Node) -> Node {
    // Fails only where a node would come to stand in itself.
    let _ = parent.append_child(&child);
    child
}

/// The next operation of a program and its text.
fn step(program: &mut &'static str) -> Option<(u8, &'static str)> {
    let op = *program.as_bytes().first()?;
    let (_, rest) = program.split_at(1);
    let end = rest.bytes().position(|byte| byte < 32 && byte != b'\n' && byte != b'\t').unwrap_or(rest.len());
    let (word, rest) = rest.split_at(end);
    *program = rest;
    Some((op, word))
}

fn element(whole: &'static str, holes: Vec<Hole>, parent: &Node) -> State {
    let mut program = whole;
    let mut holes = holes.into_iter();
    let mut filled = Vec::with_capacity(holes.len());
    let mut open: Vec<Element> = Vec::new();
    let mut name = "";
    while let Some((op, word)) = step(&mut program) {
        match op {
            op::HTML | op::SVG => open.push(create(op, word)),
            op::END => {
                let Some(done) = open.pop() else { break };
                match open.last() {
                    Some(around) => {
                        let _ = around.append_child(&done);
                    }
                    None => {
                        let _ = parent.append_child(&done);
                        return State::Element(done, whole, filled);
                    }
                }
            }
            op::NAME => name = word,
            _ => {
                let Some(element) = open.last() else { break };
                match op {
                    op::VALUE => {
                        let _ = element.set_attribute(name, word);
                    }
                    op::SAID => {
                        let _ = element.set_attribute(name, t(word));
                    }
                    op::TEXT => {
                        append(element, document().create_text_node(word).into());
                    }
                    op::WORDS => {
                        append(element, document().create_text_node(t(word)).into());
                    }
                    _ => {
                        let Some(hole) = holes.next() else { break };
                        filled.push(fill(Place { element: element.clone(), op, name: word }, hole));
                    }
                }
            }
        }
    }
    unreachable!("invariant: `view!` writes whole programs with a hole for every mention of one")
}

fn create(op: u8, name: &str) -> Element {
    let document = document();
    let element = if op == op::SVG {
        document.create_element_ns(Some(SVG), name)
    } else {
        document.create_element(name)
    };
    element.expect("invariant: names of elements are literals that the browser knows")
}

fn fill(place: Place, hole: Hole) -> Filled {
    match hole {
        Hole::Value(value) => {
            place.set(&value, &Value::Absent);
            Filled::Value(place, value)
        }
        Hole::Following(value) => {
            let effect = follow(place.clone(), value, None);
            Filled::Following(place, effect)
        }
        Hole::Listener(listener) => listen(&place, listener),
        Hole::Reference(take) => {
            take.take(&place.element);
            Filled::Reference(place.element)
        }
        Hole::Child(view) => Filled::Child(build(view, &place.element)),
    }
}

/// Keeps a value up to date.
pub fn follow(place: Place, value: Box<dyn Read>, before: Option<Value>) -> RenderEffect<Value> {
    RenderEffect::new_with_value(
        move |before| {
            let now = value.read();
            place.set(&now, &before.unwrap_or(Value::Absent));
            now
        },
        before,
    )
}

fn listen(place: &Place, listener: Listener) -> Filled {
    let current = Rc::new(RefCell::new(Some(Called::from(listener))));
    let called = current.clone();
    let closure = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        // Not borrowed while it runs: it may change what is on the page, and with it itself.
        let listener = called.borrow().clone();
        if let Some(listener) = listener {
            listener.hear(event);
        }
    });
    // The browser keeps the closure as long as the element.
    let function = closure.into_js_value();
    let _ = place.element.add_event_listener_with_callback(place.name, function.unchecked_ref());
    Filled::Listener(current)
}

impl Place {
    /// Sets a value where it differs from what was there before.
    pub fn set(&self, value: &Value, before: &Value) {
        if value == before {
            return;
        }
        // None of these fails for names that are literals of ours.
        let _ = match self.op {
            op::ATTRIBUTE => match value {
                Value::Absent | Value::Flag(false) => self.element.remove_attribute(self.name),
                Value::Flag(true) => self.element.set_attribute(self.name, ""),
                Value::Text(text) => self.element.set_attribute(self.name, text),
            },
            op::PROPERTY => {
                let value = match value {
                    Value::Absent => JsValue::NULL,
                    Value::Flag(flag) => JsValue::from_bool(*flag),
                    Value::Text(text) => JsValue::from_str(text),
                };
                js_sys::Reflect::set(&self.element, &JsValue::from_str(self.name), &value).map(|_| ())
            }
            op::CLASS => {
                let classes = self.element.class_list();
                if *value == Value::Flag(true) {
                    classes.add_1(self.name)
                } else {
                    classes.remove_1(self.name)
                }
            }
            op::STYLE => {
                let style = self.element.unchecked_ref::<HtmlElement>().style();
                match value {
                    Value::Text(text) => style.set_property(self.name, text),
                    _ => style.remove_property(self.name).map(|_| ()),
                }
            }
            _ => {
                if let Value::Text(html) = value {
                    self.element.set_inner_html(html);
                }
                Ok(())
            }
        };
    }
}
