//! `import`, `export` and `view`.

use std::sync::Arc;

use groundplan_shared::api::{
    ApiError, ExportParams, ImportApplyParams, ImportCounts, ImportInput, ImportListParams,
    ImportPreviewParams, ViewListParams, ViewSceneParams,
};
use groundplan_shared::scene;

use super::Command;
use super::find::{What, find};
use super::moment::read_date;
use super::output::{Output, plain, table};
use crate::dispatch::Caller;
use crate::runtime::App;

pub(super) async fn run(app: &Arc<App>, command: &Command, output: &Output) -> Result<(), ApiError> {
    match command {
        Command::Import { list: true, .. } => {
            let sources = app.run(Caller::CommandLine, ImportListParams {}).await?;
            output.answer(&sources.items, |items| {
                table(
                    &items
                        .iter()
                        .map(|s| vec![s.format.clone(), plain(&s.title), s.path.clone()])
                        .collect::<Vec<_>>(),
                )
            });
            Ok(())
        }
        Command::Import { path, format, preview, .. } => {
            let path = path.as_ref().map(|path| path.display().to_string());
            let input = ImportInput { path, format: format.clone(), ..ImportInput::default() };
            if *preview { preview_import(app, input, output).await } else { apply(app, input, output).await }
        }
        Command::Export { format, output: to, view, at } => {
            let at_ms = at.as_deref().map(read_date).transpose()?;
            let view = match view {
                Some(named) => Some(find(app, named, &[What::View]).await?.0),
                None => None,
            };
            let path = to.as_ref().map(|path| path.display().to_string());
            let params =
                ExportParams { format: format.clone(), view, path, at_ms, ..ExportParams::default() };
            let done = app.run(Caller::CommandLine, params).await?;
            for out in &done.left_out {
                output.note(&format!(
                    "{} document(s) are {} and left out: {}.",
                    out.documents, out.level, out.reason
                ));
            }
            match &done.text {
                Some(text) => output.text(text),
                None => {
                    output.answer(&done, |done| format!("Wrote {} files, {} bytes.", done.files, done.bytes))
                }
            }
            Ok(())
        }
        Command::View { list: true, .. } => {
            let views = app.run(Caller::CommandLine, ViewListParams {}).await?;
            output.answer(&views.items, |items| {
                table(
                    &items
                        .iter()
                        .map(|v| vec![v.kind.to_string(), plain(&v.name), v.id.to_string()])
                        .collect::<Vec<_>>(),
                )
            });
            Ok(())
        }
        Command::View { view, output: to, outline, .. } => {
            let id = match view {
                Some(named) => Some(find(app, named, &[What::View]).await?.0),
                None => None,
            };
            let format = match (output.is_json(), outline) {
                (true, _) => "scene",
                (false, true) => "outline",
                (false, false) => "svg",
            };
            let params = ViewSceneParams { id, scope: None, focus: None, focus_depth: 0 };
            let drawn = app.run(Caller::CommandLine, params).await?;
            if to.is_none() && format != "svg" {
                // To be read here, not taken along.
                output.text(&match format {
                    "outline" => plain(&scene::outline_text(&scene::outline(&drawn.scene))),
                    _ => serde_json::to_string_pretty(&drawn).expect("a drawing is JSON"),
                });
                return Ok(());
            }
            let path = to.as_ref().map(|path| path.display().to_string());
            let params = ExportParams { format: format.into(), view: id, path, ..ExportParams::default() };
            let done = app.run(Caller::CommandLine, params).await?;
            match (&done.text, to) {
                (Some(text), _) => output.text(text),
                (None, Some(path)) => output.note(&format!(
                    "Drew {} elements and {} relations to {}.",
                    drawn.scene.nodes.len(),
                    drawn.scene.edges.len(),
                    path.display()
                )),
                (None, None) => {}
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

async fn apply(app: &Arc<App>, input: ImportInput, output: &Output) -> Result<(), ApiError> {
    let applied = app.run(Caller::CommandLine, ImportApplyParams { input, job: None }).await?;
    output.answer(&applied, |applied| {
        let mut text = format!("Imported: {}", counts(&applied.counts));
        text.push_str(&some("Leads nowhere", &applied.dangling));
        if applied.view.is_some() {
            text.push_str("\nSee it with `groundplan agent`, or `groundplan view --list`.");
        }
        text
    });
    Ok(())
}

async fn preview_import(app: &Arc<App>, input: ImportInput, output: &Output) -> Result<(), ApiError> {
    let preview = app.run(Caller::CommandLine, ImportPreviewParams { input, job: None }).await?;
    output.answer(&preview, |preview| {
        let mut text =
            format!("{} ({}): {}\n", plain(&preview.title), preview.format, counts(&preview.counts));
        let rows: Vec<Vec<String>> = preview
            .rows
            .iter()
            .filter(|row| row.document != "relation" || row.change != "added")
            .take(40)
            .map(|row| {
                vec![row.change.clone(), row.kind.clone(), plain(&row.name), plain(&row.fields.join(", "))]
            })
            .collect();
        text.push_str(&table(&rows));
        text.push_str(&some("Leads nowhere", &preview.dangling));
        text.push_str(&some("Notes", &preview.notes));
        text.push_str("\nNothing was changed; leave --preview out to import it.");
        text
    });
    Ok(())
}

fn counts(counts: &ImportCounts) -> String {
    format!(
        "{} elements, {} relations, {} pages; {} added, {} changed, {} removed, {} unchanged, {} differ from the source.",
        counts.elements,
        counts.relations,
        counts.pages,
        counts.added,
        counts.changed,
        counts.removed,
        counts.unchanged,
        counts.drift
    )
}

fn some(title: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{title} ({}):", lines.len());
    for line in lines.iter().take(10) {
        text.push_str("\n  ");
        text.push_str(&plain(line));
    }
    if lines.len() > 10 {
        text.push_str("\n  \u{2026} all of them with --json");
    }
    text
}
