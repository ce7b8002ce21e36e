//! Import: read a source, compare it with the workspace, apply it in one transaction.
//!
//! Extract and transform are `groundplan-import`'s; here are validation against the workspace, preview and apply.

mod act;
mod attach;
mod base;
mod compare;
mod input;
mod known;

use groundplan_import::ImportSet;
use groundplan_shared::api::{
    ApiError, ImportApplied, ImportApplyParams, ImportInput, ImportListParams, ImportPreview,
    ImportPreviewParams, ImportSource, ImportSources,
};
use groundplan_shared::model::{DocumentId, ElementKind, SourceId, View, ViewKind};

use crate::core::{CoreError, Tx};
use crate::jobs::Job;
use crate::runtime::App;
use crate::{doc, env};
use compare::Plan;

const PREVIEW_ROWS: usize = 2_000;

/// Reads a source and says what importing it would change. Changes nothing.
pub fn preview(app: &App, params: ImportPreviewParams) -> Result<ImportPreview, ApiError> {
    let job = app.job(params.job.as_deref());
    let read = input::read(&params.input, &job)?;
    app.read(|tx| {
        let known = find(tx, &params.input, &read)?;
        let (plan, _) = plan(tx, &read, known.as_ref().map(|source| source.id), &job)?;
        let mut rows = plan.rows;
        rows.truncate(PREVIEW_ROWS);
        Ok(ImportPreview {
            format: read.format.to_owned(),
            title: read.set.source_title.clone(),
            source: known.map(|source| source.id),
            counts: plan.counts,
            rows,
            dangling: dangling(&read.set),
            notes: notes(&read.set),
        })
    })
}

/// Imports a source: everything or nothing, and one step for undo.
pub fn apply(app: &App, params: ImportApplyParams) -> Result<ImportApplied, ApiError> {
    let job = app.job(params.job.as_deref());
    let read = input::read(&params.input, &job)?;
    app.edit(&format!("Import {}", read.set.source_title), |tx| {
        let known = find(tx, &params.input, &read)?;
        let id = known.as_ref().map_or_else(|| SourceId::new(env::make_uuid()), |source| source.id);
        let (plan, files) = plan(tx, &read, known.as_ref().map(|source| source.id), &job)?;
        let total = plan.acts.len() as u64;
        let mut view = view_of(tx, id)?;
        if plan.acts.is_empty() && files.is_empty() && known.is_some() {
            return Ok(ImportApplied {
                source: id,
                counts: plan.counts,
                view,
                dangling: dangling(&read.set),
            });
        }
        for (done, act) in plan.acts.into_iter().enumerate() {
            job.step("apply", done as u64, total).map_err(CoreError::Api)?;
            act::apply(tx, id, act)?;
        }
        attach::apply(tx, id, read.tree.as_ref(), files, &job)?;
        if view.is_none() && !read.set.elements.is_empty() {
            view = Some(add_view(tx, &read.set, &plan.ids)?);
        }
        record(tx, id, &read, view)?;
        job.step("apply", total, total).map_err(CoreError::Api)?;
        Ok(ImportApplied { source: id, counts: plan.counts, view, dangling: dangling(&read.set) })
    })
}

/// Lists the sources imported so far.
pub fn list(app: &App, _: ImportListParams) -> Result<ImportSources, ApiError> {
    Ok(ImportSources { items: app.read(sources)? })
}

fn plan(
    tx: &mut Tx<'_>,
    read: &input::Read,
    source: Option<SourceId>,
    job: &Job<'_>,
) -> Result<(Plan, Vec<attach::AttachAct>), CoreError> {
    let known = known::load(tx, source)?;
    let mut plan = compare::compare(tx, &read.set, &known, job)?;
    let files = attach::compare(tx, &read.set, read.tree.as_ref(), source, &known, &mut plan, job)?;
    Ok((plan, files))
}

fn sources(tx: &mut Tx<'_>) -> Result<Vec<ImportSource>, CoreError> {
    match tx.settings_id()? {
        Some(settings) => tx.with(settings, |doc| doc::settings::sources(doc)),
        None => Ok(Vec::new()),
    }
}

/// Finds the source that this is a new state of: the one named, or the one imported from the same path.
fn find(tx: &mut Tx<'_>, input: &ImportInput, read: &input::Read) -> Result<Option<ImportSource>, CoreError> {
    let all = sources(tx)?;
    if let Some(id) = input.source {
        return all.into_iter().find(|source| source.id == id).map(Some).ok_or_else(|| {
            CoreError::Api(ApiError::new(
                groundplan_shared::api::ErrorCode::NotFound,
                format!("There is no import source {id}."),
                "See which there are with `groundplan import --list`.",
            ))
        });
    }
    Ok(all.into_iter().find(|source| source.path == read.path && source.format == read.format))
}

fn record(
    tx: &mut Tx<'_>,
    id: SourceId,
    read: &input::Read,
    view: Option<DocumentId>,
) -> Result<(), CoreError> {
    let Some(settings) = tx.settings_id()? else { return Ok(()) };
    let source = ImportSource {
        id,
        title: read.set.source_title.clone(),
        format: read.format.to_owned(),
        path: read.path.clone(),
        imported_ms: tx.now_ms(),
    };
    tx.edit(settings, |doc| {
        doc::settings::set_source(doc, &source)?;
        Ok(doc::settings::set_source_view(doc, id, view)?)
    })
}

fn view_of(tx: &mut Tx<'_>, id: SourceId) -> Result<Option<DocumentId>, CoreError> {
    let Some(settings) = tx.settings_id()? else { return Ok(None) };
    let view = tx.with(settings, |doc| doc::settings::source_view(doc, id))?;
    match view {
        Some(view) if crate::query::reference(tx, view)?.document == "view" => Ok(Some(view)),
        _ => Ok(None),
    }
}

fn add_view(
    tx: &mut Tx<'_>,
    set: &ImportSet,
    ids: &std::collections::HashMap<String, DocumentId>,
) -> Result<DocumentId, CoreError> {
    // One enclosing system: show its inside. Otherwise show everything.
    let mut systems = set.elements.iter().filter(|e| e.kind == ElementKind::System && e.parent.is_none());
    let scope = match (systems.next(), systems.next()) {
        (Some(only), None) => ids.get(&only.key).copied(),
        _ => None,
    };
    let view = View {
        id: DocumentId::new(env::make_uuid()),
        kind: if scope.is_some() { ViewKind::Container } else { ViewKind::Landscape },
        name: set.source_title.chars().take(200).collect(),
        scope,
        filter: Default::default(),
        positions: Default::default(),
    };
    super::view::add(tx, &view)?;
    Ok(view.id)
}

fn dangling(set: &ImportSet) -> Vec<String> {
    set.dangling
        .iter()
        .map(|d| format!("{}:{}: {} {} \u{2192} {}. {}", d.file, d.line, d.what, d.from, d.to, d.reason))
        .collect()
}

fn notes(set: &ImportSet) -> Vec<String> {
    set.notes
        .iter()
        .map(|note| match (note.file.as_str(), note.line) {
            ("", _) => note.message.clone(),
            (file, Some(line)) => format!("{file}:{line}: {}", note.message),
            (file, None) => format!("{file}: {}", note.message),
        })
        .collect()
}
