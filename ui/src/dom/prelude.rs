//! What every view needs: Leptos with our rendering and our signals in the place of its own.

pub use groundplan_view::view;
pub use leptos::prelude::*;

// Under the name of Leptos' trait too, so that its own is not seen beside ours.
pub use super::{AnyView, Children, ChildrenFn, CollectView, IntoView, IntoView as IntoAny};
pub use crate::state::signal::{Effect, Memo, RwSignal};
