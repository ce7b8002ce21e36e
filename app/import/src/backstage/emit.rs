//! Turns entities into elements and their references into relations.

use std::collections::{BTreeSet, HashMap, HashSet};

use groundplan_shared::model::{ElementKind, RelationKind};

use super::entity::Entity;
use super::fields::element;
use super::reference::Reference;
use crate::finish::line_text;
use crate::set::{Dangling, ImportElement, ImportRelation, ImportSet};

pub(super) fn emit(entities: &[Entity], set: &mut ImportSet) {
    let mut graph = Graph::default();
    let mut counts: HashMap<Reference, usize> = HashMap::new();
    let mut people = 0_usize;
    // Which element each entity became; people became none.
    let mut made: Vec<Option<usize>> = Vec::with_capacity(entities.len());
    for entity in entities {
        let count = counts.entry(entity.reference()).or_default();
        *count += 1;
        let key = if *count == 1 { entity.key() } else { format!("{}#{count}", entity.key()) };
        if *count == 2 {
            let message = format!(
                "`{}` is described more than once; each description became an element, references lead to the first.",
                entity.key()
            );
            set.note(&entity.file, Some(entity.mark.line), message);
        }
        let Some(element) = element(entity, &key) else {
            people += 1;
            graph.people.insert(entity.reference());
            made.push(None);
            continue;
        };
        made.push(Some(graph.elements.len()));
        graph.by_reference.entry(entity.reference()).or_insert(graph.elements.len());
        graph.elements.push(element);
    }
    if people > 0 {
        set.note("", None, format!("{people} people were read as members of their teams."));
    }
    for (entity, at) in entities.iter().zip(&made) {
        match at {
            Some(at) => graph.connect(entity, *at, set),
            None => graph.membership(entity),
        }
    }
    graph.write_members();
    set.elements = graph.elements;
}

#[derive(Default)]
struct Graph {
    elements: Vec<ImportElement>,
    by_reference: HashMap<Reference, usize>,
    people: HashSet<Reference>,
    members: HashMap<usize, BTreeSet<String>>,
    related: HashSet<(usize, RelationKind, usize)>,
}

impl Graph {
    fn key(&self, at: usize) -> String {
        self.elements.get(at).map(|element| element.key.clone()).unwrap_or_default()
    }

    fn find(&self, reference: &Reference) -> Option<usize> {
        self.by_reference.get(reference).copied()
    }

    fn connect(&mut self, entity: &Entity, at: usize, set: &mut ImportSet) {
        self.owner(entity, at, set);
        let parents: &[(&str, &str)] = match entity.kind.as_str() {
            "component" => &[("subcomponentOf", "component"), ("system", "system")],
            "api" | "resource" => &[("system", "system")],
            "system" => &[("domain", "domain")],
            "domain" => &[("subdomainOf", "domain")],
            _ => &[("parent", "group")],
        };
        for (field, kind) in parents {
            for (text, line) in self.texts(entity, field, set) {
                self.parent(entity, at, (field, kind), &text, line, set);
            }
        }
        for (field, kind, relation) in [
            ("dependsOn", "component", RelationKind::Uses),
            ("providesApis", "api", RelationKind::Provides),
            ("consumesApis", "api", RelationKind::Consumes),
        ] {
            for (text, line) in self.texts(entity, field, set) {
                match self.find(&Reference::read(&text, kind, &entity.namespace)) {
                    Some(target) => self.relate(at, target, relation, field, line),
                    None => set.dangling.push(self.missing(entity, at, field, text, line)),
                }
            }
        }
        for (text, line) in self.texts(entity, "dependencyOf", set) {
            match self.find(&Reference::read(&text, "component", &entity.namespace)) {
                Some(source) => self.relate(source, at, RelationKind::Uses, "dependencyOf", line),
                None => set.dangling.push(self.missing(entity, at, "dependencyOf", text, line)),
            }
        }
        if entity.kind == "group" {
            for (text, _) in self.texts(entity, "members", set) {
                self.members.entry(at).or_default().insert(Self::person(&text));
            }
            for (text, line) in self.texts(entity, "children", set) {
                self.child(entity, at, text, line, set);
            }
        }
    }

