//! Pages in documents: body and front matter as long texts, the rest as scalars.

use automerge::{AutoCommit, ObjType, ROOT, transaction::Transactable};
use groundplan_shared::api::FieldConflict;
use groundplan_shared::model::{DocumentId, Eol, Page, PageKind};

use super::long::Meter;
use super::{DocError, element, put, remove, string};

/// Writes a whole new page into an empty document.
pub fn write(doc: &mut AutoCommit, page: &Page) -> Result<(), DocError> {
    put(doc, &ROOT, "kind", page.kind.as_str())?;
    put(doc, &ROOT, "title", page.title.as_str())?;
    put(doc, &ROOT, "path", page.path.as_str())?;
    let mut meter = Meter::default();
    for (key, text) in [("front", &page.front_matter), ("body", &page.body)] {
        let at = doc.put_object(ROOT, key, ObjType::Text)?;
        meter.insert(doc, &at, 0, text)?;
    }
    set_file_form(doc, &page.eol, page.bom)?;
    if let Some(source) = &page.source {
        element::set_source(doc, &ROOT, source)?;
    }
    Ok(())
}

/// Reads the page. `None` if its kind is not known to this program. Tags and aliases come from the texts and are
/// filled in by the reader of the projections.
pub fn read(doc: &AutoCommit, id: DocumentId) -> Option<Page> {
    let eol = string(doc, &ROOT, "eol").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    Some(Page {
        id,
        kind: string(doc, &ROOT, "kind")?.parse().ok()?,
        title: string(doc, &ROOT, "title").unwrap_or_default(),
        path: string(doc, &ROOT, "path").unwrap_or_default(),
        front_matter: string(doc, &ROOT, "front").unwrap_or_default(),
        body: string(doc, &ROOT, "body").unwrap_or_default(),
        tags: Default::default(),
        aliases: Default::default(),
        eol,
        bom: string(doc, &ROOT, "bom").is_some(),
        source: element::source(doc, &ROOT),
    })
}

/// Returns the fields that several devices set at the same time.
pub fn field_conflicts(doc: &AutoCommit) -> Vec<FieldConflict> {
    ["title", "path"]
        .into_iter()
        .filter_map(|field| {
            let values = super::conflicts(doc, &ROOT, field);
            (!values.is_empty()).then(|| FieldConflict { field: field.to_owned(), values })
        })
        .collect()
}

/// Sets the title.
pub fn set_title(doc: &mut AutoCommit, title: &str) -> Result<(), DocError> {
    put(doc, &ROOT, "title", title)
}

/// Sets the path.
pub fn set_path(doc: &mut AutoCommit, path: &str) -> Result<(), DocError> {
    put(doc, &ROOT, "path", path)
}

/// Sets the kind.
pub fn set_kind(doc: &mut AutoCommit, kind: PageKind) -> Result<(), DocError> {
    put(doc, &ROOT, "kind", kind.as_str())
}

/// Sets how the file was written that the page was imported from.
pub fn set_file_form(doc: &mut AutoCommit, eol: &Eol, bom: bool) -> Result<(), DocError> {
    match eol {
        Eol::Lf => remove(doc, &ROOT, "eol")?,
        other => {
            let text = serde_json::to_string(other).expect("line ends are JSON");
            put(doc, &ROOT, "eol", text)?;
        }
    }
    if bom { put(doc, &ROOT, "bom", "utf-8") } else { remove(doc, &ROOT, "bom") }
}
