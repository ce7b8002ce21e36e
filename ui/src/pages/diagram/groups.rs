//! The drawing's primitives as SVG nodes: the same groups and shapes that the export writes as text.

use std::collections::HashSet;
use std::sync::Arc;

use crate::dom::prelude::*;
use groundplan_shared::scene::{Role, Shape, number};

use super::state::{Canvas, Visible};
use crate::canvas::picture::{Placed, WHOLE};

/// All groups in sight, back to front. A group is drawn anew only when its content changes.
#[component]
pub(super) fn Groups(canvas: Canvas) -> AnyView {
    let visible = in_portions(canvas, canvas.visible());
    let merged = Memo::new(move |_| visible.with(|visible| Arc::clone(&visible.merged)));
    view! {
        <For
            each=move || visible.with(|visible| visible.groups.clone())
            key=|placed| placed.serial
            children=move |placed| group(canvas, &placed)
        />
        <g class="canvas-merged">
            {move || {
                let paths = merged.get();
                paths
                    .iter()
                    .map(|path| view! { <path class=path.class.clone() d=path.d.clone() /> })
                    .collect_view()
            }}
        </g>
    }
}

/// So many groups of a large scene are drawn anew in one frame: zooming in must not stop the picture.
const PORTION: usize = 90;

/// Lets what is visible in a large scene appear over a few frames.
fn in_portions(canvas: Canvas, wanted: Memo<Visible>) -> Memo<Visible> {
    let frame = RwSignal::new(0_u32);
    let drawn = Memo::new(move |before: Option<&Visible>| {
        frame.track();
        let mut visible = wanted.get();
        let large = canvas.picture.with(|picture| picture.groups.len() > WHOLE);
        if let Some(before) = before.filter(|_| large) {
            let there: HashSet<u64> = before.groups.iter().map(|placed| placed.serial).collect();
            let mut left = PORTION;
            visible.groups.retain(|placed| {
                let is_there = there.contains(&placed.serial);
                if !is_there && left > 0 {
                    left -= 1;
                    return true;
                }
                is_there
            });
        }
        visible
    });
    Effect::new(move |_| {
        let missing = wanted.with(|wanted| wanted.groups.len()) > drawn.with(|drawn| drawn.groups.len());
        if missing {
            // The page may be gone by then.
            request_animation_frame(move || {
                let _ = frame.try_update(|frame| *frame = frame.wrapping_add(1));
            });
        }
    });
    drawn
}

fn group(canvas: Canvas, placed: &Arc<Placed>) -> AnyView {
    let group = &placed.group;
    let (id, own) = (group.id.clone(), group.class.clone());
    let is_node = matches!(group.role, Role::Frame | Role::Node);
    let class = move || {
        let selected = canvas.selected.with(|selected| selected.contains(&id));
        let lit = canvas.lit.with(|lit| lit.contains(&id));
        match (selected, lit) {
            (true, _) => format!("{own} is-selected is-lit"),
            (false, true) => format!("{own} is-lit"),
            (false, false) => own.clone(),
        }
    };
    view! {
        <g class=class data-id=group.id.clone() data-role=if is_node { "element" } else { "relation" }>
            <title>{group.title.clone()}</title>
            {group.shapes.iter().map(shape).collect_view()}
        </g>
    }
}

fn shape(shape: &Shape) -> AnyView {
    match shape {
        Shape::Rect { rect, radius, class } => view! {
            <rect
                class=class.clone()
                x=number(rect.x)
                y=number(rect.y)
                width=number(rect.w)
                height=number(rect.h)
                rx=number(*radius)
            />
        }
        .into_any(),
        Shape::Path { d, at, class } => {
            let moved = at.map(|at| format!("translate({} {})", number(at.x), number(at.y)));
            view! { <path class=class.clone() transform=moved d=d.clone() /> }.into_any()
        }
        Shape::Circle { center, radius, class } => view! {
            <circle class=class.clone() cx=number(center.x) cy=number(center.y) r=number(*radius) />
        }
        .into_any(),
        Shape::Text { at, text, anchor, class } => view! {
            <text class=class.clone() x=number(at.x) y=number(at.y) text-anchor=anchor.as_str()>
                {text.clone()}
            </text>
        }
        .into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_shared::scene::{Rect, Scene, SceneNode, draw, to_svg};

    #[test]
    fn coordinates_are_written_as_in_the_export() {
        for x in [0.0, -0.0, 1.0 / 3.0, 12.345_678, -7.005, 1e7, 0.1 + 0.2] {
            let node = SceneNode {
                id: "web".to_owned(),
                kind: "component".to_owned(),
                name: "web".to_owned(),
                label: "web".to_owned(),
                technology: None,
                is_group: false,
                parent: None,
                rect: Rect::new(x, 2.0, 10.0, 10.0),
                external: false,
                depth: 0,
                status: None,
                findings: 0,
            };
            let svg = to_svg(&draw(&Scene { nodes: vec![node], ..Scene::default() }));
            assert!(svg.contains(&format!("class=\"gp-card\" x=\"{}\" y=\"2\"", number(x))), "{x}: {svg}");
        }
    }
}
