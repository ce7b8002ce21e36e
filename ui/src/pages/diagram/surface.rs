//! The drawing surface: SVG under one moving group, and what pointers and the wheel do to it.

use crate::dom::prelude::*;
use groundplan_shared::scene::{Point, Rect, number};
use leptos::ev;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use super::groups::Groups;
use super::keys;
use super::state::{Canvas, Carried, Connecting, OVERSCAN};
use crate::canvas::camera::{Camera, Size};
use crate::canvas::detail::Detail;
use crate::canvas::gesture::{Act, Gesture, Press};
use crate::canvas::hit::{Hit, hit};
use crate::canvas::select::{between, caught, clicked};
use crate::canvas::snap::snap;
use crate::canvas::wheel;
use crate::canvas::{drag, far};
use crate::text::fill;

/// Half the size of a relation handle's target, in pixels.
const HANDLE: f64 = 11.0;
/// Two clicks within so many milliseconds are a double click.
const DOUBLE_MS: f64 = 400.0;

/// The canvas.
#[component]
pub(super) fn Surface(canvas: Canvas) -> AnyView {
    observe_size(canvas);
    let detail = canvas.detail();
    let class = move || {
        let mut class = format!("canvas-surface {}", detail.get().class());
        for (on, name) in [
            (canvas.lit.with(|lit| !lit.is_empty()), " has-lit"),
            (canvas.hand.get(), " is-hand"),
            (canvas.busy.get(), " is-busy"),
            (canvas.hovered.with(Option::is_some), " is-over"),
            (canvas.line.with(Option::is_some), " is-linking"),
        ] {
            if on {
                class.push_str(name);
            }
        }
        class
    };
    let label = move || {
        let title = canvas.picture.with(|picture| picture.scene.title.clone());
        fill("diagram.label", &[("name", &title)])
    };
    view! {
        <div
            class=class
            node_ref=canvas.node
            tabindex="0"
            role="application"
            aria-label=label
            aria-describedby="canvas-summary"
            on:pointerdown=move |event| press(canvas, &event)
            on:pointermove=move |event| drag_to(canvas, &event)
            on:pointerup=move |event| release(canvas, &event)
            on:pointercancel=move |_| cancel(canvas)
            on:pointerleave=move |_| canvas.hovered.set(None)
            on:wheel=move |event| turn(canvas, &event)
            on:keydown=move |event| keys::down(canvas, &event)
            on:keyup=move |event| keys::up(canvas, &event)
            on:blur=move |_| canvas.hand.set(false)
            on:contextmenu=move |event| event.prevent_default()
        >
            <svg class="canvas-svg" aria-hidden="true" style:transform=move || shift(canvas, 1.0)>
                <g transform=format!("translate({0} {0})", number(OVERSCAN))>
                    <g class="canvas-world" style:transform=move || canvas.painted.get().css()>
                        <Groups canvas=canvas />
                    </g>
                    <Marks canvas=canvas />
                </g>
            </svg>
            <p class="sr-only" id="canvas-summary">
                {move || canvas.picture.with(|picture| picture.description.clone())} ". " {t("diagram.keys_hint")}
            </p>
        </div>
    }
}

/// How far the picture is moved since it was painted, as CSS's `transform`.
fn shift(canvas: Canvas, sign: f64) -> String {
    let (camera, painted) = (canvas.camera.get(), canvas.painted.get());
    format!(
        "translate({}px, {}px)",
        number(sign * (camera.x - painted.x)),
        number(sign * (camera.y - painted.y))
    )
}