    /// Reads references; those that are no texts become notes.
    fn texts(&self, entity: &Entity, field: &str, set: &mut ImportSet) -> Vec<(String, u32)> {
        entity.texts(field).unwrap_or_else(|error| {
            let refusal = error.refusal();
            let line = refusal.and_then(|refusal| refusal.line);
            let reason = refusal.map_or_else(String::new, |refusal| refusal.reason.clone());
            set.note(&entity.file, line, format!("Left out of `{}`: {reason}.", entity.key()));
            Vec::new()
        })
    }

    fn owner(&mut self, entity: &Entity, at: usize, set: &mut ImportSet) {
        for (text, line) in self.texts(entity, "owner", set) {
            let reference = Reference::read(&text, "group", &entity.namespace);
            match self.find(&reference) {
                Some(target) => self.relate(at, target, RelationKind::OwnedBy, "owner", line),
                None => {
                    let mut missing = self.missing(entity, at, "owner", text, line);
                    if self.people.contains(&reference) || reference.kind == "user" {
                        missing.reason = "It is a person; owners are teams.".to_owned();
                    }
                    set.dangling.push(missing);
                }
            }
        }
    }

    fn parent(
        &mut self,
        entity: &Entity,
        at: usize,
        (field, kind): (&str, &str),
        text: &str,
        line: u32,
        set: &mut ImportSet,
    ) {
        match self.find(&Reference::read(text, kind, &entity.namespace)) {
            Some(target) => {
                let key = self.key(target);
                if let Some(element) = self.elements.get_mut(at) {
                    element.parent.get_or_insert(key);
                }
            }
            None => set.dangling.push(self.missing(entity, at, field, text.to_owned(), line)),
        }
    }

    fn child(&mut self, entity: &Entity, at: usize, text: String, line: u32, set: &mut ImportSet) {
        match self.find(&Reference::read(&text, "group", &entity.namespace)) {
            Some(child) => {
                let key = self.key(at);
                if let Some(element) = self.elements.get_mut(child) {
                    element.parent.get_or_insert(key);
                }
            }
            None => set.dangling.push(self.missing(entity, at, "children", text, line)),
        }
    }

    fn relate(&mut self, source: usize, target: usize, kind: RelationKind, origin: &str, line: u32) {
        let node = self.elements.get(target).is_some_and(|element| element.kind == ElementKind::Node);
        let kind = if kind == RelationKind::Uses && node { RelationKind::RunsOn } else { kind };
        // `dependsOn` here and `dependencyOf` there say the same.
        if !self.related.insert((source, kind, target)) {
            return;
        }
        let target = self.key(target);
        if let Some(element) = self.elements.get_mut(source) {
            element.relations.push(ImportRelation::new(kind, origin, &element.key, &target, line));
        }
    }

    fn missing(&self, entity: &Entity, at: usize, what: &str, to: String, line: u32) -> Dangling {
        Dangling {
            from: self.key(at),
            to,
            what: what.to_owned(),
            reason: "The source does not hold it.".to_owned(),
            file: entity.file.clone(),
            line,
        }
    }

    fn person(text: &str) -> String {
        text.rsplit(['/', ':']).next().unwrap_or(text).trim().to_owned()
    }

    fn membership(&mut self, entity: &Entity) {
        for (text, _) in entity.texts("memberOf").unwrap_or_default() {
            if let Some(team) = self.find(&Reference::read(&text, "group", &entity.namespace)) {
                self.members.entry(team).or_default().insert(entity.name.clone());
            }
        }
    }

    fn write_members(&mut self) {
        for (team, members) in &self.members {
            let list = members.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            if let Some(element) = self.elements.get_mut(*team) {
                element.set("members", line_text(&list, 2_000));
            }
        }
    }
}
