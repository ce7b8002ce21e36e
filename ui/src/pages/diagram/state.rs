//! What the diagram page knows: the drawn picture, the camera, what is selected; and how a scene is read.
//!
//! Not here: edits (`edit`), pointers and keys (`surface`, `keys`), geometry (`crate::canvas`).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::dom::prelude::*;
use groundplan_shared::api::{ApiError, Reference, ViewScene, ViewSceneParams, ViewSummary};
use groundplan_shared::model::DocumentId;
use groundplan_shared::scene::{Group, Point, Rect, Role};
use leptos::html;
use leptos::task::spawn_local;

use crate::canvas::camera::{Camera, Size};
use crate::canvas::detail::Detail;
use crate::canvas::far::{self, Merged};
use crate::canvas::gesture::Gesture;
use crate::canvas::picture::{Picture, Placed, Rank, WHOLE, rank};
use crate::canvas::select::{self, Selected};
use crate::canvas::snap::Guide;
use crate::state::{App, DiagramRoute, Route, use_app};

/// Space around everything after a fit, in pixels.
const FIT_MARGIN: f64 = 28.0;
/// So many pixels are painted beyond each side of the canvas; the style sheet has the same number.
pub(super) const OVERSCAN: f64 = 320.0;
/// A fit enlarges small drawings no further than this.
const FIT_LARGEST: f64 = 1.15;

/// What is known about the diagram besides its scene.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Shown {
    pub(super) view: Option<ViewSummary>,
    pub(super) path: Vec<Reference>,
    pub(super) coarse: bool,
}

/// Groups drawn differently while something is dragged.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    pub(super) groups: HashMap<(Rank, String), Option<Arc<Placed>>>,
    pub(super) rects: HashMap<String, Rect>,
}

/// What is in the drawing now. Equal when nothing has to be drawn anew.
#[derive(Debug, Clone, Default)]
pub(super) struct Visible {
    pub(super) groups: Vec<Arc<Placed>>,
    pub(super) merged: Arc<Vec<Merged>>,
}

impl PartialEq for Visible {
    fn eq(&self, other: &Self) -> bool {
        let serials = |visible: &Self| visible.groups.iter().map(|placed| placed.serial).collect::<Vec<_>>();
        serials(self) == serials(other)
            && (Arc::ptr_eq(&self.merged, &other.merged) || self.merged.is_empty() && other.merged.is_empty())
    }
}

/// A relation being made from the picker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Connecting {
    pub(super) source: String,
    pub(super) target: Option<String>,
}

/// What a drag carries.
#[derive(Debug, Clone, Default)]
pub(super) struct Carried {
    pub(super) cards: HashSet<String>,
    pub(super) extent: Rect,
    pub(super) around: Vec<Rect>,
    pub(super) by: (f64, f64),
}

/// What nothing reacts to.
#[derive(Debug, Default)]
pub(super) struct Local {
    pub(super) gesture: Gesture,
    pub(super) carried: Option<Carried>,
    pub(super) last_click: Option<(f64, Point)>,
    pub(super) moves_waiting: u32,
    overlays: u64,
    cameras: HashMap<DiagramRoute, Camera>,
    at: Option<DiagramRoute>,
    fit_wanted: bool,
    ticket: u64,
}

/// The state of the diagram page. Freely copied.
#[derive(Clone, Copy)]
pub(super) struct Canvas {
    pub(super) app: App,
    /// What the address names.
    pub(super) at: Memo<DiagramRoute>,
    /// What is known of it; none while loading for the first time.
    pub(super) shown: RwSignal<Option<Result<Shown, ApiError>>>,
    /// The scene, drawn and indexed.
    pub(super) picture: RwSignal<Arc<Picture>>,
    /// Changes of a drag.
    pub(super) overlay: RwSignal<Option<Arc<Overlay>>>,
    pub(super) camera: RwSignal<Camera>,
    /// The camera that the picture is painted for; panning moves it as a whole.
    pub(super) painted: Memo<Camera>,
    pub(super) size: RwSignal<Size>,
    /// Selected relations; selected elements are the program's selection.
    pub(super) relations: RwSignal<BTreeSet<String>>,
    /// Everything selected.
    pub(super) selected: Memo<Selected>,
    /// What stays lit while the rest is dimmed.
    pub(super) lit: Memo<Arc<HashSet<String>>>,
    /// Id of the element or relation under the pointer.
    pub(super) hovered: RwSignal<Option<String>>,
    /// The marquee, in pixels.
    pub(super) marquee: RwSignal<Option<Rect>>,
    /// Alignment guides, in diagram units.
    pub(super) guides: RwSignal<Vec<Guide>>,
    /// The line of a relation being drawn, in pixels.
    pub(super) line: RwSignal<Option<(Point, Point)>>,
    pub(super) connecting: RwSignal<Option<Connecting>>,
    pub(super) outline: RwSignal<bool>,
    /// Space is held.
    pub(super) hand: RwSignal<bool>,
    /// Something is being carried or panned.
    pub(super) busy: RwSignal<bool>,
    pub(super) node: NodeRef<html::Div>,
    pub(super) local: StoredValue<Local, LocalStorage>,
}

