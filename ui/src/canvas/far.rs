//! Many cards seen from far away, as a handful of paths: drawing thousands of groups would cost frames.

use std::collections::BTreeMap;

use groundplan_shared::scene::{Point, Rect, Scene, SceneNode, decimals};

use super::camera::{Camera, Size};
use super::detail::Detail;
use super::picture::Picture;

/// One path for all cards of a kind, or for all relations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// Classes, the same as those of a single group's shapes.
    pub class: String,
    /// Path data.
    pub d: String,
}

/// True when the visible part is drawn merged: from far away, and more than a browser draws well one by one.
#[must_use]
pub fn is_merged(picture: &Picture, detail: Detail, visible: usize) -> bool {
    detail == Detail::Far && picture.groups.len() > super::picture::WHOLE && visible > 700
}

/// A card as a path, with so many decimals.
#[must_use]
pub fn card(rect: Rect, places: u32) -> String {
    let [x, y, w, h] = [rect.x, rect.y, rect.w, rect.h].map(|value| decimals(value, places));
    format!("M{x} {y}h{w}v{h}h-{w}z")
}

/// All relations and cards of a picture. Frames stay groups of their own.
#[must_use]
pub fn merge(scene: &Scene) -> Vec<Merged> {
    let mut lines = String::new();
    for edge in &scene.edges {
        for (number, point) in edge.points.iter().enumerate() {
            let command = if number == 0 { 'M' } else { 'L' };
            lines.push_str(&format!("{command}{} {}", decimals(point.x, 0), decimals(point.y, 0)));
        }
    }
    let mut kinds: BTreeMap<&str, String> = BTreeMap::new();
    for node in scene.nodes.iter().filter(|node| !node.is_group) {
        kinds.entry(&node.kind).or_default().push_str(&card(node.rect, 0));
    }
    let mut merged = Vec::new();
    if !lines.is_empty() {
        merged.push(Merged { class: "gp-edge gp-merged-lines".to_owned(), d: lines });
    }
    merged.extend(kinds.into_iter().map(|(kind, d)| {
        let kind = kind.replace('_', "-");
        Merged { class: format!("gp-node gp-merged gp-kind-{kind}"), d }
    }));
    merged
}

/// A name on the canvas, in pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// Middle of the text.
    pub at: Point,
    /// The name, shortened to fit its frame.
    pub text: String,
}

/// Size of the names in pixels.
pub const LABEL_SIZE: f64 = 12.0;
/// Average width of a letter of that size; the names only have to fit roughly.
const LETTER: f64 = 6.8;
/// A longer name is shortened.
const LETTERS: usize = 28;

/// Names of the frames in sight, like those of places on a map: in the middle, large frames first, none over another.
#[must_use]
pub fn labels(picture: &Picture, camera: Camera, size: Size) -> Vec<Label> {
    let screen = Rect::new(0.0, 0.0, size.w, size.h);
    let nodes =
        picture.nodes_within(camera.visible(size)).into_iter().filter_map(|n| picture.scene.nodes.get(n));
    let mut frames: Vec<&SceneNode> = nodes.filter(|node| node.is_group).collect();
    crate::state::order::by(&mut frames, |a, b| b.rect.w * b.rect.h < a.rect.w * a.rect.h);
    let mut labels: Vec<Label> = Vec::new();
    let mut taken: Vec<Rect> = Vec::new();
    for node in frames {
        let frame = camera.rect_to_screen(node.rect);
        let letters = node.name.chars().count();
        let text = if letters <= LETTERS {
            node.name.clone()
        } else {
            node.name.chars().take(LETTERS - 1).chain(std::iter::once('\u{2026}')).collect()
        };
        #[expect(clippy::cast_precision_loss, reason = "a small count of letters")]
        let width = letters.min(LETTERS) as f64 * LETTER;
        // The middle of what is visible of the frame.
        let (left, right) = (frame.x.max(0.0), frame.right().min(size.w));
        let (top, bottom) = (frame.y.max(0.0), frame.bottom().min(size.h));
        let at = Point::new(f64::midpoint(left, right), f64::midpoint(top, bottom));
        let place = Rect::new(at.x - width / 2.0, at.y - LABEL_SIZE / 2.0, width, LABEL_SIZE).grown(3.0);
        if place.overlaps(&screen) && !taken.iter().any(|other| other.overlaps(&place)) {
            taken.push(place);
            labels.push(Label { at, text });
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{big, small};
    use super::*;

    #[test]
    fn five_thousand_cards_become_a_few_paths() {
        let mut scene = big(5_000);
        scene.nodes[7].kind = "data_asset".to_owned();
        let picture = Picture::new(scene, None);
        let all = picture.scene.bounds.grown(50.0);
        assert!(is_merged(&picture, Detail::Far, picture.groups_within(all).len()));
        assert!(!is_merged(&picture, Detail::Near, 5_000));
        let merged = merge(&picture.scene);
        let classes: Vec<&str> = merged.iter().map(|path| path.class.as_str()).collect();
        assert_eq!(
            classes,
            [
                "gp-edge gp-merged-lines",
                "gp-node gp-merged gp-kind-component",
                "gp-node gp-merged gp-kind-data-asset"
            ]
        );
        assert_eq!(merged[1].d.matches('z').count(), 4_999);
        assert_eq!(merged[0].d.matches('M').count(), picture.scene.edges.len());
    }

    #[test]
    fn names_of_frames_do_not_overlap_and_fit() {
        let mut scene = small();
        let mut inner = scene.nodes[0].clone();
        inner.id = "inner".to_owned();
        inner.rect = inner.rect.grown(-10.0);
        scene.nodes[0].name = "A shop with a very long name in it".to_owned();
        scene.nodes.insert(1, inner);
        let picture = Picture::new(scene, None);
        let camera = Camera { zoom: 0.2, ..Camera::default() };
        let labels = labels(&picture, camera, Size::new(800.0, 600.0));
        assert_eq!(labels.len(), 1, "the inner name would cover the outer one");
        assert_eq!(labels[0].text, "A shop with a very long nam\u{2026}");
        assert_eq!(labels[0].at, Point::new(56.0, 24.0));
    }

    #[test]
    fn small_scenes_are_never_merged() {
        let picture = Picture::new(small(), None);
        assert!(!is_merged(&picture, Detail::Far, picture.groups.len()));
    }
}
