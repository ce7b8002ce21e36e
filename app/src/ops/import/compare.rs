//! Compares what a source says with what the workspace holds of it, and plans what to do.

use std::collections::{BTreeSet, HashMap, HashSet};

use groundplan_import::{ImportElement, ImportPage, ImportSet};
use groundplan_shared::api::{ImportCounts, ImportRow};
use groundplan_shared::model::{DocumentId, Element, Page, Relation, RelationId, RelationKind, SourceId};

use super::act::{Act, Edit};
use super::base::{self, Decision, Fields, decide};
use super::known::{Known, KnownByKey};
use crate::core::{CoreError, Tx};
use crate::env;
use crate::jobs::Job;

/// What an import would do.
#[derive(Default)]
pub(super) struct Plan {
    pub acts: Vec<Act>,
    pub rows: Vec<ImportRow>,
    pub counts: ImportCounts,
    /// Ids of the source's things, old and new.
    pub ids: HashMap<String, DocumentId>,
    /// What they are called in the source.
    names: HashMap<DocumentId, String>,
}

/// Relations of the source have no place in a preview's key space of their own: the parent's is this.
const PARENT: &str = "part_of";

pub(super) fn compare(
    _tx: &mut Tx<'_>,
    set: &ImportSet,
    known: &KnownByKey,
    job: &Job<'_>,
) -> Result<Plan, CoreError> {
    let mut plan = Plan::default();
    plan.counts.elements = set.elements.len() as u64;
    plan.counts.pages = set.pages.len() as u64;
    plan.counts.attachments = set.attachments.len() as u64;
    // Being part of something is a relation as well, and is listed as one.
    let parts = set.elements.iter().filter(|element| element.parent.is_some()).count();
    plan.counts.relations = (set.relations().count() + parts) as u64;
    let elements = set.elements.iter().map(|element| (&element.key, &element.name));
    for (key, name) in elements.chain(set.pages.iter().map(|page| (&page.key, &page.title))) {
        let id = known.get(key).map_or_else(|| DocumentId::new(env::make_uuid()), |(id, _)| *id);
        plan.ids.insert(key.clone(), id);
        plan.names.insert(id, name.clone());
    }
    let total = plan.ids.len() as u64;
    for (done, element) in set.elements.iter().enumerate() {
        job.step("compare", done as u64, total).map_err(CoreError::Api)?;
        match known.get(&element.key) {
            None => plan.add_element(element),
            Some((id, Known::Element(present))) => plan.change_element(*id, element, present),
            Some((id, _)) => plan.deleted_here("element", element.kind.as_str(), &element.name, *id),
        }
    }
    for (done, page) in set.pages.iter().enumerate() {
        job.step("compare", (set.elements.len() + done) as u64, total).map_err(CoreError::Api)?;
        match known.get(&page.key) {
            None => plan.add_page(page),
            Some((id, Known::Page(present))) => plan.change_page(*id, page, present),
            Some((id, _)) => plan.deleted_here("page", page.kind.as_str(), &page.title, *id),
        }
    }
    let mut gone: Vec<(&String, &(DocumentId, Known))> =
        known.iter().filter(|(key, _)| !plan.ids.contains_key(*key)).collect();
    gone.sort_by_key(|(key, _)| key.as_str());
    for (_, (id, present)) in gone {
        plan.remove(*id, present);
    }
    Ok(plan)
}

impl Plan {
    pub(super) fn row(
        &mut self,
        change: &str,
        document: &str,
        kind: &str,
        name: &str,
        fields: Vec<String>,
        id: Option<DocumentId>,
    ) {
        match change {
            "added" => self.counts.added += 1,
            "changed" => self.counts.changed += 1,
            "removed" => self.counts.removed += 1,
            _ => self.counts.drift += 1,
        }
        self.rows.push(ImportRow {
            change: change.to_owned(),
            document: document.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            fields,
            id,
        });
    }

