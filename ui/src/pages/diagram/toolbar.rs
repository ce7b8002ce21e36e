//! The bar above the canvas and the zoom controls on it.

use crate::dom::prelude::*;
use groundplan_shared::scene::{decimals, icon};

use super::export;
use super::state::Canvas;
use super::switcher::Switcher;
use crate::state::{DiagramRoute, Route};
use crate::text::t;

/// Icons of this bar, drawn on a 16 × 16 grid like those of the kinds.
const FOCUS: &str = "M8 5.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2";
const CONNECT: &str = "M3 3h4v4H3zM9 9h4v4H9zM7 5h4v4";
const OUTLINE: &str = "M2.5 4h11M5.5 8h8M5.5 12h8M2.5 8h.01M2.5 12h.01";
const LAYOUT: &str = "M6 2.5h4v3H6zM2 10.5h4v3H2zM10 10.5h4v3h-4zM8 5.5V8M4 10.5V8h8v2.5";
const EXPORT: &str = "M8 2v7.5M5 6.7 8 9.5l3-2.8M2.5 11v2.5h11V11";
const FIT: &str = "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10";
const PLUS: &str = "M8 3.5v9M3.5 8h9";
const MINUS: &str = "M3.5 8h9";
const UP: &str = "M8 12.5v-9M4.5 7 8 3.5 11.5 7";

/// A glyph.
pub(super) fn glyph(d: &'static str) -> AnyView {
    view! {
        <svg class="canvas-glyph" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d=d />
        </svg>
    }
}

/// The icon of an element kind.
pub(super) fn kind_glyph(kind: &str) -> AnyView {
    glyph(icon(kind))
}

/// A button with a glyph, its name and its key.
#[component]
fn Tool(
    glyph_of: &'static str,
    name: &'static str,
    #[prop(optional)] key: &'static str,
    #[prop(optional, into)] pressed: Option<Signal<bool>>,
    #[prop(into, default = Signal::stored(false))] disabled: Signal<bool>,
    run: impl Fn() + 'static,
) -> AnyView {
    let title = if key.is_empty() { t(name).to_owned() } else { format!("{} ({key})", t(name)) };
    view! {
        <button
            type="button"
            class="canvas-tool"
            aria-label=t(name)
            title=title
            aria-pressed=move || pressed.map(|pressed| if pressed.get() { "true" } else { "false" })
            disabled=move || disabled.get()
            on:click=move |_| run()
        >
            {glyph(glyph_of)}
        </button>
    }
}

/// Name, breadcrumb and tools.
#[component]
pub(super) fn Toolbar(canvas: Canvas) -> AnyView {
    let nothing_single = Signal::derive(move || {
        canvas.picture.with(|picture| {
            canvas.selected.with(|selected| {
                selected.len() != 1 || selected.first().is_none_or(|id| picture.node(id).is_none())
            })
        })
    });
    let focused = Signal::derive(move || canvas.at.get().focus.is_some());
    let cannot_focus = Signal::derive(move || nothing_single.get() && !focused.get());
    view! {
        <div class="canvas-bar" role="toolbar" aria-label=t("diagram.tools")>
            <Switcher canvas=canvas />
            <Crumbs canvas=canvas />
            <div class="canvas-tools">
                <Show when=move || focused.get()>
                    <Depth canvas=canvas />
                </Show>
                <Tool glyph_of=FOCUS name="diagram.focus" key="N" pressed=focused disabled=cannot_focus
                    run=move || canvas.toggle_focus() />
                <Tool glyph_of=CONNECT name="diagram.connect" key="C" disabled=nothing_single
                    run=move || super::connect::start(canvas) />
                <Tool glyph_of=LAYOUT name="diagram.lay_out" run=move || canvas.lay_out() />
                <Tool glyph_of=OUTLINE name="diagram.outline" key="O" pressed=Signal::derive(move || canvas.outline.get())
                    run=move || canvas.outline.update(|open| *open = !*open) />
                <Tool glyph_of=EXPORT name="diagram.export" run=move || export::run(canvas) />
            </div>
        </div>
    }
}

/// Where the drawing stands: everything, then the systems around it.
#[component]
fn Crumbs(canvas: Canvas) -> AnyView {
    let path = Memo::new(move |_| match canvas.shown.get() {
        Some(Ok(shown)) => shown.path,
        _ => Vec::new(),
    });
    let is_inside = move || !path.with(Vec::is_empty) || canvas.at.get().focus.is_some();
    view! {
        <Show when=is_inside>
            <nav class="canvas-crumbs" aria-label=t("diagram.path")>
                <button type="button" class="canvas-tool" aria-label=t("diagram.out") title=format!("{} (U)", t("diagram.out"))
                    on:click=move |_| canvas.drill_out()>
                    {glyph(UP)}
                </button>
                <ol class="plain">
                    {move || {
                        let at = canvas.at.get();
                        path.get()
                            .into_iter()
                            .map(|step| {
                                let here = at.scope == Some(step.id) || at.scope.is_none();
                                let route = DiagramRoute { id: at.id, scope: Some(step.id), ..DiagramRoute::default() };
                                let name = step.name;
                                let current = (here && at.focus.is_none()).then_some("page");
                                view! {
                                    <li><a href=Route::Diagram(route).url() aria-current=current>{name}</a></li>
                                }
                            })
                            .collect_view()
                    }}
                    {move || canvas.at.get().focus.map(|id| {
                        let name = canvas.app.index.with(|index| index.name(id).map(str::to_owned));
                        view! { <li><span aria-current="page">{t("diagram.around")} " " {name.unwrap_or_default()}</span></li> }
                    })}
                </ol>
            </nav>
        </Show>
    }
}

/// How far the neighbourhood reaches.
#[component]
fn Depth(canvas: Canvas) -> AnyView {
    let depth = move || canvas.at.get().depth.clamp(1, 5);
    view! {
        <label class="canvas-depth">
            <span>{t("diagram.depth")}</span>
            <input type="range" min="1" max="5" step="1" prop:value=move || depth().to_string()
                aria-valuetext=move || crate::text::count("diagram.depth_of", depth().into(), &[])
                on:input=move |event| {
                    if let Ok(depth) = event_target_value(&event).parse() {
                        canvas.set_depth(depth);
                    }
                } />
            <output>{move || depth().to_string()}</output>
        </label>
    }
}

/// Zoom out, zoom, zoom in, fit: in the corner of the canvas, within reach of the thumb.
#[component]
pub(super) fn Zoom(canvas: Canvas) -> AnyView {
    let percent = move || format!("{} %", decimals(canvas.camera.get().zoom * 100.0, 0));
    view! {
        <div class="canvas-zoom" role="group" aria-label=t("diagram.zoom")>
            <Tool glyph_of=MINUS name="diagram.zoom_out" key="-" run=move || canvas.zoom_by(0.8) />
            <button type="button" class="canvas-percent" title=format!("{} (0)", t("diagram.zoom_100"))
                aria-label=move || format!("{}, {}", percent(), t("diagram.zoom_100"))
                on:click=move |_| canvas.zoom_to(1.0)>
                {percent}
            </button>
            <Tool glyph_of=PLUS name="diagram.zoom_in" key="+" run=move || canvas.zoom_by(1.25) />
            <Tool glyph_of=FIT name="diagram.fit" key="F" run=move || canvas.fit() />
        </div>
    }
}
