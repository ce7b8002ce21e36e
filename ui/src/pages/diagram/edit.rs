//! What the diagram page changes: places of cards, diagrams, elements and relations. Everything can be undone.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use crate::dom::prelude::*;
use groundplan_shared::api::{
    ApiError, ElementDeleteParams, RelationCreateParams, RelationDeleteParams, RelationListParams,
    ViewCreateParams, ViewDeleteParams, ViewFlow, ViewLayoutParams, ViewMoveParams, ViewUpdateParams,
};
use groundplan_shared::model::{DocumentId, ElementKind, RelationId, RelationKind, ViewFilter, ViewKind};
use leptos::task::spawn_local;

use super::state::Canvas;
use crate::canvas::drag;
use crate::canvas::picture::Picture;
use crate::canvas::select::Selected;
use crate::state::{DiagramRoute, Route};
use crate::text::{fill, t};

impl Canvas {
    /// Puts cards elsewhere: at once on the canvas, then in the diagram.
    pub(super) fn move_cards(self, cards: &HashSet<String>, dx: f64, dy: f64) {
        let picture = self.picture.get_untracked();
        let positions = drag::positions(&picture, cards, dx, dy);
        if positions.is_empty() || (dx == 0.0 && dy == 0.0) {
            self.overlay.set(None);
            return;
        }
        let moved = drag::moved(&picture, cards, dx, dy).applied(&picture);
        batch(|| {
            self.overlay.set(None);
            self.picture.set(Arc::new(Picture::new(moved, Some(&picture))));
        });
        self.local.update_value(|local| local.moves_waiting += 1);
        spawn_local(async move {
            let answer = self.store(positions).await;
            let Some(waiting) = self.local.try_update_value(|local| {
                local.moves_waiting = local.moves_waiting.saturating_sub(1);
                local.moves_waiting
            }) else {
                return;
            };
            if let Err(error) = answer {
                self.app.fail(error);
            }
            // A later move is on its way: its answer holds this one too.
            if waiting == 0 {
                self.load();
            }
        });
    }

    async fn store(
        self,
        positions: std::collections::BTreeMap<DocumentId, groundplan_shared::model::Position>,
    ) -> Result<(), ApiError> {
        let (id, made) = self.stored_view().await?;
        let positions = if made {
            // Nothing but the dragged cards may move when the drawing becomes a diagram.
            self.picture.with_untracked(|picture| {
                let nodes = picture.scene.nodes.iter().filter(|node| !node.is_group);
                let mut all =
                    drag::positions(picture, &nodes.map(|node| node.id.clone()).collect(), 0.0, 0.0);
                all.extend(positions);
                all
            })
        } else {
            positions
        };
        let answer = self.app.call(ViewMoveParams { id, positions }).await?;
        let at = self.at.get_untracked();
        if made {
            let at = DiagramRoute { id: Some(id), ..DiagramRoute::default() };
            self.keep_camera(at);
            let name = answer.view.as_ref().map_or("", |view| view.name.as_str());
            self.app.undoable(fill("diagram.kept", &[("name", name)]));
            self.app.replace(Route::Diagram(at));
        } else if at.scope.is_none()
            && at.focus.is_none()
            && at.id == Some(id)
            && self.local.try_with_value(|local| local.moves_waiting) == Some(1)
        {
            self.show(at, answer);
        }
        Ok(())
    }

    /// The diagram in which places are stored; where the drawing is none yet, it becomes one.
    async fn stored_view(self) -> Result<(DocumentId, bool), ApiError> {
        let at = self.at.get_untracked();
        if let Some(id) = at.id {
            return Ok((id, false));
        }
        let scope = at.scope;
        let element = scope.and_then(|id| self.app.index.with_untracked(|index| index.element(id).cloned()));
        let kind = match element.as_ref().map(|element| element.kind) {
            None | Some(ElementKind::Domain) => ViewKind::Landscape,
            Some(ElementKind::System) => ViewKind::Container,
            Some(_) => ViewKind::Component,
        };
        let name = element.map_or_else(|| t("diagram.kept_name").to_owned(), |element| element.name);
        let made =
            self.app.call(ViewCreateParams { kind, name, scope, filter: ViewFilter::default() }).await?;
        Ok((made.id, true))
    }

    /// Moves the selected elements by a step.
    pub(super) fn nudge(self, dx: f64, dy: f64) {
        let picture = self.picture.get_untracked();
        let ids: Vec<String> = self.selected.get_untracked().into_iter().collect();
        let cards = drag::movable(&picture, &ids);
        self.move_cards(&cards, dx, dy);
    }

    /// Lays the diagram out anew.
    pub(super) fn lay_out(self) {
        let at = self.at.get_untracked();
        let Some(id) = at.id else {
            // Nothing is stored, so nothing was moved: reading again is all there is to do.
            self.load();
            return;
        };
        let app = self.app;
        app.run(ViewLayoutParams { id, flow: ViewFlow::Auto }, move |answer| {
            if at.scope.is_none() && at.focus.is_none() && self.at.get_untracked() == at {
                self.show(at, answer);
                self.fit();
            } else {
                self.load();
            }
            app.undoable(t("diagram.laid_out"));
        });
    }