    /// A row of a relation, named by both its ends as far as the source names them.
    fn relation(
        &mut self,
        change: &str,
        kind: RelationKind,
        (from, to): (&str, DocumentId),
        id: Option<DocumentId>,
    ) {
        let name = match self.names.get(&to) {
            Some(to) => format!("{from} \u{2192} {to}"),
            None => from.to_owned(),
        };
        self.row(change, "relation", kind.as_str(), &name, Vec::new(), id);
    }

    fn deleted_here(&mut self, document: &str, kind: &str, name: &str, id: DocumentId) {
        self.row("drift", document, kind, name, vec!["deleted here".to_owned()], Some(id));
    }

    fn add_element(&mut self, element: &ImportElement) {
        let Some(id) = self.ids.get(&element.key).copied() else { return };
        let relations = self.wanted(element);
        self.row("added", "element", element.kind.as_str(), &element.name, Vec::new(), None);
        for (_, kind, target, _) in &relations {
            self.relation("added", *kind, (&element.name, *target), None);
        }
        self.acts.push(Act::CreateElement { id, element: Box::new(element.clone()), relations });
    }

    /// The relations that the source wants: key, kind, target and fields. `part_of` is one of them.
    fn wanted(&self, element: &ImportElement) -> Vec<(String, RelationKind, DocumentId, Fields)> {
        let mut wanted = Vec::new();
        if let Some(parent) = element.parent.as_ref().and_then(|parent| self.ids.get(parent)) {
            let fields = Fields::from([
                ("#kind".to_owned(), RelationKind::PartOf.as_str().to_owned()),
                ("#target".to_owned(), parent.to_string()),
            ]);
            wanted.push((PARENT.to_owned(), RelationKind::PartOf, *parent, fields));
        }
        for relation in &element.relations {
            if let Some(target) = self.ids.get(&relation.target) {
                let fields = base::of_relation(relation, &target.to_string());
                wanted.push((relation.key.clone(), relation.kind, *target, fields));
            }
        }
        wanted
    }

    fn change_element(&mut self, id: DocumentId, said: &ImportElement, present: &Element) {
        let said_fields = base::of_element(said);
        let last = present.source.as_ref().map(|source| source.base.clone()).unwrap_or_default();
        let wanted: BTreeSet<String> = said_fields.keys().chain(last.keys()).cloned().collect();
        let now = base::of_present(present, &wanted);
        let (taken, drift) = decisions(&wanted, &said_fields, &last, &now);
        let mut edits: Vec<Edit> =
            taken.iter().map(|field| Edit::field(field, said_fields.get(field))).collect();
        if said_fields != last {
            edits.push(Edit::Base(said.key.clone(), said_fields));
        }
        self.tell("element", said.kind.as_str(), &said.name, id, &taken, &drift);
        self.change_relations(id, said, present, &mut edits);
        if !edits.is_empty() {
            self.acts.push(Act::EditElement { id, edits });
        }
    }

    fn change_relations(
        &mut self,
        id: DocumentId,
        said: &ImportElement,
        present: &Element,
        edits: &mut Vec<Edit>,
    ) {
        let source_of_element = present.source.as_ref().map(|source| source.source);
        let mut by_key: HashMap<&str, &Relation> = HashMap::new();
        for relation in &present.relations {
            if let Some(source) = relation.source.as_ref().filter(|s| Some(s.source) == source_of_element) {
                by_key.insert(&source.key, relation);
            }
        }
        let wanted = self.wanted(said);
        let keys: HashSet<&str> = wanted.iter().map(|(key, ..)| key.as_str()).collect();
        for (key, kind, target, fields) in &wanted {
            let Some(held) = by_key.get(key.as_str()) else {
                self.relation("added", *kind, (&said.name, *target), Some(id));
                let relation = RelationId::new(env::make_uuid());
                edits.push(Edit::Relation(relation, key.clone(), *kind, *target, fields.clone()));
                continue;
            };
            let last = held.source.as_ref().map(|source| source.base.clone()).unwrap_or_default();
            let now = base::of_present_relation(held);
            if *fields == last {
                continue;
            }
            if now == last {
                self.relation("changed", *kind, (&said.name, *target), Some(id));
                edits.push(Edit::Relation(held.id, key.clone(), *kind, *target, fields.clone()));
            } else {
                self.relation("drift", *kind, (&said.name, *target), Some(id));
            }
        }
        for (key, held) in by_key {
            if !keys.contains(key) {
                let last = held.source.as_ref().map(|source| source.base.clone()).unwrap_or_default();
                if base::of_present_relation(held) == last {
                    self.relation("removed", held.kind, (&said.name, held.target), Some(id));
                    edits.push(Edit::RemoveRelation(held.id));
                } else {
                    self.relation("drift", held.kind, (&said.name, held.target), Some(id));
                }
            }
        }
    }

