//! Export: everything as JSON, the pages as a Markdown vault, a diagram as SVG.
//!
//! Files are written below the folder that was named and nowhere else; an existing file is never overwritten without
//! having been named itself.

pub(crate) mod allowed;
mod past;

use std::collections::{BTreeMap, HashSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use automerge::AutoCommit;
use groundplan_import::markdown::{PageText, render};
use groundplan_shared::api::{
    ApiError, AttachmentView, ElementListParams, ErrorCode, ExportParams, Exported, PageListParams,
    Reference, ViewSceneParams,
};
use groundplan_shared::model::{Attachment, DocumentId, Element, Page, Thread, View};
use groundplan_shared::proof::{Check, left_out};
use groundplan_shared::scene;
use groundplan_shared::validate::check_path;
use serde::Serialize;

use super::view;
use crate::attachment::{chunks, find};
use crate::core::{CoreError, Tx};
use crate::identity::people::People;
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
    /// What is said about attached files; their bytes are in an export as a vault.
    attachments: Vec<Attached>,
    /// What is there and may not be known to whoever exports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hidden: Vec<Reference>,
    /// What was said.
    threads: Vec<Talk>,
}

/// What was said, with the names of those who did, by device.
#[derive(Serialize)]
struct Talk {
    #[serde(flatten)]
    thread: Thread,
    names: BTreeMap<String, String>,
}

/// An attachment with the page or element that it belongs to.
#[derive(Serialize)]
struct Attached {
    document: DocumentId,
    #[serde(flatten)]
    attachment: Attachment,
}

/// Exports the workspace or a part of it.
pub fn run(app: &App, params: ExportParams) -> Result<Exported, ApiError> {
    params.at_ms.map_or(Ok(()), super::history::check_date)?;
    let inside = allowed::Inside::of(app)?;
    match params.format.as_str() {
        "json" => {
            let people = app.people()?;
            let mut all = app.read(|tx| match params.at_ms {
                None => everything(tx, &people),
                Some(at_ms) => past::everything(tx, &people, at_ms),
            })?;
            inside.take_out(&mut all);
            let text = serde_json::to_string_pretty(&all).expect("the model is JSON");
            let done = single(params.path.as_deref(), text + "\n")?;
            Ok(Exported { left_out: inside.left_out(), ..done })
        }
        "svg" | "outline" | "scene" if params.at_ms.is_some() => Err(ApiError::new(
            ErrorCode::Unsupported,
            "A diagram cannot be drawn as it was at a date.",
            "Export the workspace of that date as json or markdown.",
        )),
        format @ ("svg" | "outline" | "scene") => {
            let (scope, focus, focus_depth) = (params.scope, params.focus, params.focus_depth);
            let drawn = view::scene(app, ViewSceneParams { id: params.view, scope, focus, focus_depth })?;
            inside.check(&drawn.scene)?;
            let text = match format {
                "svg" => scene::to_svg(&scene::draw(&drawn.scene)),
                "outline" => scene::outline_text(&scene::outline(&drawn.scene)),
                _ => serde_json::to_string_pretty(&drawn).expect("a drawing is JSON"),
            };
            single(params.path.as_deref(), text)
        }
        "markdown" => {
            let folder = params.path.ok_or_else(|| {
                ApiError::new(
                    ErrorCode::InvalidInput,
                    "A vault is a folder of files, and no folder was named.",
                    "Name a new or empty folder.",
                )
            })?;
            vault(app, Path::new(&folder), params.at_ms, &inside)
        }
        other => Err(ApiError::new(
            ErrorCode::InvalidInput,
            format!("\u{201c}{other}\u{201d} is no format that can be exported."),
            "Use json, markdown, or of a diagram svg, outline or scene.",
        )),
    }
}

impl Talk {
    fn new(thread: Thread, people: &People) -> Self {
        let versions = thread.comments.iter().flat_map(|comment| &comment.versions);
        let devices = thread.comments.iter().map(|comment| &comment.device);
        let devices = devices.chain(versions.map(|version| &version.device));
        let names = devices
            .filter_map(|device| Some((device.clone(), people.device(device.parse().ok()?).name)))
            .collect();
        Self { thread, names }
    }
}

impl Everything {
    fn nothing() -> Self {
        Self {
            format: "groundplan",
            version: 1,
            elements: Vec::new(),
            pages: Vec::new(),
            views: Vec::new(),
            attachments: Vec::new(),
            hidden: Vec::new(),
            threads: Vec::new(),
        }
    }
}

fn everything(tx: &mut Tx<'_>, people: &People) -> Result<Everything, CoreError> {
    let mut all = Everything::nothing();
    all.hidden = query::hidden(tx)?;
    for row in query::elements(tx, &ElementListParams::default())?.items {
        all.elements.extend(tx.element(row.id)?);
    }
    for row in query::pages(tx, &PageListParams::default())?.items {
        all.pages.extend(tx.with(row.id, |doc| doc::page::read(doc, row.id))?);
    }
    for row in query::views(tx)? {
        all.views.extend(tx.with(row.id, |doc| doc::view::read(doc, row.id))?);
    }
    for row in find::list(tx, None)? {
        let (_, attachment) = find::one(tx, row.id)?;
        all.attachments.push(Attached { document: row.document, attachment });
    }
    for id in query::every_thread(tx)? {
        let read =
            |doc: &mut AutoCommit| if doc::is_deleted(doc) { None } else { doc::comment::read(doc, id) };
        let Some(thread) = tx.with(id, read)? else { continue };
        all.threads.push(Talk::new(thread, people));
    }
    Ok(all)
}

