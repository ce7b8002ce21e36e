//! The explorer's tree as rows: diagrams, elements by their parents, pages by their folders; filtered, and only
//! as many rows as fit are ever drawn.
//!
//! Not here: drawing, and what a key does (`tree_keys`).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use groundplan_shared::model::DocumentId;

use super::Index;

/// Rows drawn above and below the visible part, so that scrolling shows no gaps.
const OVERSCAN: usize = 8;
/// Deepest level shown; two devices can close a circle of parents between them.
const DEPTH_MAX: u16 = 64;

/// The three parts of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// Diagrams.
    Views,
    /// Elements.
    Elements,
    /// Pages.
    Pages,
}

/// What a row stands for, in the lists of the index.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Node {
    /// The heading of a part.
    Group(Group),
    /// An element by its place.
    Element(usize),
    /// A diagram by its place.
    View(usize),
    /// A page by its place.
    Page(usize),
    /// A folder of pages by its path.
    Folder(String),
}

/// What is remembered of a row while the lists change.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// The heading of a part.
    Group(Group),
    /// An element, diagram or page.
    Document(DocumentId),
    /// A folder of pages.
    Folder(String),
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it stands for.
    pub node: Node,
    /// How far in it stands, from 0.
    pub depth: u16,
    /// How many rows lie directly below it.
    pub parts: usize,
    /// Whether those are shown.
    pub open: bool,
    /// Its place among its siblings, from 1.
    pub position: usize,
    /// How many siblings there are, itself included.
    pub siblings: usize,
}

impl Row {
    /// The key of the row.
    pub fn key(&self, index: &Index) -> Key {
        let id = match &self.node {
            Node::Group(group) => return Key::Group(*group),
            Node::Folder(path) => return Key::Folder(path.clone()),
            Node::Element(place) => index.elements.get(*place).map(|element| element.id),
            Node::View(place) => index.views.get(*place).map(|view| view.id),
            Node::Page(place) => index.pages.get(*place).map(|page| page.id),
        };
        id.map_or(Key::Group(Group::Elements), Key::Document)
    }

    /// The name shown; empty for headings, which the catalogue names.
    pub fn name<'a>(&'a self, index: &'a Index) -> &'a str {
        match &self.node {
            Node::Group(_) => "",
            Node::Folder(path) => path.rsplit('/').next().unwrap_or(path),
            Node::Element(place) => index.elements.get(*place).map_or("", |element| &element.name),
            Node::View(place) => index.views.get(*place).map_or("", |view| &view.name),
            Node::Page(place) => index.pages.get(*place).map_or("", |page| &page.title),
        }
    }
}

/// Makes the rows of everything that is open, or with a filter of everything that matches and its ancestors.
pub fn rows(index: &Index, open: &HashSet<Key>, filter: &str) -> Vec<Row> {
    let mut builder = Builder { index, open, filter: filter.trim().to_lowercase(), rows: Vec::new() };
    builder.views();
    builder.elements();
    builder.pages();
    builder.rows
}

struct Builder<'a> {
    index: &'a Index,
    open: &'a HashSet<Key>,
    filter: String,
    rows: Vec<Row>,
}

