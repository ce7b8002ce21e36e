//! Export: everything as JSON, the pages as a Markdown vault, a diagram as SVG.
//!
//! Files are written below the folder that was named and nowhere else; an existing file is never overwritten without
//! having been named itself.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use groundplan_import::markdown::{PageText, render};
use groundplan_shared::api::{
    ApiError, ElementListParams, ErrorCode, ExportParams, Exported, PageListParams, ViewSceneParams,
};
use groundplan_shared::model::{Element, Page, View};
use groundplan_shared::scene;
use groundplan_shared::validate::check_path;
use serde::Serialize;

use super::view;
use crate::core::{CoreError, Tx};
use crate::runtime::App;
use crate::{doc, query};

/// Everything in a workspace.
#[derive(Serialize)]
struct Everything {
    format: &'static str,
    version: u32,
    elements: Vec<Element>,
    pages: Vec<Page>,
    views: Vec<View>,
}

/// Exports the workspace or a part of it.
pub fn run(app: &App, params: ExportParams) -> Result<Exported, ApiError> {
    match params.format.as_str() {
        "json" => {
            let all = app.read(everything)?;
            let text = serde_json::to_string_pretty(&all).expect("the model is JSON");
            single(params.path.as_deref(), text + "\n")
        }
        "svg" => {
            let (scope, focus, focus_depth) = (params.scope, params.focus, params.focus_depth);
            let drawn = view::scene(app, ViewSceneParams { id: params.view, scope, focus, focus_depth })?;
            single(params.path.as_deref(), scene::to_svg(&scene::draw(&drawn.scene)))
        }
        "markdown" => {
            let folder = params.path.ok_or_else(|| {
                ApiError::new(
                    ErrorCode::InvalidInput,
                    "A vault is a folder of files, and no folder was named.",
                    "Name a new or empty folder.",
                )
            })?;
            vault(app, Path::new(&folder))
        }
        other => Err(ApiError::new(
            ErrorCode::InvalidInput,
            format!("\u{201c}{other}\u{201d} is no format that can be exported."),
            "Use json, markdown or svg.",
        )),
    }
}

fn everything(tx: &mut Tx<'_>) -> Result<Everything, CoreError> {
    let mut all = Everything {
        format: "groundplan",
        version: 1,
        elements: Vec::new(),
        pages: Vec::new(),
        views: Vec::new(),
    };
    for row in query::elements(tx, &ElementListParams::default())?.items {
        all.elements.extend(tx.with(row.id, |doc| doc::element::read(doc, row.id))?);
    }
    for row in query::pages(tx, &PageListParams::default())?.items {
        all.pages.extend(tx.with(row.id, |doc| doc::page::read(doc, row.id))?);
    }
    for row in query::views(tx)? {
        all.views.extend(tx.with(row.id, |doc| doc::view::read(doc, row.id))?);
    }
    Ok(all)
}

fn single(path: Option<&str>, text: String) -> Result<Exported, ApiError> {
    let bytes = text.len() as u64;
    match path {
        None => Ok(Exported { files: 0, bytes, text: Some(text) }),
        Some(path) => {
            let path = Path::new(path);
            write_whole(path, text.as_bytes()).map_err(|error| failed(path, &error))?;
            Ok(Exported { files: 1, bytes, text: None })
        }
    }
}

fn vault(app: &App, folder: &Path) -> Result<Exported, ApiError> {
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let mut entries = std::fs::read_dir(folder).map_err(|error| failed(folder, &error))?;
    if entries.next().is_some() {
        return Err(ApiError::new(
            ErrorCode::Conflict,
            format!("The folder {} is not empty.", folder.display()),
            "Name a new or empty folder; nothing was written.",
        ));
    }
    let pages = app.read(|tx| {
        let mut pages = Vec::new();
        for row in query::pages(tx, &PageListParams::default())?.items {
            pages.extend(tx.with(row.id, |doc| doc::page::read(doc, row.id))?);
        }
        Ok(pages)
    })?;
    let mut taken = HashSet::new();
    let mut exported = Exported { files: 0, bytes: 0, text: None };
    for page in pages {
        let path = folder.join(place(&page, &mut taken));
        let text =
            PageText { front_matter: page.front_matter, body: page.body, eol: page.eol, bom: page.bom };
        let bytes = render(&text);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
        }
        write_whole(&path, &bytes).map_err(|error| failed(&path, &error))?;
        exported.files += 1;
        exported.bytes += bytes.len() as u64;
    }
    Ok(exported)
}

/// Chooses the file of a page: its path where that is safe and free, else one made of its title and id.
fn place(page: &Page, taken: &mut HashSet<String>) -> PathBuf {
    let wanted = if page.path.is_empty() { format!("{}.md", page.title) } else { page.path.clone() };
    let safe = check_path("path", &wanted).is_ok() && !wanted.split('/').any(|part| part.starts_with('.'));
    let chosen = if safe && taken.insert(wanted.to_lowercase()) {
        wanted
    } else {
        let id = page.id.to_string();
        taken.insert(id.clone());
        format!("{id}.md")
    };
    PathBuf::from(chosen)
}

/// Writes beside and renames, so that a file is whole or not there.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = path.with_file_name(format!(".{name}.part"));
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

fn failed(path: &Path, error: &std::io::Error) -> ApiError {
    ApiError::new(
        ErrorCode::StorageFailed,
        format!("{} cannot be written: {error}.", path.display()),
        "Name a place that can be written.",
    )
}
