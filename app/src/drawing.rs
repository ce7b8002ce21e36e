//! What belongs on a diagram: which elements and relations a view shows, ready for layout.
//!
//! Lives here: scope, filter, focus and the lifting of relations to what is visible. Not here: where things stand
//! (`groundplan-diagram`) and how they are drawn (`shared::scene`).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use groundplan_diagram::{
    Deadline, DiagramElement, DiagramRelation, Direction, Drawn, NestedLayers, scene_flowing,
};
use groundplan_shared::api::{
    ApiError, ElementListParams, ElementSummary, ErrorCode, RelationListParams, RelationView, ViewFlow,
};
use groundplan_shared::model::{DocumentId, ElementKind, Position, RelationKind, ViewFilter};
use groundplan_shared::scene::{Interaction, Point};

use crate::core::{CoreError, Tx};
use crate::project::HIDDEN;
use crate::query;

/// Above this many cards a diagram without scope shows the outermost elements only.
const NESTED_MAX: usize = 600;
/// Above this many cards nothing is drawn: a narrower view is asked for.
const CARDS_MAX: usize = 6_000;
/// How long a layout may take before it is finished by cruder means.
const LAYOUT_TIME: Duration = Duration::from_millis(2_500);

/// What to show.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// Title of the drawing.
    pub title: String,
    /// Show the inside of this element.
    pub inside: Option<DocumentId>,
    /// Show this element and its neighbours up to so many relations away.
    pub focus: Option<(DocumentId, u8)>,
    /// Leave out what does not fit.
    pub filter: ViewFilter,
    /// Stored positions of cards.
    pub positions: BTreeMap<DocumentId, Position>,
    /// Which way relations lead.
    pub flow: ViewFlow,
}

/// Collects, lays out and draws.
pub(crate) fn draw(tx: &Tx<'_>, scope: &Scope) -> Result<Drawn, CoreError> {
    let (elements, relations) = collect(tx, scope)?;
    if elements.len() > CARDS_MAX {
        return Err(CoreError::Api(ApiError::new(
            ErrorCode::InvalidInput,
            format!("The diagram would show {} elements; {CARDS_MAX} can be drawn.", elements.len()),
            "Choose a system as its scope, or filter by kind or tag.",
        )));
    }
    let started = Instant::now();
    let deadline = Deadline::unlimited().with_clock(move || started.elapsed() > LAYOUT_TIME);
    let direction = match scope.flow {
        ViewFlow::Auto => Direction::Auto,
        ViewFlow::Across => Direction::Across,
        ViewFlow::Down => Direction::Down,
    };
    scene_flowing(&NestedLayers, &scope.title, &elements, &relations, direction, &deadline).map_err(|error| {
        CoreError::Api(ApiError::new(
            ErrorCode::InvalidInput,
            format!("The diagram cannot be drawn: {error}."),
            "Choose a narrower scope or filter.",
        ))
    })
}

fn collect(tx: &Tx<'_>, scope: &Scope) -> Result<(Vec<DiagramElement>, Vec<DiagramRelation>), CoreError> {
    let all: HashMap<DocumentId, ElementSummary> = query::elements(tx, &ElementListParams::default())?
        .items
        .into_iter()
        .map(|element| (element.id, element))
        .collect();
    // What may not be known here is drawn as something that is there, where something drawn leads to it.
    let signs: HashMap<DocumentId, String> =
        query::hidden_of(tx, "element")?.into_iter().map(|sign| (sign.id, sign.name)).collect();
    let known = |id: &DocumentId| all.contains_key(id) || signs.contains_key(id);
    let relations: Vec<RelationView> = query::relations(tx, &RelationListParams::default())?
        .items
        .into_iter()
        .filter(|relation| relation.kind.is_drawn() && known(&relation.target))
        .collect();
    let ordered = visible(&all, &relations, scope);
    let visible: HashSet<DocumentId> = ordered.iter().copied().collect();
    let mut elements: Vec<DiagramElement> = ordered
        .iter()
        .filter_map(|id| all.get(id))
        .map(|element| DiagramElement {
            id: element.id.to_string(),
            kind: drawn_kind(element).to_owned(),
            name: element.name.clone(),
            technology: element.technology.clone(),
            parent: nearest(&all, element.parent, &visible, scope.inside).map(|id| id.to_string()),
            external: element.external,
            position: scope.positions.get(&element.id).map(|at| Point::new(f64::from(at.x), f64::from(at.y))),
        })
        .collect();
    let mut lifted = Vec::new();
    let mut signed = BTreeSet::new();
    for relation in &relations {
        let source = nearest(&all, Some(relation.source), &visible, None);
        let target = match signs.contains_key(&relation.target) {
            true => Some(relation.target),
            false => nearest(&all, Some(relation.target), &visible, None),
        };
        let (Some(source), Some(target)) = (source, target) else { continue };
        if let Some(name) = signs.get(&target)
            && signed.insert(target)
        {
            elements.push(DiagramElement {
                id: target.to_string(),
                kind: HIDDEN.to_owned(),
                name: name.clone(),
                technology: None,
                parent: None,
                external: false,
                position: scope.positions.get(&target).map(|at| Point::new(f64::from(at.x), f64::from(at.y))),
            });
        }
        if source == target || within(&all, source, target) || within(&all, target, source) {
            continue;
        }
        lifted.push(DiagramRelation {
            id: relation.id.to_string(),
            kind: relation.kind.as_str().to_owned(),
            source: source.to_string(),
            target: target.to_string(),
            label: label(relation),
            interaction: interaction(relation),
        });
    }
    Ok((elements, lifted))
}

