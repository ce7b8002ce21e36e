//! Many cards seen from far away, as a handful of paths: drawing thousands of groups would cost frames.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use groundplan_shared::scene::{Rect, Role};

use super::detail::Detail;
use super::picture::{Picture, Placed};

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

/// Frames stay groups of their own (their names are what one reads from afar); everything else is merged.
#[must_use]
pub fn merge(picture: &Picture, area: Rect) -> (Vec<std::sync::Arc<Placed>>, Vec<Merged>) {
    let groups = picture.groups_within(area);
    let frames = groups.iter().filter(|placed| placed.group.role == Role::Frame).cloned().collect();
    let mut lines = String::new();
    for edge in groups.iter().filter(|placed| placed.group.role == Role::Edge) {
        let Some(edge) = picture.edge_of(&edge.group) else { continue };
        for (number, point) in edge.points.iter().enumerate() {
            let command = if number == 0 { 'M' } else { 'L' };
            let _ = write!(lines, "{command}{:.0} {:.0}", point.x, point.y);
        }
    }
    let mut kinds: BTreeMap<&str, String> = BTreeMap::new();
    for number in picture.nodes_within(area) {
        let Some(node) = picture.scene.nodes.get(number).filter(|node| !node.is_group) else { continue };
        let Rect { x, y, w, h } = node.rect;
        let _ = write!(kinds.entry(&node.kind).or_default(), "M{x:.0} {y:.0}h{w:.0}v{h:.0}h-{w:.0}z");
    }
    let mut merged = Vec::new();
    if !lines.is_empty() {
        merged.push(Merged { class: "gp-edge gp-merged-lines".to_owned(), d: lines });
    }
    merged.extend(kinds.into_iter().map(|(kind, d)| {
        let kind = kind.replace('_', "-");
        Merged { class: format!("gp-node gp-merged gp-kind-{kind}"), d }
    }));
    (frames, merged)
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
        let (frames, merged) = merge(&picture, all);
        assert!(frames.is_empty());
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
    fn small_scenes_are_never_merged() {
        let picture = Picture::new(small(), None);
        assert!(!is_merged(&picture, Detail::Far, picture.groups.len()));
        assert_eq!(merge(&picture, picture.scene.bounds).0.len(), 1);
    }
}
