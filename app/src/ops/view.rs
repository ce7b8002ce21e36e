//! Diagrams: create, list, draw, place, lay out, change, delete.

use std::collections::BTreeMap;

use groundplan_diagram::Drawn;
use groundplan_shared::api::{
    ApiError, Deleted, ViewCreateParams, ViewDeleteParams, ViewFlow, ViewLayoutParams, ViewList,
    ViewListParams, ViewMoveParams, ViewScene, ViewSceneParams, ViewSummary, ViewUpdateParams,
};
use groundplan_shared::model::{DocumentId, DocumentKind, Position, View};
use groundplan_shared::scene::Point;
use groundplan_shared::validate::{FieldError, check_name};

use super::{missing, require_element};
use crate::core::{CoreError, INTERNAL, Tx};
use crate::drawing::{self, Scope};
use crate::runtime::App;
use crate::{doc, env, query};

/// Farthest a card may stand from the origin.
const FAR: i32 = 1_000_000;

/// Creates a diagram.
pub fn create(app: &App, params: ViewCreateParams) -> Result<ViewSummary, ApiError> {
    check_name("name", &params.name)?;
    let id = DocumentId::new(env::make_uuid());
    let view = View {
        id,
        kind: params.kind,
        name: params.name,
        scope: params.scope,
        filter: params.filter,
        positions: BTreeMap::new(),
    };
    app.edit(&format!("Create diagram {}", view.name), |tx| {
        if let Some(scope) = view.scope {
            require_element(tx, scope)?;
        }
        add(tx, &view)
    })?;
    app.read(|tx| summary(tx, id))
}

/// Makes the document of a view.
pub(crate) fn add(tx: &mut Tx<'_>, view: &View) -> Result<(), CoreError> {
    // Named after what it shows the inside of, it is not for those who may not know that.
    let above = match view.scope {
        Some(scope) => tx.compartment_of(scope)?.filter(|scope| *scope > INTERNAL),
        None => None,
    };
    let within = above.unwrap_or(INTERNAL);
    tx.create_in(view.id, DocumentKind::View, within, |doc| Ok(doc::view::write(doc, view)?))
}

/// Lists diagrams.
pub fn list(app: &App, _: ViewListParams) -> Result<ViewList, ApiError> {
    app.read(|tx| Ok(ViewList { items: query::views(tx)?, hidden: query::hidden_of(tx, "view")? }))
}

/// Draws a diagram. Cards that have no place yet get one, and keep it.
pub fn scene(app: &App, params: ViewSceneParams) -> Result<ViewScene, ApiError> {
    let plain = params.scope.is_none() && params.focus.is_none();
    let (answer, placed) = app.read(|tx| {
        let view = match params.id {
            Some(id) => Some(load(tx, id)?),
            None => None,
        };
        for id in [params.scope, params.focus].into_iter().flatten() {
            require_element(tx, id)?;
        }
        let inside = params.scope.or(view.as_ref().and_then(|view| view.scope));
        let title = match (&view, inside) {
            (Some(view), _) => view.name.clone(),
            (None, Some(id)) => query::reference(tx, id)?.name,
            (None, None) => "Everything".to_owned(),
        };
        let scope = Scope {
            title,
            inside,
            focus: params.focus.map(|id| (id, params.focus_depth)),
            filter: view.as_ref().map(|view| view.filter.clone()).unwrap_or_default(),
            positions: match &view {
                Some(view) if plain => view.positions.clone(),
                _ => BTreeMap::new(),
            },
            flow: ViewFlow::Auto,
        };
        let drawn = drawing::draw(tx, &scope)?;
        answer(tx, params.id, inside, drawn)
    })?;
    if let (true, Some(id), false) = (plain, params.id, placed.is_empty()) {
        remember(app, id, &placed)?;
    }
    Ok(answer)
}

/// Puts cards elsewhere.
pub fn move_cards(app: &App, params: ViewMoveParams) -> Result<ViewScene, ApiError> {
    if params.positions.values().any(|at| at.x.abs() > FAR || at.y.abs() > FAR) {
        return Err(FieldError::new("positions", "lie outside the drawing", "Move the card nearer.").into());
    }
    let id = params.id;
    app.edit("Move on diagram", |tx| {
        load(tx, id)?;
        tx.edit(id, |doc| {
            for (card, position) in &params.positions {
                doc::view::set_position(doc, *card, Some(*position))?;
            }
            Ok(())
        })
    })?;
    scene(app, ViewSceneParams { id: Some(id), scope: None, focus: None, focus_depth: 0 })
}