    fn add_page(&mut self, page: &ImportPage) {
        let Some(id) = self.ids.get(&page.key).copied() else { return };
        self.row("added", "page", page.kind.as_str(), &page.title, Vec::new(), None);
        self.acts.push(Act::CreatePage { id, page: Box::new(page.clone()) });
    }

    fn change_page(&mut self, id: DocumentId, said: &ImportPage, present: &Page) {
        let said_fields = base::of_page(said);
        let last = present.source.as_ref().map(|source| source.base.clone()).unwrap_or_default();
        let wanted: BTreeSet<String> = said_fields.keys().chain(last.keys()).cloned().collect();
        let now = base::of_present_page(present);
        let (taken, drift) = decisions(&wanted, &said_fields, &last, &now);
        self.tell("page", said.kind.as_str(), &said.title, id, &taken, &drift);
        if !taken.is_empty() || said_fields != last {
            self.acts.push(Act::EditPage {
                id,
                page: Box::new(said.clone()),
                fields: taken,
                base: said_fields,
            });
        }
    }

    fn tell(
        &mut self,
        document: &str,
        kind: &str,
        name: &str,
        id: DocumentId,
        taken: &[String],
        drift: &[String],
    ) {
        let shown = |fields: &[String]| fields.iter().map(|field| base::shown(field)).collect::<Vec<_>>();
        if !taken.is_empty() {
            self.row("changed", document, kind, name, shown(taken), Some(id));
        } else if drift.is_empty() {
            self.counts.unchanged += 1;
        }
        if !drift.is_empty() {
            self.row("drift", document, kind, name, shown(drift), Some(id));
        }
    }

    /// What is no longer in the source goes, unless people worked on it.
    fn remove(&mut self, id: DocumentId, present: &Known) {
        let (document, kind, name, touched) = match present {
            Known::Deleted => return,
            Known::Element(element) => {
                let last = element.source.as_ref().map(|source| source.base.clone()).unwrap_or_default();
                let wanted = last.keys().cloned().collect();
                let own_relations = element.relations.iter().any(|relation| relation.source.is_none());
                let touched = base::of_present(element, &wanted) != last || own_relations;
                ("element", element.kind.as_str(), &element.name, touched)
            }
            Known::Page(page) => {
                let last = page.source.as_ref().map(|source| source.base.clone()).unwrap_or_default();
                ("page", page.kind.as_str(), &page.title, base::of_present_page(page) != last)
            }
        };
        if touched {
            self.row("drift", document, kind, name, vec!["no longer in the source".to_owned()], Some(id));
        } else {
            self.row("removed", document, kind, name, Vec::new(), Some(id));
            self.acts.push(Act::Delete(id));
        }
    }
}

fn decisions(
    wanted: &BTreeSet<String>,
    said: &Fields,
    last: &Fields,
    now: &Fields,
) -> (Vec<String>, Vec<String>) {
    let mut taken = Vec::new();
    let mut drift = Vec::new();
    for field in wanted {
        match decide(said.get(field), last.get(field), now.get(field)) {
            Decision::Keep => {}
            Decision::Take => taken.push(field.clone()),
            Decision::Drift => drift.push(field.clone()),
        }
    }
    (taken, drift)
}

/// Names the source of a thing.
pub(super) fn source(id: SourceId, key: &str, base: Fields) -> groundplan_shared::model::Source {
    groundplan_shared::model::Source { source: id, key: key.to_owned(), base }
}