impl Builder<'_> {
    fn matches(&self, texts: &[&str]) -> bool {
        self.filter.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&self.filter))
    }

    fn group(&mut self, group: Group, parts: usize) -> bool {
        if parts == 0 && !(self.filter.is_empty() && group == Group::Elements) {
            return false;
        }
        // Headings are open unless closed: what is remembered is the exception.
        let open = !self.filter.is_empty() || !self.open.contains(&Key::Group(group));
        self.rows.push(Row { node: Node::Group(group), depth: 0, parts, open, position: 0, siblings: 0 });
        open
    }

    fn views(&mut self) {
        let places: Vec<usize> = (0..self.index.views.len())
            .filter(|place| self.matches(&[&self.index.views[*place].name]))
            .collect();
        if self.group(Group::Views, places.len()) {
            self.leaves(places.into_iter().map(Node::View).collect(), 1);
        }
    }

    fn leaves(&mut self, nodes: Vec<Node>, depth: u16) {
        let siblings = nodes.len();
        self.rows.extend(nodes.into_iter().enumerate().map(|(place, node)| Row {
            node,
            depth,
            parts: 0,
            open: false,
            position: place + 1,
            siblings,
        }));
    }

    fn elements(&mut self) {
        let elements = &self.index.elements;
        let place: HashMap<DocumentId, usize> =
            elements.iter().enumerate().map(|(place, element)| (element.id, place)).collect();
        let parent = |at: usize| elements[at].parent.and_then(|id| place.get(&id).copied());
        let mut shown = vec![self.filter.is_empty(); elements.len()];
        let mut matching = 0;
        if !self.filter.is_empty() {
            for (at, element) in elements.iter().enumerate() {
                let technology = element.technology.as_deref().unwrap_or_default();
                if !self.matches(&[&element.name, element.kind.as_str(), technology]) {
                    continue;
                }
                matching += 1;
                let mut up = Some(at);
                while let Some(here) = up.filter(|here| !shown[*here]) {
                    shown[here] = true;
                    up = parent(here);
                }
            }
        }
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); elements.len()];
        let mut roots = Vec::new();
        for at in (0..elements.len()).filter(|at| shown[*at]) {
            match parent(at) {
                Some(parent) => children[parent].push(at),
                None => roots.push(at),
            }
        }
        self.rescue_circles(&children, &mut roots, &shown);
        let rank = |at: &usize| (elements[*at].kind, *at);
        super::order::by_key(&mut roots, rank);
        children.iter_mut().for_each(|children| super::order::by_key(children, rank));
        let whole = self.index.outline.as_ref().map_or(elements.len(), |outline| in_memory(outline.all));
        let total = if self.filter.is_empty() { whole } else { matching };
        if self.group(Group::Elements, total) {
            let siblings =
                self.index.outline.as_ref().map_or(roots.len(), |outline| in_memory(outline.outermost));
            self.nest(&roots, siblings, &children, 1);
        }
    }

    /// Elements in a circle of parents hang below no root: the first of each circle becomes one.
    fn rescue_circles(&self, children: &[Vec<usize>], roots: &mut Vec<usize>, shown: &[bool]) {
        let mut reached = vec![false; children.len()];
        let reach = |from: usize, reached: &mut Vec<bool>| {
            let mut stack = vec![from];
            while let Some(at) = stack.pop() {
                if !std::mem::replace(&mut reached[at], true) {
                    stack.extend(&children[at]);
                }
            }
        };
        roots.iter().for_each(|root| reach(*root, &mut reached));
        for at in 0..children.len() {
            if shown[at] && !reached[at] {
                roots.push(at);
                reach(at, &mut reached);
            }
        }
    }

    fn nest(&mut self, places: &[usize], siblings: usize, children: &[Vec<usize>], depth: u16) {
        for (position, at) in places.iter().enumerate() {
            let id = self.index.elements[*at].id;
            let known = self.index.outline.as_ref().and_then(|outline| outline.parts.get(&id));
            let parts = known.map_or(children[*at].len(), |parts| in_memory(*parts));
            let parts = if depth < DEPTH_MAX { parts } else { 0 };
            let key = Key::Document(id);
            let open = parts > 0 && (!self.filter.is_empty() || self.open.contains(&key));
            self.rows.push(Row {
                node: Node::Element(*at),
                depth,
                parts,
                open,
                position: position + 1,
                siblings,
            });
            if open {
                self.nest(&children[*at], children[*at].len(), children, depth + 1);
            }
        }
    }

    fn pages(&mut self) {
        let mut root = Folder::default();
        let mut total = 0;
        for (place, page) in self.index.pages.iter().enumerate() {
            if !self.matches(&[&page.title, &page.path]) {
                continue;
            }
            total += 1;
            let mut parts: Vec<&str> = page.path.split('/').collect();
            parts.pop();
            let mut folder = &mut root;
            for part in parts.into_iter().take(DEPTH_MAX.into()) {
                folder = folder.folders.entry(part.to_owned()).or_default();
            }
            folder.pages.push(place);
        }
        if self.group(Group::Pages, total) {
            self.folder(root, "", 1);
        }
    }

    fn folder(&mut self, folder: Folder, path: &str, depth: u16) {
        let siblings = folder.folders.len() + folder.pages.len();
        let mut position = 0;
        for (name, inner) in folder.folders {
            position += 1;
            let path = if path.is_empty() { name } else { format!("{path}/{name}") };
            let open = !self.filter.is_empty() || self.open.contains(&Key::Folder(path.clone()));
            let parts = inner.folders.len() + inner.pages.len();
            let node = Node::Folder(path.clone());
            self.rows.push(Row { node, depth, parts, open, position, siblings });
            if open {
                self.folder(inner, &path, depth + 1);
            }
        }
        for place in folder.pages {
            position += 1;
            self.rows.push(Row { node: Node::Page(place), depth, parts: 0, open: false, position, siblings });
        }
    }
}

/// A number that was counted elsewhere.
fn in_memory(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[derive(Default)]
struct Folder {
    folders: BTreeMap<String, Folder>,
    pages: Vec<usize>,
}

/// Says which of `total` rows to draw at a scroll position.
pub fn window(scroll_px: f64, height_px: f64, row_px: f64, total: usize) -> Range<usize> {
    if row_px <= 0.0 {
        return 0..0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "pixels of a page, checked above"
    )]
    let rows = |px: f64| (px.max(0.0) / row_px) as usize;
    let first = rows(scroll_px).min(total);
    let last = (first + rows(height_px) + 2 + OVERSCAN).min(total);
    first.saturating_sub(OVERSCAN)..last
}

#[cfg(test)]
mod tests {
    use groundplan_shared::api::{ElementSummary, PageSummary};
    use groundplan_shared::model::{ElementKind, PageKind};

    use super::*;