/// Chooses what is shown, ordered by name so that the same workspace gives the same drawing everywhere.
fn visible(
    all: &HashMap<DocumentId, ElementSummary>,
    relations: &[RelationView],
    scope: &Scope,
) -> Vec<DocumentId> {
    let fits = |element: &&ElementSummary| {
        let kinds = &scope.filter.kinds;
        let by_kind = if kinds.is_empty() { is_drawn(element.kind) } else { kinds.contains(&element.kind) };
        by_kind && (scope.filter.tags.is_empty() || !scope.filter.tags.is_disjoint(&element.tags))
    };
    let mut shown: HashSet<DocumentId> = HashSet::new();
    if let Some((centre, depth)) = scope.focus {
        shown = neighbourhood(centre, depth, relations);
        shown.retain(|id| all.get(id).is_some_and(|element| *id == centre || fits(&element)));
    } else if let Some(inside) = scope.inside {
        for element in all.values().filter(fits) {
            if element.id != inside && within(all, element.id, inside) {
                shown.insert(element.id);
            }
        }
        // What the inside talks to is shown from outside.
        let ends: Vec<(DocumentId, DocumentId)> = relations.iter().map(|r| (r.source, r.target)).collect();
        for (a, b) in ends.iter().flat_map(|(source, target)| [(*source, *target), (*target, *source)]) {
            if within(all, a, inside) && !within(all, b, inside) && b != inside {
                let outer = outermost_apart(all, b, inside);
                if all.get(&outer).is_some_and(|element| fits(&element)) {
                    shown.insert(outer);
                }
            }
        }
    } else {
        shown.extend(all.values().filter(fits).map(|element| element.id));
        if shown.len() > NESTED_MAX {
            let kept = shown.clone();
            shown.retain(|id| {
                nearest(all, all.get(id).and_then(|element| element.parent), &kept, None).is_none()
            });
        }
    }
    let mut shown: Vec<DocumentId> = shown.into_iter().collect();
    shown.sort_by_key(|id| (all.get(id).map(|element| element.name.to_lowercase()), *id));
    shown
}

fn neighbourhood(centre: DocumentId, depth: u8, relations: &[RelationView]) -> HashSet<DocumentId> {
    let mut shown = HashSet::from([centre]);
    for _ in 0..depth.clamp(1, 5) {
        let rim: BTreeSet<DocumentId> = relations
            .iter()
            .filter_map(|relation| {
                match (shown.contains(&relation.source), shown.contains(&relation.target)) {
                    (true, false) => Some(relation.target),
                    (false, true) => Some(relation.source),
                    _ => None,
                }
            })
            .collect();
        if rim.is_empty() {
            break;
        }
        shown.extend(rim);
    }
    shown
}

/// Walks upwards from `at` to the first element that is shown, without leaving `inside`.
fn nearest(
    all: &HashMap<DocumentId, ElementSummary>,
    mut at: Option<DocumentId>,
    shown: &HashSet<DocumentId>,
    inside: Option<DocumentId>,
) -> Option<DocumentId> {
    for _ in 0..64 {
        let id = at?;
        if Some(id) == inside {
            return None;
        }
        if shown.contains(&id) {
            return Some(id);
        }
        at = all.get(&id)?.parent;
    }
    None
}

fn within(all: &HashMap<DocumentId, ElementSummary>, id: DocumentId, outer: DocumentId) -> bool {
    let mut at = all.get(&id).and_then(|element| element.parent);
    for _ in 0..64 {
        match at {
            Some(above) if above == outer => return true,
            Some(above) => at = all.get(&above).and_then(|element| element.parent),
            None => return false,
        }
    }
    false
}

fn outermost_apart(
    all: &HashMap<DocumentId, ElementSummary>,
    id: DocumentId,
    inside: DocumentId,
) -> DocumentId {
    let mut outer = id;
    for _ in 0..64 {
        match all.get(&outer).and_then(|element| element.parent) {
            Some(above) if above != inside && !within(all, inside, above) && all.contains_key(&above) => {
                outer = above;
            }
            _ => break,
        }
    }
    outer
}

const fn is_drawn(kind: ElementKind) -> bool {
    use ElementKind as K;
    matches!(kind, K::Actor | K::Domain | K::System | K::Component | K::Datastore | K::Channel | K::Api)
}

/// A component that is a database or broker by type is drawn as what it is.
fn drawn_kind(element: &ElementSummary) -> &'static str {
    if element.kind == ElementKind::Component {
        match element.subtype.as_deref() {
            Some("database" | "cache" | "search" | "object-store" | "datastore") => return "datastore",
            Some("queue" | "broker" | "message-broker" | "stream" | "topic") => return "channel",
            _ => {}
        }
    }
    element.kind.as_str()
}

fn label(relation: &RelationView) -> Option<String> {
    // What an importer wrote about each of hundreds of edges is for the inspector; a protocol is worth its place.
    if relation.imported {
        return relation
            .properties
            .get("protocol")
            .map(|value| value.to_text())
            .filter(|text| !text.is_empty());
    }
    let text =
        |name: &str| relation.properties.get(name).map(|value| value.to_text()).filter(|t| !t.is_empty());
    match relation.kind {
        RelationKind::Uses => text("description").or_else(|| text("protocol")),
        kind => text("description").or_else(|| Some(kind.as_str().to_owned())),
    }
}

fn interaction(relation: &RelationView) -> Interaction {
    let said = relation.properties.get("interaction").map(|value| value.to_text());
    let lasting = matches!(relation.kind, RelationKind::Publishes | RelationKind::Subscribes);
    match said.as_deref() {
        Some("async") => Interaction::Async,
        Some(_) => Interaction::Sync,
        None if lasting => Interaction::Async,
        None => Interaction::Sync,
    }
}