/// Lays a diagram out anew; undo brings the old places back.
pub fn layout(app: &App, params: ViewLayoutParams) -> Result<ViewScene, ApiError> {
    let id = params.id;
    let (answer, placed, old) = app.read(|tx| {
        let view = load(tx, id)?;
        let scope = Scope {
            title: view.name.clone(),
            inside: view.scope,
            focus: None,
            filter: view.filter.clone(),
            positions: BTreeMap::new(),
            flow: params.flow,
        };
        let drawn = drawing::draw(tx, &scope)?;
        let (answer, placed) = answer(tx, Some(id), view.scope, drawn)?;
        Ok((answer, placed, view.positions))
    })?;
    let name = answer.view.as_ref().map(|view| view.name.clone()).unwrap_or_default();
    app.edit(&format!("Lay out {name}"), |tx| {
        tx.edit(id, |doc| {
            for card in old.keys().filter(|card| !placed.contains_key(card)) {
                doc::view::set_position(doc, *card, None)?;
            }
            for (card, position) in &placed {
                doc::view::set_position(doc, *card, Some(*position))?;
            }
            Ok(())
        })
    })?;
    Ok(answer)
}

/// Changes name, scope or filter.
pub fn update(app: &App, params: ViewUpdateParams) -> Result<ViewSummary, ApiError> {
    if let Some(name) = &params.name {
        check_name("name", name)?;
    }
    let id = params.id;
    app.edit("Change diagram", |tx| {
        load(tx, id)?;
        if let Some(scope) = params.scope {
            require_element(tx, scope)?;
        }
        tx.edit(id, |doc| {
            if let Some(name) = &params.name {
                doc::view::set_name(doc, name)?;
            }
            if params.scope.is_some() {
                doc::view::set_scope(doc, params.scope)?;
            }
            if let Some(filter) = &params.filter {
                doc::view::set_filter(doc, filter)?;
            }
            Ok(())
        })
    })?;
    app.read(|tx| summary(tx, id))
}

/// Deletes a diagram; what it shows stays.
pub fn delete(app: &App, params: ViewDeleteParams) -> Result<Deleted, ApiError> {
    let name = app.read(|tx| Ok(summary(tx, params.id)?.name))?;
    let label = format!("Delete diagram {name}");
    app.edit(&label, |tx| tx.delete(params.id))?;
    Ok(Deleted { documents: 1, relations: 0, label })
}

fn load(tx: &mut Tx<'_>, id: DocumentId) -> Result<View, CoreError> {
    if query::reference(tx, id)?.document != "view" {
        return Err(missing("diagram", id));
    }
    tx.with(id, |doc| doc::view::read(doc, id))?.ok_or_else(|| missing("diagram", id))
}

fn summary(tx: &Tx<'_>, id: DocumentId) -> Result<ViewSummary, CoreError> {
    query::views(tx)?.into_iter().find(|view| view.id == id).ok_or_else(|| missing("diagram", id))
}

fn answer(
    tx: &Tx<'_>,
    id: Option<DocumentId>,
    inside: Option<DocumentId>,
    drawn: Drawn,
) -> Result<(ViewScene, BTreeMap<DocumentId, Position>), CoreError> {
    let mut path = Vec::new();
    if let Some(inside) = inside {
        path = query::path_to(tx, inside)?;
        path.push(query::reference(tx, inside)?);
    }
    let view = match id {
        Some(id) => Some(summary(tx, id)?),
        None => None,
    };
    let placed =
        drawn.placed.iter().filter_map(|(id, point)| Some((id.parse().ok()?, rounded(*point)))).collect();
    Ok((ViewScene { view, path, scene: drawn.scene, coarse: drawn.degraded }, placed))
}

#[expect(clippy::cast_possible_truncation, reason = "the drawing is bounded far below the range of i32")]
fn rounded(point: Point) -> Position {
    let unit = |value: f64| value.round().clamp(f64::from(-FAR), f64::from(FAR)) as i32;
    Position { x: unit(point.x), y: unit(point.y) }
}

/// Stores where new cards were put, so that they stay there. No step for undo: nobody asked for it.
fn remember(app: &App, id: DocumentId, placed: &BTreeMap<DocumentId, Position>) -> Result<(), ApiError> {
    let workspace = app.workspace()?;
    if workspace.read_only().is_some() {
        return Ok(());
    }
    Ok(workspace.transaction::<(), CoreError>(|tx| {
        tx.edit(id, |doc| {
            for (card, position) in placed {
                doc::view::set_position(doc, *card, Some(*position))?;
            }
            Ok(())
        })
    })?)
}
