//! The sample while it is used: what is changed stays changed until the page closes.

use std::collections::BTreeMap;

use groundplan_shared::api::*;
use groundplan_shared::model::{
    DocumentId, Element, ElementKind, Page, PropertyValue, Relation, RelationId, RelationKind, WorkspaceId,
};

use super::sample::{ELEMENTS, RELATIONS, id, pages};

pub(super) struct Store {
    pub(super) elements: Vec<Element>,
    parents: BTreeMap<DocumentId, DocumentId>,
    pub(super) pages: Vec<Page>,
    pub(super) files: Vec<AttachmentView>,
    open: bool,
    known: bool,
    name: String,
    next: u8,
    pub(super) settings: Settings,
    pub(super) sync: SyncStatus,
    pub(super) edits: EditState,
}

fn blank(id: DocumentId, kind: ElementKind, name: &str) -> Element {
    Element {
        id,
        kind,
        name: name.to_owned(),
        description: String::new(),
        properties: BTreeMap::new(),
        tags: Default::default(),
        links: Vec::new(),
        relations: Vec::new(),
        endpoints: Vec::new(),
        source: None,
    }
}

impl Store {
    pub(super) fn new(state: &str) -> Self {
        let mut elements = Vec::new();
        let mut parents = BTreeMap::new();
        for (n, kind, name, technology, parent, lifecycle) in ELEMENTS {
            let mut element = blank(id(*n), *kind, name);
            for (key, value) in [("technology", technology), ("lifecycle", lifecycle)] {
                if !value.is_empty() {
                    element.properties.insert(key.to_owned(), PropertyValue::Text((*value).to_owned()));
                }
            }
            if *parent > 0 {
                parents.insert(id(*n), id(*parent));
            }
            if *name == "checkout" {
                element.tags = ["core", "pci", "eu"].into_iter().map(str::to_owned).collect();
                element.description = "Takes a cart, takes the money, promises a parcel.".to_owned();
                element.properties.insert("instances".to_owned(), PropertyValue::Integer(6));
                element.properties.insert("personal_data".to_owned(), PropertyValue::Bool(true));
                element
                    .properties
                    .insert("criticality".to_owned(), PropertyValue::Text("mission-critical".to_owned()));
            }
            elements.push(element);
        }
        for (at, (source, kind, target, words)) in (1_u8..).zip(RELATIONS) {
            let mut properties = BTreeMap::new();
            if !words.is_empty() {
                properties.insert("description".to_owned(), PropertyValue::Text((*words).to_owned()));
            }
            let relation = Relation {
                id: RelationId::from_bytes([at; 16]),
                kind: *kind,
                target: id(*target),
                properties,
                source: None,
            };
            if let Some(element) = elements.iter_mut().find(|element| element.id == id(*source)) {
                element.relations.push(relation);
            }
        }
        if state == "large" {
            elements.extend((0..10_000_u32).map(|n| {
                let mut bytes = [9; 16];
                bytes[..4].copy_from_slice(&n.to_be_bytes());
                blank(DocumentId::from_bytes(bytes), ElementKind::Component, &format!("service-{n:05}"))
            }));
        }
        let mut status = SyncStatus::bare(SyncState::UpToDate);
        status.last_heard =
            Some(("Mara\u{2019}s phone".to_owned(), crate::text::now_ms().saturating_sub(125_000)));
        status.server = Some("https://plan.example.org".to_owned());
        match state {
            "offline" => (status.state, status.waiting) = (SyncState::Offline, 14),
            "local" => status = SyncStatus::bare(SyncState::LocalOnly),
            "problem" => {
                (status.state, status.waiting) = (SyncState::Problem, 3);
                status.problem = Some(ApiError::new(
                    ErrorCode::ServerRefused,
                    "3 changes could not be sent: the server refuses this device.",
                    "Ask an owner of the workspace whether this device was removed, or sign in again.",
                ));
            }
            "removed" | "revoked" => {
                (status.state, status.waiting) = (SyncState::Problem, 3);
                status.standing =
                    if state == "removed" { MemberStanding::Removed } else { MemberStanding::DeviceRevoked };
            }
            "forked" => {
                (status.state, status.quarantined) = (SyncState::Problem, 1);
                let alarm = super::people::alarm();
                (status.alarm, status.problem) = (alarm.alarm, alarm.problem);
            }
            _ => {}
        }
        Self {
            elements,
            parents,
            pages: pages(),
            files: Vec::new(),
            open: state != "none",
            known: state != "none",
            name: "Northwind shop".to_owned(),
            next: 200,
            settings: Settings {
                theme: "system".to_owned(),
                device_name: "Mara\u{2019}s laptop".to_owned(),
                layout: String::new(),
            },
            sync: status,
            edits: EditState { undo: Some("Rename checkout".to_owned()), ..EditState::default() },
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Element> {
        self.elements.iter()
    }

    pub(super) fn parent(&self, id: DocumentId) -> Option<DocumentId> {
        self.parents.get(&id).copied()
    }

    pub(super) fn find(&self, id: DocumentId) -> Result<&Element, ApiError> {
        self.elements.iter().find(|element| element.id == id).ok_or_else(gone)
    }

    fn find_mut(&mut self, id: DocumentId) -> Result<&mut Element, ApiError> {
        self.elements.iter_mut().find(|element| element.id == id).ok_or_else(gone)
    }

    fn workspace(&self) -> WorkspaceView {
        WorkspaceView {
            id: WorkspaceId::from_bytes([1; 16]),
            name: self.name.clone(),
            opened_ms: crate::text::now_ms().saturating_sub(5_000_000),
            read_only: None,
            sync: self.sync.clone(),
        }
    }

    pub(super) fn status(&self) -> AppStatus {
        AppStatus {
            version: "0.1.0".to_owned(),
            profile: "default".to_owned(),
            data_dir: "~/.local/share/groundplan".to_owned(),
            key_storage: "keyring".to_owned(),
            device_name: self.settings.device_name.clone(),
            workspaces: if self.known { vec![self.workspace()] } else { Vec::new() },
            open: self.open.then(|| WorkspaceId::from_bytes([1; 16])),
            account: Some(AccountView {
                server: "https://plan.example.org".to_owned(),
                name: "mara".to_owned(),
                signed_in: true,
            }),
        }
    }

    pub(super) fn open(&mut self) -> WorkspaceView {
        (self.open, self.known) = (true, true);
        self.workspace()
    }

    pub(super) fn create_workspace(&mut self, name: String) -> WorkspaceView {
        self.name = name;
        self.elements.clear();
        self.pages.clear();
        self.sync = SyncStatus::bare(SyncState::LocalOnly);
        self.open()
    }

    pub(super) fn set(&mut self, params: SettingsSetParams) -> Settings {
        let settings = &mut self.settings;
        settings.theme = params.theme.unwrap_or_else(|| settings.theme.clone());
        settings.device_name = params.device_name.unwrap_or_else(|| settings.device_name.clone());
        settings.layout = params.layout.unwrap_or_else(|| settings.layout.clone());
        settings.clone()
    }

    pub(super) fn summary(&self) -> WorkspaceSummary {
        let mut summary = WorkspaceSummary {
            workspace: self.workspace(),
            elements: BTreeMap::new(),
            relations: BTreeMap::new(),
            pages: BTreeMap::new(),
            views: 2,
            dangling: 2,
        };
        for element in &self.elements {
            *summary.elements.entry(element.kind.to_string()).or_default() += 1;
            for relation in &element.relations {
                *summary.relations.entry(relation.kind.to_string()).or_default() += 1;
            }
        }
        for page in &self.pages {
            *summary.pages.entry(page.kind.to_string()).or_default() += 1;
        }
        summary
    }

    pub(super) fn elements(&self) -> ElementList {
        let items: Vec<ElementSummary> = self
            .elements
            .iter()
            .map(|element| ElementSummary {
                id: element.id,
                kind: element.kind,
                name: element.name.clone(),
                technology: element.property("technology"),
                subtype: None,
                lifecycle: element.property("lifecycle"),
                parent: self.parent(element.id),
                owner: None,
                tags: element.tags.clone(),
                external: false,
            })
            .collect();
        ElementList { total: items.len() as u64, items, next: None, hidden: Vec::new() }
    }

    pub(super) fn reference(&self, id: DocumentId) -> Reference {
        let element =
            self.find(id).ok().map(|element| ("element", element.kind.to_string(), element.name.clone()));
        let page = || {
            let page = self.pages.iter().find(|page| page.id == id)?;
            Some(("page", page.kind.to_string(), page.title.clone()))
        };
        let (document, kind, name) =
            element.or_else(page).unwrap_or_else(|| ("missing", String::new(), String::new()));
        Reference { id, document: document.to_owned(), kind, name }
    }

    fn relation(&self, source: DocumentId, relation: &Relation) -> RelationView {
        let target = self.reference(relation.target);
        RelationView {
            id: relation.id,
            kind: relation.kind,
            source,
            source_name: self.reference(source).name,
            target: relation.target,
            target_name: target.name,
            target_kind: target.kind,
            properties: relation.properties.clone(),
            imported: relation.kind == RelationKind::Stores,
        }
    }

    pub(super) fn view(&self, id: DocumentId) -> Result<ElementView, ApiError> {
        let element = self.find(id)?.clone();
        let outgoing: Vec<_> = element.relations.iter().map(|relation| self.relation(id, relation)).collect();
        let incoming = self.elements.iter().flat_map(|source| {
            source
                .relations
                .iter()
                .filter(|relation| relation.target == id)
                .map(|relation| self.relation(source.id, relation))
        });
        let incoming = incoming.collect();
        let mut path = Vec::new();
        let mut at = self.parent(id);
        while let Some(parent) = at {
            path.insert(0, self.reference(parent));
            at = self.parent(parent);
        }
        let checkout = element.name == "checkout";
        Ok(ElementView {
            parent: self.parent(id).map(|parent| self.reference(parent)),
            path,
            children: self
                .parents
                .iter()
                .filter(|(_, parent)| **parent == id)
                .map(|(child, _)| self.reference(*child))
                .collect(),
            pages: outgoing
                .iter()
                .filter(|relation| matches!(relation.target_kind.as_str(), "doc" | "adr" | "runbook"))
                .map(|relation| self.reference(relation.target))
                .collect(),
            outgoing,
            incoming,
            views: Vec::new(),
            conflicts: if checkout {
                vec![FieldConflict {
                    field: "properties.lifecycle".to_owned(),
                    values: vec!["production".to_owned(), "deprecated".to_owned()],
                }]
            } else {
                Vec::new()
            },
            source_title: None,
            drift: Vec::new(),
            element,
        })
    }

    pub(super) fn fresh(&mut self) -> DocumentId {
        self.next = self.next.wrapping_add(1);
        id(self.next)
    }

    pub(super) fn create(&mut self, params: ElementCreateParams) -> Result<ElementView, ApiError> {
        let id = self.fresh();
        self.elements.push(blank(id, params.kind, &params.name));
        if let Some(parent) = params.parent {
            self.parents.insert(id, parent);
        }
        self.view(id)
    }

    pub(super) fn update(&mut self, params: ElementUpdateParams) -> Result<ElementView, ApiError> {
        let element = self.find_mut(params.id)?;
        element.name = params.name.unwrap_or_else(|| element.name.clone());
        element.kind = params.kind.unwrap_or(element.kind);
        for (name, value) in params.properties {
            match value {
                Some(value) => drop(element.properties.insert(name, value)),
                None => drop(element.properties.remove(&name)),
            }
        }
        element.tags.extend(params.add_tags);
        element.tags.retain(|tag| !params.remove_tags.contains(tag));
        element.links.extend(params.set_links);
        element.links.retain(|link| !params.remove_links.contains(&link.id));
        if let Some(parent) = params.parent {
            self.parents.insert(params.id, parent);
        } else if params.clear_parent {
            self.parents.remove(&params.id);
        }
        self.view(params.id)
    }

    pub(super) fn delete(&mut self, ids: &[DocumentId]) -> Deleted {
        let name = ids.first().map(|id| self.reference(*id).name).unwrap_or_default();
        self.elements.retain(|element| !ids.contains(&element.id));
        Deleted { documents: ids.len() as u64, relations: 0, label: format!("Deleted {name}") }
    }

    pub(super) fn relate(&mut self, params: RelationCreateParams) -> Result<RelationView, ApiError> {
        self.next = self.next.wrapping_add(1);
        let relation = Relation {
            id: RelationId::from_bytes([self.next; 16]),
            kind: params.kind,
            target: params.target,
            properties: params.properties,
            source: None,
        };
        self.find_mut(params.source)?.relations.push(relation.clone());
        Ok(self.relation(params.source, &relation))
    }

    pub(super) fn change_relation(&mut self, params: RelationUpdateParams) -> Result<RelationView, ApiError> {
        let element = self.find_mut(params.source)?;
        let relation =
            element.relations.iter_mut().find(|relation| relation.id == params.id).ok_or_else(gone)?;
        relation.kind = params.kind.unwrap_or(relation.kind);
        for (name, value) in params.properties {
            match value {
                Some(value) => drop(relation.properties.insert(name, value)),
                None => drop(relation.properties.remove(&name)),
            }
        }
        let relation = relation.clone();
        Ok(self.relation(params.source, &relation))
    }

    pub(super) fn unrelate(&mut self, params: &RelationDeleteParams) -> Result<Deleted, ApiError> {
        self.find_mut(params.source)?.relations.retain(|relation| relation.id != params.id);
        Ok(Deleted { documents: 0, relations: 1, label: "Deleted a relation".to_owned() })
    }

    pub(super) fn set_endpoint(&mut self, params: EndpointSetParams) -> Result<ElementView, ApiError> {
        let element = self.find_mut(params.api)?;
        element.endpoints.retain(|endpoint| endpoint.id != params.endpoint.id);
        element.endpoints.push(params.endpoint);
        self.view(params.api)
    }
}

pub(super) fn gone() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "That does not exist any more.", "Go back to the overview.")
}
