//! The keys of the canvas.

use leptos::ev;

use super::state::{Canvas, Connecting};
use super::surface;
use crate::canvas::select::Selected;
use crate::canvas::walk::{Direction, walk};
use crate::state::Route;

/// One press of Alt and an arrow moves by so much; with Shift by the larger.
const STEP: f64 = 4.0;
const LEAP: f64 = 24.0;

/// A key goes down.
pub(super) fn down(canvas: Canvas, event: &ev::KeyboardEvent) {
    let command = event.ctrl_key() || event.meta_key();
    let key = event.key();
    if let Some(direction) = Direction::of_key(&key).filter(|_| !command) {
        event.prevent_default();
        arrow(canvas, direction, event.alt_key(), event.shift_key());
        return;
    }
    if command {
        if key.eq_ignore_ascii_case("a") {
            event.prevent_default();
            select_all(canvas);
        }
        return;
    }
    if event.alt_key() {
        return;
    }
    let used = match key.as_str() {
        " " => {
            canvas.hand.set(true);
            true
        }
        "Enter" => {
            let single = canvas.single();
            match single.as_deref().map(str::parse) {
                Some(Ok(id)) if !event.shift_key() => canvas.app.go(Route::Element(id)),
                _ => {
                    if let Some(id) = single {
                        canvas.drill(&id);
                    }
                }
            }
            true
        }
        "Escape" => {
            let busy = canvas.busy.get_untracked();
            surface::cancel(canvas);
            if !busy {
                canvas.select(&Selected::new());
            }
            true
        }
        "Delete" | "Backspace" => {
            canvas.delete_selected();
            true
        }
        "+" | "=" => {
            canvas.zoom_by(1.25);
            true
        }
        "-" | "_" => {
            canvas.zoom_by(0.8);
            true
        }
        "0" => {
            canvas.zoom_to(1.0);
            true
        }
        "1" | "f" | "F" => {
            canvas.fit();
            true
        }
        "c" | "C" => {
            if let Some(source) = canvas.single() {
                canvas.connecting.set(Some(Connecting { source, target: None }));
            }
            true
        }
        "n" | "N" => {
            canvas.toggle_focus();
            true
        }
        "o" | "O" => {
            canvas.outline.update(|open| *open = !*open);
            true
        }
        "i" | "I" => {
            if let Some(id) = canvas.single() {
                canvas.drill(&id);
            }
            true
        }
        "u" | "U" => {
            canvas.drill_out();
            true
        }
        _ => false,
    };
    if used {
        event.prevent_default();
        // Keys of the canvas mean nothing else to the rest of the window.
        event.stop_propagation();
    }
}

/// A key goes up.
pub(super) fn up(canvas: Canvas, event: &ev::KeyboardEvent) {
    if event.key() == " " {
        canvas.hand.set(false);
    }
}

fn arrow(canvas: Canvas, direction: Direction, alt: bool, shift: bool) {
    if alt {
        let (dx, dy) = direction.step();
        let by = if shift { LEAP } else { STEP };
        canvas.nudge(dx * by, dy * by);
        return;
    }
    let from = canvas.single();
    let next = canvas.picture.with_untracked(|picture| walk(picture, from.as_deref(), direction));
    if let Some(id) = next {
        canvas.select(&Selected::from([id.clone()]));
        canvas.reveal(&id);
    }
}

fn select_all(canvas: Canvas) {
    let all: Selected = canvas
        .picture
        .with_untracked(|picture| picture.scene.nodes.iter().map(|node| node.id.clone()).collect());
    canvas.select(&all);
}