fn single(path: Option<&str>, text: String) -> Result<Exported, ApiError> {
    let bytes = text.len() as u64;
    match path {
        None => Ok(Exported { files: 0, bytes, text: Some(text), left_out: Vec::new() }),
        Some(path) => {
            let path = Path::new(path);
            write_whole(path, text.as_bytes()).map_err(|error| failed(path, &error))?;
            Ok(Exported { files: 1, bytes, text: None, left_out: Vec::new() })
        }
    }
}

fn vault(
    app: &App,
    folder: &Path,
    at_ms: Option<u64>,
    inside: &allowed::Inside,
) -> Result<Exported, ApiError> {
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
        if let Some(at_ms) = at_ms {
            // Nobody's name stands in a page.
            return Ok(past::everything(tx, &People::default(), at_ms)?.pages);
        }
        let mut pages = Vec::new();
        for row in query::pages(tx, &PageListParams::default())?.items {
            pages.extend(tx.with(row.id, |doc| doc::page::read(doc, row.id))?);
        }
        Ok(pages)
    })?;
    let mut taken = Taken::default();
    let mut exported = Exported { files: 0, bytes: 0, text: None, left_out: inside.left_out() };
    for page in pages.into_iter().filter(|page| !inside.keeps(&page.id)) {
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
    // Of what was attached then, some bytes may be gone by now; the list of it is in the export as JSON.
    let files = if at_ms.is_some() { Vec::new() } else { app.read(|tx| find::list(tx, None))? };
    for file in files.into_iter().filter(|file| !inside.keeps(&file.document)) {
        // One at a time: the bytes of all of them need not fit in memory.
        let path = folder.join(place_of_file(&file, &mut taken));
        let bytes = app.read(|tx| {
            let (_, record) = find::one(tx, file.id)?;
            let mut bytes = Vec::with_capacity(usize::try_from(record.size).unwrap_or(0));
            chunks::give(tx.sql(), &record, |piece| {
                bytes.extend_from_slice(piece);
                Ok(())
            })?;
            Ok(bytes)
        })?;
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
        }
        write_whole(&path, &bytes).map_err(|error| failed(&path, &error))?;
        exported.files += 1;
        exported.bytes += file.size;
    }
    Ok(exported)
}

/// Places in the folder that are taken, without regard to case.
#[derive(Default)]
struct Taken {
    files: HashSet<String>,
    folders: HashSet<String>,
}

impl Taken {
    /// Takes a place if it is inside the folder, visible, and neither a file nor a folder is there.
    fn take(&mut self, wanted: &str) -> bool {
        let hidden = |part: &str| part.is_empty() || part.starts_with('.');
        if left_out(Check::Confined) {
            return true;
        }
        if check_path("path", wanted).is_err() || wanted.split('/').any(hidden) || has_drive(wanted) {
            return false;
        }
        let wanted = wanted.to_lowercase();
        let above: Vec<&str> = wanted.match_indices('/').filter_map(|(at, _)| wanted.get(..at)).collect();
        if self.folders.contains(&wanted)
            || self.files.contains(&wanted)
            || above.iter().any(|folder| self.files.contains(*folder))
        {
            return false;
        }
        self.folders.extend(above.into_iter().map(str::to_owned));
        self.files.insert(wanted);
        true
    }
}

/// Says whether a path names a drive or a stream of Windows.
fn has_drive(path: &str) -> bool {
    path.contains(':')
}

/// Chooses the place of an attachment: its path where that is safe and free, else one made of its id, which is.
fn place_of_file(file: &AttachmentView, taken: &mut Taken) -> PathBuf {
    let wanted = if file.path.is_empty() { format!("attachments/{}", file.name) } else { file.path.clone() };
    if taken.take(&wanted) {
        return PathBuf::from(wanted);
    }
    let extension = file.name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let simple =
        !extension.is_empty() && extension.len() <= 8 && extension.chars().all(|c| c.is_ascii_alphanumeric());
    let other = if simple { format!("{}.{extension}", file.id) } else { file.id.to_string() };
    taken.take(&other);
    PathBuf::from(other)
}

/// Chooses the file of a page: its path where that is safe and free, else one made of its title and id.
fn place(page: &Page, taken: &mut Taken) -> PathBuf {
    let wanted = if page.path.is_empty() { format!("{}.md", page.title) } else { page.path.clone() };
    let chosen = if taken.take(&wanted) {
        wanted
    } else {
        let other = format!("{}.md", page.id);
        taken.take(&other);
        other
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_inside_the_folder_are_taken_and_each_once() {
        let mut taken = Taken::default();
        for good in ["a.png", "img/b.png", "img/deep/c.png", "img2"] {
            assert!(taken.take(good), "{good}");
        }
        for bad in [
            "",
            "../x",
            "/etc/passwd",
            "a/../../x",
            "img//b",
            ".ssh/config",
            "img/.hidden",
            "C:\\x",
            "C:/x",
            "a:b",
            "A.PNG",
            "img",
            "a.png/x",
            "a\\b",
            "img/b.png\0",
        ] {
            assert!(!taken.take(bad), "{bad:?}");
        }
    }
}
