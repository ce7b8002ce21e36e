//! Pages: create, show, list, change, delete.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use groundplan_import::{html, markdown};
use groundplan_shared::api::{
    ApiError, Deleted, PageCreateParams, PageDeleteParams, PageGetParams, PageLinkView, PageList,
    PageListParams, PageUpdateParams, PageView, Reference,
};
use groundplan_shared::model::{DocumentId, DocumentKind, Page, PageKind, RelationKind};
use groundplan_shared::validate::{PAGE_MAX_CHARS, check_name, check_path, check_relation, check_text};

use super::{compartment, element, require_element, require_page};
use crate::attachment::{chunks, find};
use crate::runtime::App;
use crate::{doc, env, query};

/// Creates a page. A body that begins with front matter is split.
pub fn create(app: &App, params: PageCreateParams) -> Result<PageView, ApiError> {
    check_name("title", &params.title)?;
    check_path("path", &params.path)?;
    check_text("body", &params.body, PAGE_MAX_CHARS)?;
    let id = DocumentId::new(env::make_uuid());
    let split = markdown::split(&params.body);
    let path = if params.path.is_empty() { file_name(&params.title) } else { params.path };
    let page = Page {
        id,
        kind: params.kind,
        title: params.title,
        path,
        front_matter: split.front_matter,
        body: split.body,
        tags: Default::default(),
        aliases: Default::default(),
        eol: Default::default(),
        bom: false,
        source: None,
    };
    let within = compartment("classification", params.classification.as_deref())?;
    app.edit(&format!("Create page {}", page.title), |tx| {
        tx.create_in(id, DocumentKind::Page, within, |doc| Ok(doc::page::write(doc, &page)?))?;
        if let Some(about) = params.about {
            let kind = about_relation(params.kind);
            check_relation(kind, require_element(tx, about)?, None)?;
            tx.edit(about, |doc| Ok(doc::element::set_relation(doc, &element::new_relation(kind, id))?))?;
        }
        Ok(())
    })?;
    get(app, PageGetParams { id })
}

/// Shows a page with links and backlinks.
pub fn get(app: &App, params: PageGetParams) -> Result<PageView, ApiError> {
    let mut view = app.read_index(|tx| {
        require_page(tx, params.id)?;
        query::page_view(tx, params.id)
    })?;
    let pictures = if view.links.is_empty() { HashMap::new() } else { attached(app, &mut view)? };
    view.html = html::render_with_pictures(
        &view.page.body,
        |written| target(&view.links, written),
        |written| pictures.get(written).or_else(|| pictures.get(&decoded(written))).cloned(),
    );
    Ok(view)
}

/// Finds the attachments that links of the page lead to, and reads the pictures among them by their targets as written.
/// Only bytes that lie here are shown: nothing is fetched because a page is looked at.
fn attached(app: &App, view: &mut PageView) -> Result<HashMap<String, html::Picture>, ApiError> {
    let page = view.page.id;
    app.read(|tx| {
        let mut pictures = HashMap::new();
        let mut left = PICTURES_BYTES;
        for one in find::linked(tx, page)? {
            for link in view.links.iter_mut().filter(|link| link.target.is_none()) {
                if one.links.contains(&link.text) {
                    link.target = Some(Reference {
                        id: DocumentId::from_bytes(one.id.to_bytes()),
                        document: "attachment".to_owned(),
                        kind: one.media_type.clone(),
                        name: one.name.clone(),
                    });
                }
            }
            if !PICTURES.contains(&one.media_type.as_str()) || !one.here || one.size > left {
                continue;
            }
            left -= one.size;
            let (_, record) = find::one(tx, one.id)?;
            let mut bytes = Vec::new();
            let read = chunks::give(tx.sql(), &record, |piece| {
                bytes.extend_from_slice(piece);
                Ok(())
            });
            if let Err(error) = read {
                // A page with a bad picture is still a page.
                tracing::warn!(attachment.id = %one.id, %error, "a picture was not shown");
                continue;
            }
            let data_url = format!("data:{};base64,{}", one.media_type, BASE64.encode(bytes));
            let picture = html::Picture { data_url, name: one.name };
            pictures.extend(one.links.into_iter().map(|written| (written, picture.clone())));
        }
        Ok(pictures)
    })
}