/// Selection halos, handles, guides, marquee and rubber line: in pixels, so that they keep their weight.
#[component]
fn Marks(canvas: Canvas) -> AnyView {
    let halos = move || {
        let camera = canvas.painted.get();
        canvas.picture.with(|picture| {
            canvas.selected.with(|selected| {
                let nodes = selected.iter().take(200).filter_map(|id| picture.node(id));
                nodes
                    .map(|node| {
                        let carried = canvas.overlay.with(|overlay| overlay.as_ref()?.rects.get(&node.id).copied());
                        let rect = camera.rect_to_screen(carried.unwrap_or(node.rect)).grown(3.5);
                        view! { <rect class="canvas-halo" x=number(rect.x) y=number(rect.y) width=number(rect.w) height=number(rect.h) rx="7" /> }
                    })
                    .collect_view()
            })
        })
    };
    let others = move || {
        let camera = canvas.painted.get();
        canvas.picture.with(|picture| {
            let others = canvas.app.there.get();
            others
                .iter()
                .map(|peer| {
                    let nodes = peer.selected.iter().filter_map(|id| picture.node(id));
                    // One name is enough for all that somebody selected.
                    let names = std::iter::once(peer.name.clone()).chain(std::iter::repeat_with(String::new));
                    nodes
                        .zip(names)
                        .map(|(node, name)| {
                            chosen_by(peer.colour, name, camera.rect_to_screen(node.rect).grown(3.5))
                        })
                        .collect_view()
                })
                .collect_view()
        })
    };
    let handles = move || {
        let camera = canvas.painted.get();
        handle_points(canvas, camera)
            .into_iter()
            .map(|point| view! { <circle class="canvas-handle" cx=number(point.x) cy=number(point.y) r="4.5" /> })
            .collect_view()
    };
    let guides = move || {
        let camera = canvas.painted.get();
        canvas
            .guides
            .get()
            .into_iter()
            .map(|guide| {
                let (from, to) = (camera.to_screen(guide.from), camera.to_screen(guide.to));
                view! { <line class="canvas-guide" x1=number(from.x) y1=number(from.y) x2=number(to.x) y2=number(to.y) /> }
            })
            .collect_view()
    };
    let marquee = move || {
        canvas.marquee.get().map(|rect| {
            view! { <rect class="canvas-marquee" x=number(rect.x) y=number(rect.y) width=number(rect.w) height=number(rect.h) /> }
        })
    };
    let line = move || {
        canvas.line.get().map(|(from, to)| {
            view! { <line class="canvas-rubber" x1=number(from.x) y1=number(from.y) x2=number(to.x) y2=number(to.y) /> }
        })
    };
    let detail = canvas.detail();
    let names = move || {
        (detail.get() == Detail::Far).then(|| {
            let (camera, size) = (canvas.painted.get(), canvas.size.get());
            let labels = canvas.picture.with(|picture| far::labels(picture, camera, size));
            labels
                .into_iter()
                .map(|label| {
                    view! {
                        <text class="canvas-far-name" x=number(label.at.x) y=number(label.at.y + 4.0) text-anchor="middle">
                            {label.text}
                        </text>
                    }
                })
                .collect_view()
        })
    };
    view! {
        <g class="canvas-marks">
            <g>{names}</g>
            <g>{others}</g>
            <g>{halos}</g>
            <g>{handles}</g>
            <g>{guides}</g>
            // These follow the pointer, whatever the picture was moved by.
            <g style:transform=move || shift(canvas, -1.0)>{marquee} {line}</g>
        </g>
    }
}

/// A card that somebody else selected, at a place on the screen.
fn chosen_by(colour: u32, name: String, at: Rect) -> AnyView {
    view! {
        <g class=format!("canvas-peer peer-{colour}")>
            <rect x=number(at.x) y=number(at.y) width=number(at.w) height=number(at.h) rx="7" />
            <text x=number(at.x + 2.0) y=number(at.y - 4.0)>{name}</text>
        </g>
    }
    .into_any()
}

/// Where relations can be drawn from: the middles of the sides of the one selected card.
fn handle_points(canvas: Canvas, camera: Camera) -> Vec<Point> {
    if camera.zoom < 0.35 || canvas.busy.get() {
        return Vec::new();
    }
    let Some(id) = canvas.selected.with(|selected| selected.first().filter(|_| selected.len() == 1).cloned())
    else {
        return Vec::new();
    };
    canvas.picture.with(|picture| {
        let Some(node) = picture.node(&id).filter(|node| !node.is_group) else { return Vec::new() };
        let Rect { x, y, w, h } = camera.rect_to_screen(node.rect).grown(3.5);
        vec![
            Point::new(x + w / 2.0, y),
            Point::new(x + w, y + h / 2.0),
            Point::new(x + w / 2.0, y + h),
            Point::new(x, y + h / 2.0),
        ]
    })
}

fn observe_size(canvas: Canvas) {
    Effect::new(move |_| {
        let Some(node) = canvas.node.get() else { return };
        let measure = {
            let node = node.clone();
            move || {
                canvas.resized(Size::new(f64::from(node.client_width()), f64::from(node.client_height())));
            }
        };
        measure();
        let callback = Closure::<dyn Fn()>::new(measure);
        let Ok(observer) = web_sys::ResizeObserver::new(callback.as_ref().unchecked_ref()) else { return };
        observer.observe(&node);
        let kept = StoredValue::new_local((observer, callback));
        on_cleanup(move || {
            kept.with_value(|(observer, _)| observer.disconnect());
        });
    });
}

