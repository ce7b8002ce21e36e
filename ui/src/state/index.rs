//! Everything that lists need about the open workspace: elements, pages and diagrams, by id and by parent.
//!
//! Not here: what one element or page holds; views ask for that.

use std::collections::{BTreeSet, HashMap};

use groundplan_shared::api::{ElementSummary, ElementView, PageSummary, Reference, ViewSummary};
use groundplan_shared::model::{DocumentId, ElementKind};

use crate::transport::Json;

/// The lists of a workspace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Index {
    /// Elements by name.
    pub elements: Vec<ElementSummary>,
    /// Pages by path.
    pub pages: Vec<PageSummary>,
    /// Diagrams by name.
    pub views: Vec<ViewSummary>,
    /// What the explorer shows of a large workspace before its lists are here; none once they are.
    pub outline: Option<Outline>,
    place: HashMap<DocumentId, usize>,
}

/// How much there is where only the outermost elements were read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outline {
    /// Elements in the workspace.
    pub all: u64,
    /// Outermost elements; the first of them were read.
    pub outermost: u64,
    /// How many parts those have.
    pub parts: HashMap<DocumentId, u64>,
}

impl Index {
    /// Makes the index of three lists.
    pub fn new(elements: Vec<ElementSummary>, pages: Vec<PageSummary>, views: Vec<ViewSummary>) -> Self {
        let mut index = Self { elements, pages, views, outline: None, place: HashMap::new() };
        index.sort();
        index
    }

    /// Makes the index of the first of the outermost elements: what is seen of a large workspace at first.
    /// `first` is the answer of `explorer/list`.
    pub fn outline(first: &Json<'_>, views: Vec<ViewSummary>) -> Self {
        let (all, outermost) = (first.whole("all"), first.whole("total"));
        let mut outline = Outline { all, outermost, parts: HashMap::new() };
        let mut elements = Vec::new();
        for row in first.list("rows") {
            let (Ok(id), Ok(kind)) = (row.text("id").parse(), row.text("kind").parse()) else { continue };
            outline.parts.insert(id, row.whole("parts"));
            elements.push(ElementSummary {
                id,
                kind,
                name: row.text("name"),
                technology: None,
                subtype: None,
                lifecycle: None,
                parent: None,
                owner: None,
                tags: BTreeSet::new(),
                external: false,
            });
        }
        Self { outline: Some(outline), ..Self::new(elements, Vec::new(), views) }
    }

    fn sort(&mut self) {
        let mut named: Vec<(String, ElementSummary)> =
            self.elements.drain(..).map(|element| (element.name.to_lowercase(), element)).collect();
        super::order::by(&mut named, |a, b| (&a.0, a.1.id) < (&b.0, b.1.id));
        self.elements = named.into_iter().map(|(_, element)| element).collect();
        self.place = self.elements.iter().enumerate().map(|(place, element)| (element.id, place)).collect();
    }

    /// Finds an element.
    pub fn element(&self, id: DocumentId) -> Option<&ElementSummary> {
        self.place.get(&id).and_then(|place| self.elements.get(*place))
    }

    /// Finds a page.
    pub fn page(&self, id: DocumentId) -> Option<&PageSummary> {
        self.pages.iter().find(|page| page.id == id)
    }

    /// Finds a diagram.
    pub fn view(&self, id: DocumentId) -> Option<&ViewSummary> {
        self.views.iter().find(|view| view.id == id)
    }

    /// The name of an element, page or diagram.
    pub fn name(&self, id: DocumentId) -> Option<&str> {
        self.element(id)
            .map(|element| element.name.as_str())
            .or_else(|| self.page(id).map(|page| page.title.as_str()))
            .or_else(|| self.view(id).map(|view| view.name.as_str()))
    }

    /// A short reference to an element or page.
    pub fn reference(&self, id: DocumentId) -> Option<Reference> {
        let element = self.element(id).map(|element| ("element", element.kind.as_str(), &element.name));
        let page = || self.page(id).map(|page| ("page", page.kind.as_str(), &page.title));
        element.or_else(page).map(|(document, kind, name)| Reference {
            id,
            document: document.to_owned(),
            kind: kind.to_owned(),
            name: name.clone(),
        })
    }

