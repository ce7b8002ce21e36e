//! The diagram page. Reads the address through `App::route`.

use leptos::prelude::*;

/// The diagram that the address names.
#[component]
pub fn DiagramPage() -> impl IntoView {}
