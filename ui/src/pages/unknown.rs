//! An address that names nothing.

use crate::dom::prelude::*;

use crate::components::states::empty;
use crate::text::t;

/// The screen.
#[component]
pub fn UnknownPage() -> AnyView {
    let back = view! { <a class="button" href="/">{t("title.home")}</a> };
    empty("search", t("unknown.title"), t("unknown.text"), back.into_any())
}
