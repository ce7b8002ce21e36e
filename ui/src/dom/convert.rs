//! What may stand in markup, turned into the few kinds of views, holes and values. Everything here is small on
//! purpose: it is compiled once for every type and every closure.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::rc::Rc;

use leptos::ev::EventDescriptor;
use leptos::tachys::html::element::ElementType;
use leptos::tachys::html::node_ref::NodeRefContainer;
use wasm_bindgen::JsCast;
use wasm_bindgen::convert::FromWasmAbi;

use super::{AnyView, Hear, Hole, Take, Value};
use crate::state::signal::Memo;

/// Content that a component is given.
pub type Children = Box<dyn FnOnce() -> AnyView>;
/// Content that a component may show several times.
pub type ChildrenFn = Rc<dyn Fn() -> AnyView>;

/// What can be shown.
pub trait IntoView {
    /// Makes a view of it.
    fn into_any(self) -> AnyView;
}

impl IntoView for AnyView {
    fn into_any(self) -> AnyView {
        self
    }
}

impl IntoView for () {
    fn into_any(self) -> AnyView {
        AnyView::Empty
    }
}

impl IntoView for &'static str {
    fn into_any(self) -> AnyView {
        AnyView::Text(Cow::Borrowed(self))
    }
}

impl IntoView for String {
    fn into_any(self) -> AnyView {
        AnyView::Text(Cow::Owned(self))
    }
}

impl IntoView for usize {
    fn into_any(self) -> AnyView {
        AnyView::Text(Cow::Owned(self.to_string()))
    }
}

impl<T: IntoView> IntoView for Option<T> {
    fn into_any(self) -> AnyView {
        self.map_or(AnyView::Empty, IntoView::into_any)
    }
}

impl<T: IntoView> IntoView for Vec<T> {
    fn into_any(self) -> AnyView {
        AnyView::Many(self.into_iter().map(IntoView::into_any).collect())
    }
}

impl<F, V> IntoView for F
where
    F: Fn() -> V + 'static,
    V: IntoView,
{
    fn into_any(self) -> AnyView {
        AnyView::Following(Box::new(self))
    }
}

/// Any number of views as one.
pub trait CollectView {
    /// Makes one view of all.
    fn collect_view(self) -> AnyView;
}

impl<I> CollectView for I
where
    I: Iterator,
    I::Item: IntoView,
{
    fn collect_view(self) -> AnyView {
        AnyView::Many(self.map(IntoView::into_any).collect())
    }
}

/// What can be a value.
pub trait IntoValue {
    /// Makes a value of it.
    fn into_value(self) -> Value;
}

impl IntoValue for bool {
    fn into_value(self) -> Value {
        Value::Flag(self)
    }
}

impl IntoValue for &'static str {
    fn into_value(self) -> Value {
        Value::Text(Cow::Borrowed(self))
    }
}

impl IntoValue for String {
    fn into_value(self) -> Value {
        Value::Text(Cow::Owned(self))
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Absent, IntoValue::into_value)
    }
}

/// What can be given to an attribute: a value, or a closure that follows signals.
pub trait IntoHole {
    /// Makes a hole's content of it.
    fn into_hole(self) -> Hole;
}

macro_rules! fixed {
    ($($of:ty),*) => { $(
        impl IntoHole for $of {
            fn into_hole(self) -> Hole {
                Hole::Value(self.into_value())
            }
        }
    )* };
}
fixed!(bool, &'static str, String);

impl<T: IntoValue> IntoHole for Option<T> {
    fn into_hole(self) -> Hole {
        Hole::Value(self.into_value())
    }
}

impl<F, V> IntoHole for F
where
    F: Fn() -> V + 'static,
    V: IntoValue,
{
    fn into_hole(self) -> Hole {
        Hole::Following(Box::new(self))
    }
}

/// A listener to an event of this kind.
pub fn on<E>(_: E, listener: impl Fn(E::EventType) + 'static) -> Hole
where
    E: EventDescriptor,
    E::EventType: JsCast + FromWasmAbi + 'static,
{
    Hole::Listener(Box::new(Hearing(listener, PhantomData)))
}

struct Hearing<F, T>(F, PhantomData<fn(T)>);

impl<F: Fn(T), T: JsCast> Hear for Hearing<F, T> {
    fn hear(&self, event: web_sys::Event) {
        (self.0)(event.unchecked_into());
    }
}

/// Fills a `NodeRef`.
pub fn reference<E, C>(container: C) -> Hole
where
    E: ElementType,
    C: NodeRefContainer<E>,
{
    Hole::Reference(Box::new(Referring(container, PhantomData)))
}

struct Referring<C, E>(C, PhantomData<fn(E)>);

impl<C: NodeRefContainer<E>, E: ElementType> Take for Referring<C, E> {
    fn take(&self, element: &web_sys::Element) {
        self.0.clone().load(element);
    }
}

/// Content for a component, from markup.
pub trait ToChildren<F> {
    /// Wraps the markup.
    fn to_children(content: F) -> Self;
}

impl<F: FnOnce() -> AnyView + 'static> ToChildren<F> for Children {
    fn to_children(content: F) -> Self {
        Box::new(content)
    }
}

impl<F: Fn() -> AnyView + 'static> ToChildren<F> for ChildrenFn {
    fn to_children(content: F) -> Self {
        Rc::new(content)
    }
}

/// One view or the other, made anew only when the condition becomes another.
pub fn show(
    when: impl Fn() -> bool + Send + Sync + 'static,
    view: impl Fn(bool) -> AnyView + 'static,
) -> AnyView {
    let shown = Memo::new(move |_| when());
    AnyView::Following(Box::new(move || view(shown.get())))
}