    fn id(n: u16) -> DocumentId {
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&n.to_be_bytes());
        DocumentId::from_bytes(bytes)
    }

    fn element(n: u16, kind: ElementKind, name: &str, parent: Option<u16>) -> ElementSummary {
        ElementSummary {
            id: id(n),
            kind,
            name: name.to_owned(),
            technology: (name == "db").then(|| "PostgreSQL 15".to_owned()),
            subtype: None,
            lifecycle: None,
            parent: parent.map(id),
            owner: None,
            tags: std::collections::BTreeSet::new(),
            external: false,
        }
    }

    fn page(n: u16, path: &str) -> PageSummary {
        let tags = std::collections::BTreeSet::new();
        PageSummary { id: id(n), kind: PageKind::Doc, title: path.to_owned(), path: path.to_owned(), tags }
    }

    fn shop() -> Index {
        use ElementKind as K;
        let elements = vec![
            element(1, K::System, "shop", None),
            element(2, K::Component, "web", Some(1)),
            element(3, K::Datastore, "db", Some(1)),
            element(4, K::Actor, "zoe", None),
        ];
        Index::new(elements, vec![page(9, "ops/db.md"), page(10, "readme.md")], Vec::new())
    }

    fn names(index: &Index, open: &[Key], filter: &str) -> Vec<String> {
        let open = open.iter().cloned().collect();
        let name = |row: &Row| match &row.node {
            Node::Group(group) => format!("{group:?} {}", row.parts),
            _ => format!("{}{}", " ".repeat(row.depth.into()), row.name(index)),
        };
        rows(index, &open, filter).iter().map(name).collect()
    }

    #[test]
    fn shows_what_is_open_by_kind_and_name() {
        let index = shop();
        assert_eq!(names(&index, &[], ""), ["Elements 4", " zoe", " shop", "Pages 2", " ops", " readme.md"]);
        let open = [Key::Document(id(1)), Key::Group(Group::Pages)];
        assert_eq!(names(&index, &open, ""), ["Elements 4", " zoe", " shop", "  web", "  db", "Pages 2"]);
    }

    #[test]
    fn a_filter_shows_matches_with_their_ancestors() {
        let index = shop();
        assert_eq!(names(&index, &[], "POSTGRES"), ["Elements 1", " shop", "  db"]);
        assert_eq!(names(&index, &[], "nothing"), Vec::<String>::new());
        assert_eq!(names(&index, &[], "ops/"), ["Pages 1", " ops", "  ops/db.md"]);
    }

    #[test]
    fn the_beginning_of_a_large_workspace_stands_as_its_lists_will_show_it() {
        use groundplan_shared::api::{ExplorerList, ExplorerRow};
        let row = |n, kind: &str, name: &str, parts| ExplorerRow {
            document: "element".to_owned(),
            id: Some(id(n)),
            kind: kind.to_owned(),
            name: name.to_owned(),
            path: String::new(),
            parts,
            depth: 0,
        };
        let read = vec![row(4, "actor", "zoe", 0), row(1, "system", "shop", 2)];
        let first = ExplorerList { rows: read, offset: 0, total: 2, all: 4, more: false, path: Vec::new() };
        let first = crate::transport::json::write(&first);
        let first = crate::transport::parse(&first).expect("it is JSON");
        let outline = rows(&Index::outline(&first, Vec::new()), &HashSet::new(), "");
        let index = Index::new(shop().elements, Vec::new(), Vec::new());
        let lists = rows(&index, &HashSet::new(), "");
        let seen = |rows: &[Row], index: &Index| -> Vec<_> {
            let one =
                |row: &Row| (row.key(index), row.depth, row.parts, row.open, row.position, row.siblings);
            rows.iter().map(one).collect()
        };
        assert_eq!(seen(&outline, &Index::outline(&first, Vec::new())), seen(&lists, &index));
    }

    #[test]
    fn a_circle_of_parents_is_still_shown() {
        let kind = ElementKind::Component;
        let index =
            Index::new(vec![element(1, kind, "a", Some(2)), element(2, kind, "b", Some(1))], vec![], vec![]);
        let open = [Key::Document(id(1)), Key::Document(id(2))];
        assert!(names(&index, &open, "").len() <= usize::from(DEPTH_MAX) + 2);
        assert_eq!(names(&index, &[], ""), ["Elements 2", " a"]);
    }

    #[test]
    fn ten_thousand_rows_draw_a_screenful() {
        let elements = (0..10_000).map(|n| element(n, ElementKind::Component, "x", None)).collect();
        let index = Index::new(elements, Vec::new(), Vec::new());
        let all = rows(&index, &HashSet::new(), "");
        assert_eq!(all.len(), 10_001);
        let drawn = window(140_000.0, 700.0, 28.0, all.len());
        assert!(drawn.contains(&5_000) && drawn.contains(&5_024) && drawn.len() < 50, "{drawn:?}");
        assert_eq!(window(0.0, 700.0, 28.0, 3), 0..3);
        assert_eq!(window(1e9, 700.0, 28.0, 3).end, 3);
        assert_eq!(window(0.0, 700.0, 0.0, 3), 0..0);
    }
}
