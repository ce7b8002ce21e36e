//! The tree as a page of its own, for phones.

use crate::dom::prelude::*;

use crate::components::explorer::Explorer;

/// The screen.
#[component]
pub fn ExplorePage() -> AnyView {
    view! {
        <div class="explore">
            <h1 class="sr-only">{t("title.explore")}</h1>
            <Explorer />
        </div>
    }
}