impl Canvas {
    /// Makes the state and begins to follow the address.
    pub(super) fn new() -> Self {
        let app = use_app();
        let at = Memo::new(move |before: Option<&DiagramRoute>| match app.route.get() {
            Route::Diagram(at) => at,
            _ => before.copied().unwrap_or_default(),
        });
        let picture = RwSignal::new(Arc::new(Picture::default()));
        let relations = RwSignal::new(BTreeSet::<String>::new());
        let selected = Memo::new(move |_| {
            let mut all: Selected = relations.get();
            app.selection.with(|ids| all.extend(ids.iter().map(DocumentId::to_string)));
            all
        });
        let lit = Memo::new(move |_| {
            Arc::new(selected.with(|selected| picture.with(|picture| select::lit(picture, selected))))
        });
        let camera = RwSignal::new(Camera::default());
        let painted =
            Memo::new(move |before: Option<&Camera>| camera.get().painted(before.copied(), OVERSCAN));
        let canvas = Self {
            app,
            at,
            shown: RwSignal::new(None),
            picture,
            overlay: RwSignal::new(None),
            camera,
            painted,
            size: RwSignal::new(Size::default()),
            relations,
            selected,
            lit,
            hovered: RwSignal::new(None),
            marquee: RwSignal::new(None),
            guides: RwSignal::new(Vec::new()),
            line: RwSignal::new(None),
            connecting: RwSignal::new(None),
            outline: RwSignal::new(false),
            hand: RwSignal::new(false),
            busy: RwSignal::new(false),
            node: NodeRef::new(),
            local: StoredValue::new_local(Local::default()),
        };
        Effect::new(move |_| {
            at.track();
            app.changes.track();
            canvas.load();
        });
        canvas
    }

    /// Reads the scene that the address names. A later call makes an earlier answer void.
    pub(super) fn load(self) {
        let at = self.at.get_untracked();
        let Some(ticket) = self.local.try_update_value(|local| {
            local.ticket += 1;
            local.ticket
        }) else {
            return;
        };
        let params = ViewSceneParams { id: at.id, scope: at.scope, focus: at.focus, focus_depth: at.depth };
        spawn_local(async move {
            let answer = self.app.call(params).await;
            // The page may be gone, something newer asked, or a card in the air by now.
            let current =
                self.local.try_with_value(|local| local.ticket == ticket && local.moves_waiting == 0);
            if current != Some(true) {
                return;
            }
            match answer {
                Ok(scene) => self.show(at, scene),
                Err(error) => self.shown.set(Some(Err(error))),
            }
        });
    }

    /// Shows a scene. The camera stays unless the address names something else than before.
    pub(super) fn show(self, at: DiagramRoute, answer: ViewScene) {
        let before = self.picture.get_untracked();
        let picture = Picture::new(answer.scene, Some(&before));
        let camera = self.camera.get_untracked();
        let size = self.size.get_untracked();
        let bounds = picture.scene.bounds;
        let next = self.local.try_update_value(|local| {
            if local.at == Some(at) && !before.is_empty() {
                return None;
            }
            if let Some(old) = local.at.replace(at) {
                local.cameras.insert(old, camera);
            }
            let known = local.cameras.get(&at).copied();
            local.fit_wanted = known.is_none() && size.w == 0.0;
            Some(known.unwrap_or_else(|| Camera::fitted(bounds, size, FIT_MARGIN, FIT_LARGEST)))
        });
        let shown = Shown { view: answer.view, path: answer.path, coarse: answer.coarse };
        batch(|| {
            if let Some(Some(camera)) = next {
                self.camera.set(camera);
            }
            self.overlay.set(None);
            self.picture.set(Arc::new(picture));
            self.shown.set(Some(Ok(shown)));
        });
    }

    /// Keeps what is in sight when the same drawing gets another address.
    pub(super) fn keep_camera(self, at: DiagramRoute) {
        let camera = self.camera.get_untracked();
        self.local.update_value(|local| {
            local.cameras.insert(at, camera);
        });
    }

    /// The canvas has another size.
    pub(super) fn resized(self, size: Size) {
        let old = self.size.get_untracked();
        if old == size {
            return;
        }
        self.size.set(size);
        if old.w > 0.0 {
            // What was in the middle stays there when a pane opens beside the canvas.
            self.camera
                .update(|camera| *camera = camera.panned((size.w - old.w) / 2.0, (size.h - old.h) / 2.0));
        }
        let fit = self.local.try_update_value(|local| std::mem::take(&mut local.fit_wanted));
        if fit == Some(true) {
            self.fit();
        }
    }

    /// Shows everything.
    pub(super) fn fit(self) {
        let bounds = self.picture.with_untracked(|picture| picture.scene.bounds);
        self.camera.set(Camera::fitted(bounds, self.size.get_untracked(), FIT_MARGIN, FIT_LARGEST));
    }