/// Pixel of an event on the canvas.
fn pixel(canvas: Canvas, x: i32, y: i32) -> Point {
    let Some(node) = canvas.node.get_untracked() else { return Point::default() };
    let area = node.get_bounding_client_rect();
    Point::new(f64::from(x) - area.left(), f64::from(y) - area.top())
}

fn hit_at(canvas: Canvas, at: Point, touch: bool) -> Hit {
    let camera = canvas.camera.get_untracked();
    let slack = if touch { 14.0 } else { 6.0 } / camera.zoom;
    canvas.picture.with_untracked(|picture| hit(picture, camera.to_world(at), slack))
}

fn press(canvas: Canvas, event: &ev::PointerEvent) {
    let Some(node) = canvas.node.get_untracked() else { return };
    let at = pixel(canvas, event.client_x(), event.client_y());
    let touch = event.pointer_type() == "touch";
    let near = |point: &Point| (point.x - at.x).hypot(point.y - at.y) <= HANDLE;
    let camera = canvas.camera.get_untracked();
    let handle = untrack(|| handle_points(canvas, camera)).iter().any(near);
    let hit = match canvas.single() {
        Some(id) if handle => Hit::Card(id),
        _ => hit_at(canvas, at, touch),
    };
    let selected =
        canvas.selected.with_untracked(|selected| hit.element().is_some_and(|id| selected.contains(id)));
    let press = Press {
        pointer: event.pointer_id(),
        at,
        button: event.button(),
        touch,
        shift: event.shift_key(),
        hand: canvas.hand.get_untracked(),
        hit,
        selected,
        handle,
        movable: true,
    };
    if event.button() == 1 {
        // Otherwise the browser starts to scroll by itself.
        event.prevent_default();
    }
    // Fails only if the pointer is gone already; the release comes all the same.
    let _ = node.set_pointer_capture(event.pointer_id());
    feed(canvas, |gesture| gesture.press(press));
}

fn drag_to(canvas: Canvas, event: &ev::PointerEvent) {
    let at = pixel(canvas, event.client_x(), event.client_y());
    let idle = canvas.local.with_value(|local| local.gesture == Gesture::Idle);
    if idle {
        let over = match hit_at(canvas, at, false) {
            Hit::Card(id) | Hit::Edge(id) | Hit::FrameHandle(id) => Some(id),
            Hit::Frame(_) | Hit::Background => None,
        };
        if canvas.hovered.with_untracked(|hovered| *hovered != over) {
            canvas.hovered.set(over);
        }
        return;
    }
    feed(canvas, |gesture| gesture.drag(event.pointer_id(), at));
}

fn release(canvas: Canvas, event: &ev::PointerEvent) {
    let at = pixel(canvas, event.client_x(), event.client_y());
    let when = event.time_stamp();
    let acts = feed(canvas, |gesture| gesture.release(event.pointer_id(), at));
    let Some(Act::Click { hit, shift: false }) = acts.first() else { return };
    let double = canvas.local.try_update_value(|local| {
        let double = local.last_click.is_some_and(|(before, place)| {
            when - before < DOUBLE_MS && (place.x - at.x).hypot(place.y - at.y) < 12.0
        });
        local.last_click = if double { None } else { Some((when, at)) };
        double
    });
    if double == Some(true) {
        match hit.element() {
            Some(id) => canvas.drill(id),
            None if *hit == Hit::Background => canvas.fit(),
            None => {}
        }
    }
}

pub(super) fn cancel(canvas: Canvas) {
    feed(canvas, Gesture::cancel);
}

/// Gives the gesture an event and does what follows from it.
fn feed(canvas: Canvas, event: impl FnOnce(&mut Gesture) -> Vec<Act>) -> Vec<Act> {
    let Some(acts) = canvas.local.try_update_value(|local| event(&mut local.gesture)) else {
        return Vec::new();
    };
    for act in &acts {
        perform(canvas, act);
    }
    let busy = canvas.local.with_value(|local| !matches!(local.gesture, Gesture::Idle | Gesture::Pressed(_)));
    if canvas.busy.get_untracked() != busy {
        canvas.busy.set(busy);
    }
    acts
}

