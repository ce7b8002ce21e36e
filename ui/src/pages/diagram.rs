//! The diagram page: composes the bar, the canvas, its outline and what hovers over it.
//!
//! Not here: geometry (`crate::canvas`) and what the parts do (below `diagram/`).

mod connect;
mod edit;
mod export;
mod groups;
mod keys;
mod minimap;
mod outline;
mod state;
mod states;
mod surface;
mod switcher;
mod toolbar;

use crate::dom::prelude::*;

use connect::Connect;
use minimap::Map;
use outline::Outline;
use state::Canvas;
use states::{Hover, States};
use surface::Surface;
use toolbar::{Toolbar, Zoom};

/// The diagram that the address names.
#[component]
pub fn DiagramPage() -> AnyView {
    let canvas = Canvas::new();
    view! {
        <div class="canvas-page">
            <Toolbar canvas=canvas />
            <div class="canvas-stage">
                <div class="canvas-place">
                    <Surface canvas=canvas />
                    <States canvas=canvas />
                    <Hover canvas=canvas />
                    <Zoom canvas=canvas />
                    <Map canvas=canvas />
                    <Connect canvas=canvas />
                </div>
                <Outline canvas=canvas />
            </div>
        </div>
    }
}
