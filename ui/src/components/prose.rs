//! Rendered Markdown. What is put on the page comes from the core's `page/get` alone, which writes only known tags
//! (`app/import/src/html.rs`).

use crate::dom::prelude::*;

/// Shows a text that the core rendered.
pub fn prose(html: String) -> AnyView {
    view! { <div class="prose" inner_html=html></div> }
}