fn perform(canvas: Canvas, act: &Act) {
    match act {
        Act::Click { hit, shift } => {
            let id = match hit {
                Hit::Edge(id) => Some(id.as_str()),
                _ => hit.element(),
            };
            canvas.select(&clicked(&canvas.selected.get_untracked(), id, *shift));
        }
        Act::Pan(dx, dy) => canvas.camera.update(|camera| *camera = kept(canvas, camera.panned(*dx, *dy))),
        Act::Pinch(before, after) => {
            canvas.camera.update(|camera| *camera = kept(canvas, camera.pinched(*before, *after)));
        }
        Act::Lift(id) => lift(canvas, id),
        Act::Carry(dx, dy) => carry(canvas, *dx, *dy),
        Act::Drop => {
            canvas.guides.set(Vec::new());
            if let Some(carried) = canvas.local.try_update_value(|local| local.carried.take()).flatten() {
                canvas.move_cards(&carried.cards, carried.by.0, carried.by.1);
            }
        }
        Act::Cancel => {
            canvas.local.update_value(|local| local.carried = None);
            batch(|| {
                canvas.guides.set(Vec::new());
                canvas.marquee.set(None);
                canvas.line.set(None);
                canvas.overlay.set(None);
            });
        }
        Act::Marquee(from, to) => canvas.marquee.set(Some(between(*from, *to))),
        Act::Catch { from, to, add } => {
            canvas.marquee.set(None);
            let camera = canvas.camera.get_untracked();
            let area = between(camera.to_world(*from), camera.to_world(*to));
            let mut selected = canvas.picture.with_untracked(|picture| caught(picture, area));
            if *add {
                selected.extend(canvas.selected.get_untracked());
            }
            canvas.select(&selected);
        }
        Act::Link(source, to) => {
            let camera = canvas.camera.get_untracked();
            let from =
                canvas.picture.with_untracked(|picture| picture.node(source).map(|node| node.rect.center()));
            canvas.line.set(from.map(|from| (camera.to_screen(from), *to)));
        }
        Act::LinkTo(source, to) => {
            canvas.line.set(None);
            let target = hit_at(canvas, *to, false).element().map(str::to_owned);
            if target.as_ref() != Some(source) {
                canvas.connecting.set(Some(Connecting { source: source.clone(), target }));
            }
        }
    }
}

fn kept(canvas: Canvas, camera: Camera) -> Camera {
    let bounds = canvas.picture.with_untracked(|picture| picture.scene.bounds);
    camera.kept_near(bounds, canvas.size.get_untracked())
}

fn lift(canvas: Canvas, id: &str) {
    let mut selected = canvas.selected.get_untracked();
    if !selected.contains(id) {
        selected = clicked(&selected, Some(id), false);
        canvas.select(&selected);
    }
    let picture = canvas.picture.get_untracked();
    let ids: Vec<String> = selected.into_iter().collect();
    let cards = drag::movable(&picture, &ids);
    let Some(extent) = drag::extent(&picture, &cards) else { return };
    let reach = 600.0 / canvas.camera.get_untracked().zoom.max(0.3);
    let around = drag::surroundings(&picture, &cards, extent, reach);
    canvas
        .local
        .update_value(|local| local.carried = Some(Carried { cards, extent, around, by: (0.0, 0.0) }));
}

fn carry(canvas: Canvas, dx: f64, dy: f64) {
    let zoom = canvas.camera.get_untracked().zoom;
    let Some(carried) = canvas.local.with_value(|local| local.carried.clone()) else { return };
    let (dx, dy) = (dx / zoom, dy / zoom);
    let moving = Rect { x: carried.extent.x + dx, y: carried.extent.y + dy, ..carried.extent };
    let snapped = snap(moving, &carried.around, 6.0 / zoom);
    let by = (dx + snapped.dx, dy + snapped.dy);
    canvas.local.update_value(|local| {
        if let Some(carried) = &mut local.carried {
            carried.by = by;
        }
    });
    let picture = canvas.picture.get_untracked();
    let moved = drag::moved(&picture, &carried.cards, by.0, by.1);
    let drawn = moved.drawn(&picture);
    batch(|| {
        canvas.lay_over(drawn, moved.rects);
        canvas.guides.set(snapped.guides);
    });
}

fn turn(canvas: Canvas, event: &ev::WheelEvent) {
    event.prevent_default();
    let turn = wheel::Turn {
        dx: event.delta_x(),
        dy: event.delta_y(),
        mode: event.delta_mode(),
        ctrl: event.ctrl_key() || event.meta_key(),
        shift: event.shift_key(),
    };
    let at = pixel(canvas, event.client_x(), event.client_y());
    canvas.camera.update(|camera| {
        *camera = match wheel::gesture(turn) {
            wheel::Gesture::Zoom(factor) => camera.zoomed_at(at, factor),
            wheel::Gesture::Pan(dx, dy) => kept(canvas, camera.panned(dx, dy)),
        };
    });
}
