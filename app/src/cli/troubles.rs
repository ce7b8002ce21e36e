//! `sync --rescue`, `--quarantine`, `--alarm` and `--settle`.

use std::path::Path;
use std::sync::Arc;

use groundplan_shared::api::{
    ApiError, ErrorCode, SyncAlarmParams, SyncQuarantineParams, SyncRescueParams, SyncSettleParams,
};

use super::output::{Output, plain, table};
use super::workspace::sync_words;
use crate::dispatch::Caller::CommandLine;
use crate::runtime::App;

/// Writes an export to a new file.
fn write(file: &Path, text: &str) -> Result<(), ApiError> {
    use std::io::Write;
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(file);
    made.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        ApiError::new(
            ErrorCode::StorageFailed,
            format!("{} cannot be written: {error}.", file.display()),
            "Name another file; nothing that exists is overwritten.",
        )
    })
}

pub(super) async fn rescue(app: &Arc<App>, file: Option<&Path>, output: &Output) -> Result<(), ApiError> {
    let rescue = app.run(CommandLine, SyncRescueParams {}).await?;
    if let Some(file) = file {
        write(file, &rescue.text)?;
    }
    output.answer(&rescue, |rescue| {
        let rows: Vec<Vec<String>> = rescue
            .documents
            .iter()
            .map(|unsent| {
                vec![unsent.kind.clone(), plain(&unsent.name), format!("{} change(s)", unsent.changes)]
            })
            .collect();
        let why = rescue.problem.as_ref().map(|problem| format!("{}\n", problem.message)).unwrap_or_default();
        match (rows.is_empty(), file) {
            (true, _) => format!("{why}Everything here was sent."),
            (false, None) => format!("{why}{}Add --output FILE to export it.", table(&rows)),
            (false, Some(file)) => format!("{why}{}Written to {}.", table(&rows), file.display()),
        }
    });
    Ok(())
}

pub(super) async fn quarantine(app: &Arc<App>, output: &Output) -> Result<(), ApiError> {
    let list = app.run(CommandLine, SyncQuarantineParams { limit: 0 }).await?;
    output.answer(&list, |list| {
        let row = |item: &groundplan_shared::api::QuarantineView| {
            let start = |id: &str| id.chars().take(12).collect::<String>();
            vec![start(&item.document), start(item.author.as_deref().unwrap_or("?")), plain(&item.reason)]
        };
        let rows: Vec<Vec<String>> = list.items.iter().map(row).collect();
        if rows.is_empty() { "Nothing was set aside.".to_owned() } else { table(&rows) }
    });
    Ok(())
}

pub(super) async fn alarm(app: &Arc<App>, file: Option<&Path>, output: &Output) -> Result<(), ApiError> {
    let view = app.run(CommandLine, SyncAlarmParams {}).await?;
    if let Some(file) = file {
        write(file, &view.proof)?;
    }
    output.answer(&view, |view| match (&view.problem, view.answers.first()) {
        (None, _) => "There is no alarm.".to_owned(),
        (Some(problem), None) => format!("{} {}", problem.message, problem.hint),
        (Some(problem), Some(answer)) => format!(
            "{} {}\nOnce you have settled it with them: groundplan sync --settle {answer}",
            problem.message, problem.hint
        ),
    });
    Ok(())
}

pub(super) async fn settle(app: &Arc<App>, alarm: &str, output: &Output) -> Result<(), ApiError> {
    let status = app.run(CommandLine, SyncSettleParams { alarm: alarm.to_owned() }).await?;
    output.answer(&status, sync_words);
    Ok(())
}