    /// The elements of a kind, by name.
    pub fn of_kind(&self, kind: ElementKind) -> impl Iterator<Item = &ElementSummary> {
        self.elements.iter().filter(move |element| element.kind == kind)
    }

    /// The names of an element's ancestors, the outermost first.
    pub fn context(&self, id: DocumentId) -> Vec<&str> {
        let mut names = Vec::new();
        let mut at = self.element(id).and_then(|element| element.parent);
        // Two devices can close a circle of parents between them; 64 levels end the walk.
        while let Some(element) = at.and_then(|id| self.element(id)).filter(|_| names.len() < 64) {
            names.push(element.name.as_str());
            at = element.parent;
        }
        names.reverse();
        names
    }

    /// Puts in what a command answered, so that lists follow at once.
    pub fn put(&mut self, view: &ElementView) {
        let summary = summary_of(view);
        match self.place.get(&summary.id).and_then(|place| self.elements.get_mut(*place)) {
            Some(known) if *known == summary => return,
            Some(known) if known.name == summary.name => {
                *known = summary;
                return;
            }
            Some(known) => *known = summary,
            None => self.elements.push(summary),
        }
        self.sort();
    }

    /// Takes elements and pages out; parts of an element move up to its parent.
    pub fn remove(&mut self, ids: &[DocumentId]) {
        for id in ids {
            let parent = self.element(*id).and_then(|element| element.parent);
            for element in &mut self.elements {
                if element.parent == Some(*id) {
                    element.parent = parent;
                }
            }
        }
        self.elements.retain(|element| !ids.contains(&element.id));
        self.pages.retain(|page| !ids.contains(&page.id));
        self.views.retain(|view| !ids.contains(&view.id));
        self.sort();
    }
}

fn summary_of(view: &ElementView) -> ElementSummary {
    let element = &view.element;
    let subtype = ["type", "store_type", "channel_type", "format"];
    ElementSummary {
        id: element.id,
        kind: element.kind,
        name: element.name.clone(),
        technology: element.property("technology"),
        subtype: subtype.iter().find_map(|name| element.property(name)),
        lifecycle: element.property("lifecycle"),
        parent: view.parent.as_ref().map(|parent| parent.id),
        owner: view
            .outgoing
            .iter()
            .find(|relation| relation.kind == groundplan_shared::model::RelationKind::OwnedBy)
            .map(|relation| relation.target),
        tags: element.tags.clone(),
        external: element.property("external").as_deref() == Some("true"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn element(n: u8, name: &str, parent: Option<u8>) -> ElementSummary {
        ElementSummary {
            id: DocumentId::from_bytes([n; 16]),
            kind: ElementKind::Component,
            name: name.to_owned(),
            technology: None,
            subtype: None,
            lifecycle: None,
            parent: parent.map(|n| DocumentId::from_bytes([n; 16])),
            owner: None,
            tags: std::collections::BTreeSet::new(),
            external: false,
        }
    }

    #[test]
    fn removing_a_parent_moves_its_parts_up() {
        let all = vec![element(1, "shop", None), element(2, "web", Some(1)), element(3, "cart", Some(2))];
        let mut index = Index::new(all, Vec::new(), Vec::new());
        let id = |n| DocumentId::from_bytes([n; 16]);
        assert_eq!(index.context(id(3)), ["shop", "web"]);
        index.remove(&[id(2)]);
        assert_eq!(index.context(id(3)), ["shop"]);
        assert!(index.element(id(2)).is_none());
    }

    #[test]
    fn a_circle_of_parents_ends() {
        let index =
            Index::new(vec![element(1, "a", Some(2)), element(2, "b", Some(1))], Vec::new(), Vec::new());
        assert_eq!(index.context(DocumentId::from_bytes([1; 16])).len(), 64);
    }
}