    /// Zooms by a factor around the middle.
    pub(super) fn zoom_by(self, factor: f64) {
        let middle = self.size.get_untracked().center();
        self.camera.update(|camera| *camera = camera.zoomed_at(middle, factor));
    }

    /// Sets the zoom around the middle.
    pub(super) fn zoom_to(self, zoom: f64) {
        let middle = self.size.get_untracked().center();
        self.camera.update(|camera| *camera = camera.with_zoom_at(middle, zoom));
    }

    /// Selects elements and relations by id.
    pub(super) fn select(self, selected: &Selected) {
        let picture = self.picture.get_untracked();
        let chosen: Selected =
            self.app.selection.with_untracked(|ids| ids.iter().map(DocumentId::to_string).collect());
        let (relations, elements): (BTreeSet<String>, BTreeSet<String>) =
            // A relation that was just made is not drawn yet, and a chosen element need not be on this diagram.
            selected.iter().cloned().partition(|id| picture.node(id).is_none() && !chosen.contains(id));
        let elements: Vec<DocumentId> = elements.iter().filter_map(|id| id.parse().ok()).collect();
        if self.relations.get_untracked() != relations {
            self.relations.set(relations);
        }
        if self.app.selection.get_untracked() != elements {
            self.app.selection.set(elements);
        }
    }

    /// The one selected element, if it is one.
    pub(super) fn single(self) -> Option<String> {
        let selected = self.selected.get_untracked();
        let only = selected.first().filter(|_| selected.len() == 1)?;
        self.picture.with_untracked(|picture| picture.node(only).map(|node| node.id.clone()))
    }

    /// Brings an element into sight.
    pub(super) fn reveal(self, id: &str) {
        let Some(rect) = self.picture.with_untracked(|picture| picture.node(id).map(|node| node.rect)) else {
            return;
        };
        let (size, camera) = (self.size.get_untracked(), self.camera.get_untracked());
        let next = camera.revealing(rect, size, 48.0);
        if next != camera {
            self.camera.set(next);
        }
    }

    /// Puts changed groups over the drawn ones.
    pub(super) fn lay_over(
        self,
        groups: HashMap<(Rank, String), Option<Group>>,
        rects: HashMap<String, Rect>,
    ) {
        let base = self.local.try_update_value(|local| {
            local.overlays += 1;
            // Far above the serials of pictures, which count groups ever drawn.
            (1 << 40) + local.overlays * 100_000
        });
        let groups = groups
            .into_iter()
            .zip(base.unwrap_or(1 << 40)..)
            .map(|((key, group), serial)| {
                (key, group.map(|group| Arc::new(Placed { serial, bounds: Rect::default(), group })))
            })
            .collect();
        self.overlay.set(Some(Arc::new(Overlay { groups, rects })));
    }

    /// What is to be drawn, given the part of the diagram in sight.
    pub(super) fn visible(self) -> Memo<Visible> {
        let area = Memo::new(move |_| {
            let whole = self.picture.with(|picture| picture.groups.len() <= WHOLE);
            if whole {
                return Rect::default();
            }
            let camera = self.painted.get();
            tiled(camera.visible(self.size.get()).grown(OVERSCAN / camera.zoom))
        });
        let detail = self.detail();
        Memo::new(move |_| {
            self.picture.with(|picture| {
                let area = area.get();
                let mut groups = picture.groups_within(area);
                let mut merged = Arc::default();
                if far::is_merged(picture, detail.get(), groups.len()) {
                    groups.retain(|placed| placed.group.role == Role::Frame);
                    merged = picture.merged();
                }
                self.overlay.with(|overlay| {
                    let Some(overlay) = overlay else { return };
                    groups = std::mem::take(&mut groups)
                        .into_iter()
                        .filter_map(|placed| {
                            let key = (rank(placed.group.role), placed.group.id.clone());
                            overlay.groups.get(&key).cloned().unwrap_or(Some(placed))
                        })
                        .collect();
                });
                Visible { groups, merged }
            })
        })
    }

    /// The level of detail.
    pub(super) fn detail(self) -> Memo<Detail> {
        Memo::new(move |_| Detail::at(self.camera.get().zoom))
    }
}

/// The area grown to whole tiles, so that panning redraws only now and then.
fn tiled(area: Rect) -> Rect {
    let wanted = (area.w.max(area.h) / 6.0).min(f64::from(1 << 30));
    let mut tile = 1.0;
    while tile < wanted {
        tile *= 2.0;
    }
    let (x, y) = ((area.x / tile).floor() * tile, (area.y / tile).floor() * tile);
    let (right, bottom) = ((area.right() / tile).ceil() * tile, (area.bottom() / tile).ceil() * tile);
    Rect::new(x, y, right - x, bottom - y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_the_area_and_stay_while_panning_a_little() {
        let area = Rect::new(130.0, -40.0, 900.0, 500.0);
        assert!(tiled(area).contains(&area));
        let moved = Rect { x: 140.0, ..area };
        assert_eq!(tiled(moved), tiled(area));
    }
}
