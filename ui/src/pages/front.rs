//! The frame of the screens before a workspace is open: the mark, the claim, and what is promised at the foot.
//!
//! Not here: what stands inside it (`welcome`, `unlock`).

use crate::components::icon::icon;
use crate::dom::prelude::*;

/// Puts a screen into the frame. `class` is that of its inner part.
pub(super) fn front(class: &'static str, body: AnyView) -> AnyView {
    view! {
        <div class="welcome">
            <div class=class>
                <header class="welcome-head">
                    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
                        <path d="M5 5h9v9H5zM18 18h9v9h-9zM18 5h9v6h-9z" />
                        <path class="mark-line" d="M9.5 14v8.5H18M14 8h4" />
                    </svg>
                    <div><h1>"Groundplan"</h1><p class="muted">{t("welcome.claim")}</p></div>
                </header>
                {body}
                <p class="muted small welcome-foot">{icon("key")} {t("welcome.private")}</p>
            </div>
        </div>
    }
}
