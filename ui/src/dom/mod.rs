//! What stands on the page: views as data, and the one place that makes elements of them and keeps them up to date.
//!
//! Leptos remains the framework (signals, effects, owners, components); only the rendering is ours, because Leptos'
//! compiles building, rebuilding and removing anew for every view. Here a view is a text of what never changes, made
//! by `view!`, and boxed values for what may. The rules are Leptos': a closure is run again when what it read
//! changes, and what it returns is compared with what stands there.
//!
//! Not here: reading markup (`groundplan-view`) and what is shown (`pages`, `components`).

mod build;
mod convert;
mod keyed;
mod patch;
pub mod prelude;

use std::borrow::Cow;

pub use convert::{Children, ChildrenFn, CollectView, IntoHole, IntoView, ToChildren, on, reference, show};
pub use keyed::keyed;

/// A view, not yet on the page.
pub enum AnyView {
    /// Nothing.
    Empty,
    /// A text.
    Text(Cow<'static, str>),
    /// An element, as a program (see `groundplan-view`) and what goes into its holes.
    Element(&'static str, Vec<Hole>),
    /// Several views, one after the other.
    Many(Vec<AnyView>),
    /// A view that follows signals.
    Following(Box<dyn Make>),
    /// Rows that are kept by their keys.
    Keyed(keyed::Source),
}

/// What goes into a hole of a program.
pub enum Hole {
    /// A value that stays until the view around it is made anew.
    Value(Value),
    /// A value that follows signals.
    Following(Box<dyn Read>),
    /// A listener.
    Listener(Listener),
    /// Takes note of the element.
    Reference(Box<dyn Take>),
    /// A child.
    Child(AnyView),
}

/// Something to be called with an event.
pub type Listener = Box<dyn Hear>;

// Traits of our own instead of `dyn Fn`: that would also keep a way to call each closure for the last time, which nobody
// takes, for hundreds of closures.

/// Makes a view as often as it is asked.
pub trait Make {
    /// The view as it is now.
    fn make(&self) -> AnyView;
}

impl<F: Fn() -> V, V: IntoView> Make for F {
    fn make(&self) -> AnyView {
        self().into_any()
    }
}

/// Computes a value as often as it is asked.
pub trait Read {
    /// The value as it is now.
    fn read(&self) -> Value;
}

impl<F: Fn() -> V, V: convert::IntoValue> Read for F {
    fn read(&self) -> Value {
        self().into_value()
    }
}

/// Hears events.
pub trait Hear {
    /// Called with each.
    fn hear(&self, event: web_sys::Event);
}

/// Takes note of an element.
pub trait Take {
    /// Called when it is made.
    fn take(&self, element: &web_sys::Element);
}

/// The value of an attribute, a property, a class or a style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Not set.
    Absent,
    /// Set or not, as attributes like `hidden` are.
    Flag(bool),
    /// A text.
    Text(Cow<'static, str>),
}

/// Puts a view on the page for as long as the page lives.
pub fn mount(view: AnyView) {
    let body = leptos::prelude::document().body().expect("invariant: a page that runs this has a body");
    std::mem::forget(build::build(view, &body));
}
