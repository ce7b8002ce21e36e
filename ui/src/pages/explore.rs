//! The tree as a page of its own, for phones.

use leptos::prelude::*;

use crate::components::explorer::Explorer;
use crate::text::t;

/// The screen.
#[component]
pub fn ExplorePage() -> impl IntoView {
    view! {
        <div class="explore">
            <h1 class="sr-only">{t("title.explore")}</h1>
            <Explorer />
        </div>
    }
}