/// Takes the percent signs out of an address, as the index of links does.
fn decoded(written: &str) -> String {
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written.bytes();
    while let Some(byte) = rest.next() {
        let digits =
            rest.clone().take(2).map(|digit| char::from(digit).to_digit(16)).collect::<Option<Vec<_>>>();
        match (byte, digits.as_deref()) {
            (b'%', Some([high, low])) => {
                bytes.push((high * 16 + low) as u8);
                rest.nth(1);
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Bytes of pictures shown in one page at most; the rest stay names.
const PICTURES_BYTES: u64 = 12 << 20;
/// Types that are decoded to pixels and nothing else; in an image element SVG runs and loads nothing.
const PICTURES: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"];

/// Where a link leads, by what the index found for it: an address of the interface.
fn target(links: &[PageLinkView], written: &str) -> Option<html::Target> {
    let page = written.split('#').next().unwrap_or(written);
    let link = links.iter().find(|link| link.text == written || link.text == page)?;
    let target = link.target.as_ref().filter(|target| target.document != "missing")?;
    let place = match target.document.as_str() {
        // Nothing to look at: the interface saves it.
        "attachment" => "attachment",
        "page" => "page",
        "view" => "diagram",
        _ => "element",
    };
    Some(html::Target { url: format!("/{place}/{}", target.id), name: target.name.clone() })
}

/// Lists pages.
pub fn list(app: &App, params: PageListParams) -> Result<PageList, ApiError> {
    app.read_index(|tx| query::pages(tx, &params))
}

/// Changes title, kind, path, front matter or classification of a page.
pub fn update(app: &App, params: PageUpdateParams) -> Result<PageView, ApiError> {
    if let Some(title) = &params.title {
        check_name("title", title)?;
    }
    if let Some(path) = &params.path {
        check_path("path", path)?;
    }
    if let Some(front) = &params.front_matter {
        check_text("front_matter", front, 100_000)?;
    }
    let id = params.id;
    let name = app.read(|tx| Ok(query::reference(tx, id)?.name))?;
    app.edit(&format!("Change page {name}"), |tx| {
        require_page(tx, id)?;
        if let Some(word) = &params.classification {
            tx.reclassify(id, compartment("classification", Some(word))?)?;
        }
        let fields = [params.title.is_some(), params.kind.is_some(), params.path.is_some()];
        if !fields.contains(&true) && params.front_matter.is_none() {
            return Ok(());
        }
        tx.edit(id, |doc| {
            if let Some(title) = &params.title {
                doc::page::set_title(doc, title)?;
            }
            if let Some(kind) = params.kind {
                doc::page::set_kind(doc, kind)?;
            }
            if let Some(path) = &params.path {
                doc::page::set_path(doc, path)?;
            }
            if let Some(front) = &params.front_matter {
                let at = doc::text::object(doc, "front")?;
                doc::long::replace(doc, &at, front)?;
            }
            Ok(())
        })
    })?;
    get(app, PageGetParams { id })
}

/// Deletes a page; relations to it go with it.
pub fn delete(app: &App, params: PageDeleteParams) -> Result<Deleted, ApiError> {
    let id = params.id;
    let label = app.read(|tx| Ok(format!("Delete page {}", query::reference(tx, id)?.name)))?;
    let mut relations = 0;
    app.edit(&label, |tx| {
        require_page(tx, id)?;
        for (source, relation, _) in element::incoming(tx, id)? {
            relations += 1;
            tx.edit(source, |doc| Ok(doc::element::remove_entry(doc, "relations", &relation.to_string())?))?;
        }
        tx.delete(id)
    })?;
    Ok(Deleted { documents: 1, relations, label })
}

fn about_relation(kind: PageKind) -> RelationKind {
    match kind {
        PageKind::Doc | PageKind::Postmortem => RelationKind::DocumentedBy,
        PageKind::Adr => RelationKind::DecidedBy,
        PageKind::Runbook => RelationKind::HandledBy,
    }
}

/// Makes a file name of a title: what file systems do not take becomes `-`.
fn file_name(title: &str) -> String {
    let name: String = title
        .trim()
        .chars()
        .take(120)
        .map(|c| if c.is_control() || "/\\:*?\"<>|#^[]".contains(c) { '-' } else { c })
        .collect();
    let name = name.trim_matches(['.', ' ']);
    format!("{}.md", if name.is_empty() { "Untitled" } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_make_file_names() {
        assert_eq!(file_name("Restore: the DB / fast"), "Restore- the DB - fast.md");
        assert_eq!(file_name(".."), "Untitled.md");
        assert!(check_path("path", &file_name("../../etc/passwd")).is_ok());
    }
}
