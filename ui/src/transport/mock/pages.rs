//! Pages, diagrams and search of the sample.

use groundplan_shared::api::*;
use groundplan_shared::model::{DocumentId, Element, Page, ViewKind};

use super::sample::id;
use super::store::{Store, gone};

impl Store {
    pub(super) fn page_list(&self) -> PageList {
        let summary = |page: &Page| PageSummary {
            id: page.id,
            kind: page.kind,
            title: page.title.clone(),
            path: page.path.clone(),
            tags: page.tags.clone(),
        };
        PageList { items: self.pages.iter().map(summary).collect(), next: None, hidden: Vec::new() }
    }

    pub(super) fn page(&self, id: DocumentId) -> Result<PageView, ApiError> {
        let page = self.pages.iter().find(|page| page.id == id).ok_or_else(gone)?.clone();
        let links =
            page.body.split("[[").skip(1).filter_map(|piece| piece.split_once("]]")).map(|(text, _)| {
                let element =
                    self.elements.iter().find(|element| element.name == text).map(|element| element.id);
                let target =
                    element.or_else(|| self.pages.iter().find(|page| page.title == text).map(|page| page.id));
                PageLinkView {
                    text: text.to_owned(),
                    kind: "wiki".to_owned(),
                    target: target.map(|id| self.reference(id)),
                }
            });
        let links = links.collect();
        let backlinks = self
            .elements
            .iter()
            .filter(|element| element.relations.iter().any(|relation| relation.target == id))
            .map(|element| self.reference(element.id))
            .collect();
        let html = page.body.replace('&', "&amp;").replace('<', "&lt;");
        Ok(PageView {
            page,
            classification: "internal".to_owned(),
            links,
            backlinks,
            conflicts: Vec::new(),
            html: format!("<pre>{html}</pre>"),
        })
    }

    pub(super) fn create_page(&mut self, params: PageCreateParams) -> Result<PageView, ApiError> {
        let id = self.fresh();
        self.pages.push(Page {
            id,
            kind: params.kind,
            title: params.title,
            path: params.path,
            front_matter: String::new(),
            body: params.body,
            tags: Default::default(),
            aliases: Default::default(),
            eol: Default::default(),
            bom: false,
            source: None,
        });
        self.page(id)
    }

    pub(super) fn text(&self, id: DocumentId) -> Result<TextState, ApiError> {
        let element = self.find(id).ok().map(|element| element.description.clone());
        let text =
            element.or_else(|| self.pages.iter().find(|page| page.id == id).map(|page| page.body.clone()));
        text.map(|text| TextState { text, version: "1".to_owned() }).ok_or_else(gone)
    }

    pub(super) fn views(&self) -> ViewList {
        if self.elements.is_empty() {
            return ViewList { items: Vec::new(), hidden: Vec::new() };
        }
        let view = |n: u8, kind, name: &str, scope| ViewSummary {
            id: id(n),
            kind,
            name: name.to_owned(),
            scope,
            filter: Default::default(),
        };
        ViewList {
            items: vec![
                view(150, ViewKind::Landscape, "Northwind landscape", None),
                view(151, ViewKind::Container, "Inside the shop", Some(id(1))),
            ],
            hidden: Vec::new(),
        }
    }

    pub(super) fn search(&self, text: &str) -> SearchResults {
        let wanted = text.trim().to_lowercase();
        let kind = wanted.strip_prefix("kind:").map(str::to_owned);
        let element = |element: &&Element| match &kind {
            Some(kind) => element.kind.as_str() == kind,
            None => element.name.to_lowercase().contains(&wanted),
        };
        let hit = |item: Reference, context: &str| {
            let snippet = item.name.replace(text.trim(), &format!("\u{e000}{}\u{e001}", text.trim()));
            SearchHit { item, context: context.to_owned(), snippet }
        };
        let elements = self.elements.iter().filter(element).map(|element| {
            let parent = self.parent(element.id).map(|id| self.reference(id).name).unwrap_or_default();
            hit(self.reference(element.id), &parent)
        });
        let pages = self
            .pages
            .iter()
            .filter(|page| page.title.to_lowercase().contains(&wanted))
            .map(|page| hit(self.reference(page.id), &page.path));
        SearchResults { hits: elements.chain(pages).take(50).collect(), more: false }
    }
}