    /// Deletes what is selected.
    pub(super) fn delete_selected(self) {
        let elements = self.app.selection.get_untracked();
        let relations = self.relations.get_untracked();
        self.select(&Selected::new());
        let app = self.app;
        if !elements.is_empty() {
            app.run(ElementDeleteParams { ids: elements }, move |deleted| {
                app.undoable(deleted.label);
                self.load();
            });
        }
        if !relations.is_empty() {
            spawn_local(async move {
                match self.delete_relations(&relations).await {
                    Ok(Some(label)) => app.undoable(label),
                    Ok(None) => {}
                    Err(error) => app.fail(error),
                }
                self.load();
            });
        }
    }

    async fn delete_relations(self, edges: &BTreeSet<String>) -> Result<Option<String>, ApiError> {
        // An edge may stand for relations of parts that are not drawn; their sources are asked for.
        let wanted: HashSet<RelationId> = self.picture.with_untracked(|picture| {
            let drawn = edges.iter().filter_map(|id| picture.edge(id));
            drawn
                .flat_map(|edge| edge.relations.iter().chain(std::iter::once(&edge.id)))
                .filter_map(|id| id.parse().ok())
                .collect()
        });
        let all = self.app.call(RelationListParams::default()).await?;
        let mut label = None;
        for relation in all.items.into_iter().filter(|relation| wanted.contains(&relation.id)) {
            let params = RelationDeleteParams { source: relation.source, id: relation.id };
            label = Some(self.app.call(params).await?.label);
        }
        Ok(label)
    }

    /// Relates two elements.
    pub(super) fn relate(self, kind: RelationKind, source: DocumentId, target: DocumentId) {
        let app = self.app;
        let params = RelationCreateParams { kind, source, target, properties: Default::default() };
        app.run(params, move |made| {
            let values = [("source", made.source_name.as_str()), ("target", made.target_name.as_str())];
            app.undoable(fill("diagram.related", &values));
            self.select(&Selected::from([made.id.to_string()]));
            self.load();
        });
    }

    /// Makes a diagram of what is shown and goes there.
    pub(super) fn create_view(self, name: String) {
        let scope = self.at.get_untracked().scope;
        let kind = if scope.is_some() { ViewKind::Container } else { ViewKind::Landscape };
        let app = self.app;
        app.run(ViewCreateParams { kind, name, scope, filter: ViewFilter::default() }, move |view| {
            app.undoable(fill("diagram.created", &[("name", &view.name)]));
            app.go(Route::Diagram(DiagramRoute { id: Some(view.id), ..DiagramRoute::default() }));
            spawn_local(async move { app.load_index().await });
        });
    }

    /// Gives a diagram another name.
    pub(super) fn rename_view(self, id: DocumentId, name: String) {
        let app = self.app;
        let params = ViewUpdateParams { id, name: Some(name), scope: None, filter: None };
        app.run(params, move |_| {
            self.load();
            spawn_local(async move { app.load_index().await });
        });
    }

    /// Deletes a diagram; what it shows stays.
    pub(super) fn delete_view(self, id: DocumentId) {
        let app = self.app;
        let mut name = String::new();
        // It leaves the lists and the canvas first, so that nobody asks for it any more.
        app.index.update(|index| {
            let index = std::sync::Arc::make_mut(index);
            name = index.view(id).map(|view| view.name.clone()).unwrap_or_default();
            index.views.retain(|view| view.id != id);
        });
        app.go(crate::components::frame::main_diagram(app));
        spawn_local(async move {
            match app.call(ViewDeleteParams { id }).await {
                Ok(_) => app.undoable(fill("deleted.what", &[("name", &name)])),
                Err(error) => app.fail(error),
            }
            app.load_index().await;
        });
    }

    /// Shows the inside of an element if it has parts, else its page.
    pub(super) fn drill(self, id: &str) {
        let Ok(id) = id.parse::<DocumentId>() else { return };
        let has_parts =
            self.app.index.with_untracked(|index| index.elements.iter().any(|part| part.parent == Some(id)));
        if has_parts {
            let at = self.at.get_untracked();
            self.app.go(Route::Diagram(DiagramRoute { id: at.id, scope: Some(id), focus: None, depth: 0 }));
        } else {
            self.app.go(Route::Element(id));
        }
    }

    /// Leads one level out.
    pub(super) fn drill_out(self) {
        let at = self.at.get_untracked();
        if at.focus.is_some() {
            self.app.go(Route::Diagram(DiagramRoute { focus: None, depth: 0, ..at }));
            return;
        }
        let path = match self.shown.get_untracked() {
            Some(Ok(shown)) => shown.path,
            _ => return,
        };
        let Some((_, outer)) = path.split_last() else { return };
        let scope = outer.last().map(|reference| reference.id);
        let id = at.id.filter(|_| at.scope.is_some());
        self.app.go(Route::Diagram(DiagramRoute { id, scope, ..DiagramRoute::default() }));
    }

    /// Shows only the selected element and its neighbours, or everything again.
    pub(super) fn toggle_focus(self) {
        let at = self.at.get_untracked();
        let focus = match at.focus {
            Some(_) => None,
            None => match self.single().and_then(|id| id.parse().ok()) {
                Some(id) => Some(id),
                None => {
                    self.app.say(t("diagram.focus_what"));
                    return;
                }
            },
        };
        self.app.go(Route::Diagram(DiagramRoute { focus, depth: u8::from(focus.is_some()), ..at }));
    }

    /// Shows neighbours up to so many relations away.
    pub(super) fn set_depth(self, depth: u8) {
        let at = self.at.get_untracked();
        if at.focus.is_some() {
            self.app.replace(Route::Diagram(DiagramRoute { depth: depth.clamp(1, 5), ..at }));
        }
    }
}
