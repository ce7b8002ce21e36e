//! The sample workspace: Groundplan's own architecture, modelled and documented in `app/sample`.

use std::collections::{BTreeMap, HashMap};

use groundplan_import::markdown;
use groundplan_shared::api::{ApiError, ErrorCode};
use groundplan_shared::model::{
    DocumentId, DocumentKind, Element, ElementKind, Page, PageKind, PropertyValue, RelationKind, View,
    ViewKind,
};
use groundplan_shared::validate::{check_properties, check_relation, check_relation_properties};
use serde::Deserialize;

use crate::core::CoreError;
use crate::ops;
use crate::runtime::App;
use crate::{doc, env};

const MODEL: &str = include_str!("../sample/model.json");
const PAGES: &[(&str, &str)] = &[
    ("Read me first.md", include_str!("../sample/pages/Read me first.md")),
    ("Blind server.md", include_str!("../sample/pages/Blind server.md")),
    (
        "decisions/0001 One document per element.md",
        include_str!("../sample/pages/0001 One document per element.md"),
    ),
    ("runbooks/Sync server is down.md", include_str!("../sample/pages/Sync server is down.md")),
    ("runbooks/Device lost.md", include_str!("../sample/pages/Device lost.md")),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Model {
    elements: Vec<SampleElement>,
    views: Vec<SampleView>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SampleElement {
    key: String,
    kind: ElementKind,
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    properties: BTreeMap<String, PropertyValue>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    relations: Vec<SampleRelation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SampleRelation {
    kind: RelationKind,
    target: String,
    #[serde(default)]
    properties: BTreeMap<String, PropertyValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SampleView {
    name: String,
    kind: ViewKind,
    #[serde(default)]
    scope: Option<String>,
}

/// Fills the open workspace with the sample, in one step for undo.
pub(crate) fn fill(app: &App) -> Result<(), ApiError> {
    let model: Model = serde_json::from_str(MODEL).map_err(|error| {
        ApiError::new(ErrorCode::Unsupported, format!("The sample cannot be read: {error}."), "Report this.")
    })?;
    app.edit("Add the sample", |tx| {
        let mut ids: HashMap<String, DocumentId> = HashMap::new();
        let mut kinds: HashMap<DocumentId, ElementKind> = HashMap::new();
        for element in &model.elements {
            let id = DocumentId::new(env::make_uuid());
            ids.insert(element.key.clone(), id);
            kinds.insert(id, element.kind);
        }
        for (path, _) in PAGES {
            ids.insert(format!("page:{path}"), DocumentId::new(env::make_uuid()));
        }
        let find = |key: &str| {
            ids.get(key).copied().ok_or_else(|| {
                CoreError::Api(ApiError::new(
                    ErrorCode::Unsupported,
                    format!("The sample names \u{201c}{key}\u{201d}, which it does not hold."),
                    "Report this.",
                ))
            })
        };
        for sample in model.elements {
            let id = find(&sample.key)?;
            check_properties(sample.kind, &sample.properties)?;
            let mut relations = Vec::new();
            for wanted in sample.relations {
                let target = find(&wanted.target)?;
                check_relation(wanted.kind, sample.kind, kinds.get(&target).copied())?;
                check_relation_properties(&wanted.properties)?;
                let mut relation = ops::element::new_relation(wanted.kind, target);
                relation.properties = wanted.properties;
                relations.push(relation);
            }
            let element = Element {
                id,
                kind: sample.kind,
                name: sample.name,
                description: sample.description,
                properties: sample.properties,
                tags: sample.tags.into_iter().collect(),
                links: Vec::new(),
                relations,
                endpoints: Vec::new(),
                source: None,
            };
            tx.create(id, DocumentKind::Element, |doc| Ok(doc::element::write(doc, &element)?))?;
        }
        for (path, text) in PAGES {
            let id = find(&format!("page:{path}"))?;
            let split = markdown::split(text);
            let kind = match path.split('/').next() {
                Some("decisions") => PageKind::Adr,
                Some("runbooks") => PageKind::Runbook,
                _ => PageKind::Doc,
            };
            let title = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".md").to_owned();
            let page = Page {
                id,
                kind,
                title,
                path: (*path).to_owned(),
                front_matter: split.front_matter,
                body: split.body,
                tags: Default::default(),
                aliases: Default::default(),
                eol: Default::default(),
                bom: false,
                source: None,
            };
            tx.create(id, DocumentKind::Page, |doc| Ok(doc::page::write(doc, &page)?))?;
        }
        for sample in model.views {
            let scope = match &sample.scope {
                Some(key) => Some(find(key)?),
                None => None,
            };
            let view = View {
                id: DocumentId::new(env::make_uuid()),
                kind: sample.kind,
                name: sample.name,
                scope,
                filter: Default::default(),
                positions: Default::default(),
            };
            ops::view::add(tx, &view)?;
        }
        Ok(())
    })
}
