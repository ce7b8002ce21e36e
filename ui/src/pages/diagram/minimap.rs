//! The small map of a large diagram.

use crate::dom::prelude::*;
use groundplan_shared::scene::{Point, Rect, number};
use leptos::ev;
use leptos::html;

use super::state::Canvas;
use crate::canvas::camera::Size;
use crate::canvas::far::card;
use crate::canvas::minimap::Minimap;

/// Size of the map in pixels.
const SIZE: Size = Size::new(180.0, 116.0);

/// The map, where it helps. A click or drag on it moves the canvas.
#[component]
pub(super) fn Map(canvas: Canvas) -> AnyView {
    let useful = Memo::new(move |_| {
        let (camera, size) = (canvas.camera.get(), canvas.size.get());
        size.w >= 640.0
            && canvas.picture.with(|picture| {
                Minimap::is_useful(picture.scene.bounds, camera, size, picture.scene.nodes.len())
            })
    });
    view! {
        <Show when=move || useful.get()>
            <Drawn canvas=canvas />
        </Show>
    }
}

#[component]
fn Drawn(canvas: Canvas) -> AnyView {
    let node = NodeRef::<html::Div>::new();
    let map = Memo::new(move |_| canvas.picture.with(|picture| Minimap::new(picture.scene.bounds, SIZE)));
    // All cards are one path: the map must cost nothing while panning.
    let cards = Memo::new(move |_| {
        let map = map.get();
        canvas.picture.with(|picture| {
            let mut path = String::new();
            for node in picture.scene.nodes.iter().filter(|node| !node.is_group) {
                let place = map.place(node.rect);
                let (w, h) = (place.w.max(1.0), place.h.max(1.0));
                path.push_str(&card(Rect { w, h, ..place }, 1));
            }
            path
        })
    });
    let frames = move || {
        let map = map.get();
        canvas.picture.with(|picture| {
            let frames = picture.scene.nodes.iter().filter(|node| node.is_group).take(400);
            frames
                .map(|node| {
                    let place = map.place(node.rect);
                    view! { <rect class="canvas-map-frame" x=number(place.x) y=number(place.y) width=number(place.w) height=number(place.h) rx="1.5" /> }
                })
                .collect_view()
        })
    };
    let window = move || map.get().place(canvas.camera.get().visible(canvas.size.get()));
    let look = move |event: &ev::PointerEvent| {
        let Some(node) = node.get_untracked() else { return };
        let area = node.get_bounding_client_rect();
        let at =
            Point::new(f64::from(event.client_x()) - area.left(), f64::from(event.client_y()) - area.top());
        let next =
            map.get_untracked().look_at(at, canvas.camera.get_untracked(), canvas.size.get_untracked());
        canvas.camera.set(next);
    };
    view! {
        // For pointers only: arrow keys and the outline do the same for keyboards.
        <div
            class="canvas-map"
            node_ref=node
            aria-hidden="true"
            title=t("diagram.map")
            on:pointerdown=move |event| {
                if let Some(node) = node.get_untracked() {
                    let _ = node.set_pointer_capture(event.pointer_id());
                }
                look(&event);
            }
            on:pointermove=move |event| {
                if event.buttons() & 1 == 1 {
                    look(&event);
                }
            }
        >
            <svg width=number(SIZE.w) height=number(SIZE.h)>
                {frames}
                <path class="canvas-map-cards" d=move || cards.get() />
                <rect
                    class="canvas-map-window"
                    x=move || number(window().x)
                    y=move || number(window().y)
                    width=move || number(window().w)
                    height=move || number(window().h)
                    rx="2"
                />
            </svg>
        </div>
    }
}
