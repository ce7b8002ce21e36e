//! `sync --rescue`, `--quarantine`, `--alarm`, `--peers` and `--settle`.

use std::path::Path;
use std::sync::Arc;

use groundplan_shared::api::{
    ApiError, ErrorCode, HeldList, SyncAlarmParams, SyncBringInParams, SyncDecideParams, SyncHeldParams,
    SyncPeersParams, SyncQuarantineParams, SyncRescueParams, SyncSettleParams,
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

pub(super) async fn bring_in(app: &Arc<App>, output: &Output) -> Result<(), ApiError> {
    let done = app.run(CommandLine, SyncBringInParams {}).await?;
    output.answer(&done, |done| {
        let said = match (done.documents, done.left) {
            (0, 0) => "There is nothing to bring in.".to_owned(),
            (documents, 0) => {
                format!("Brought in {} change(s) of {documents} document(s).", done.changes)
            }
            (documents, left) => format!(
                "Brought in {} change(s) of {documents} document(s); {left} wait for what has not arrived.",
                done.changes
            ),
        };
        format!("{said}\n{}", sync_words(&done.status))
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

fn held_words(list: &HeldList) -> String {
    let mut text = String::new();
    for held in &list.items {
        let rows = held.things.iter().map(|thing| vec![thing.kind.clone(), plain(&thing.name)]);
        text += &format!(
            "{} ({}) deletes {} things:\n{}",
            plain(&held.name),
            held.device,
            held.deletes,
            table(&rows.collect::<Vec<_>>())
        );
    }
    if text.is_empty() {
        "Nothing is held.".to_owned()
    } else {
        text + "groundplan sync --apply DEVICE, or --undo DEVICE"
    }
}

pub(super) async fn held(app: &Arc<App>, output: &Output) -> Result<(), ApiError> {
    output.answer(&app.run(CommandLine, SyncHeldParams {}).await?, held_words);
    Ok(())
}

pub(super) async fn decide(
    app: &Arc<App>,
    device: &str,
    answer: &str,
    output: &Output,
) -> Result<(), ApiError> {
    let params = SyncDecideParams { device: device.to_owned(), answer: answer.to_owned() };
    output.answer(&app.run(CommandLine, params).await?, held_words);
    Ok(())
}

pub(super) async fn peers(app: &Arc<App>, output: &Output) -> Result<(), ApiError> {
    let list = app.run(CommandLine, SyncPeersParams {}).await?;
    let now_ms = crate::env::now_ms();
    output.answer(&list, |list| {
        let heard = |ms: u64| match now_ms.saturating_sub(ms) / 60_000 {
            _ if ms == 0 => "not heard from yet".to_owned(),
            minutes if minutes < 120 => format!("last heard from {minutes} min ago"),
            minutes if minutes < 48 * 60 => format!("last heard from {} h ago", minutes / 60),
            minutes => format!("last heard from {} days ago", minutes / (24 * 60)),
        };
        let row = |peer: &groundplan_shared::api::PeerView| {
            let (name, member) = (plain(&peer.name), plain(&peer.member));
            match peer.this {
                true => vec![
                    name,
                    member,
                    format!("verified up to {}", list.verified_items),
                    "this device".to_owned(),
                ],
                false => {
                    vec![name, member, format!("had read up to {}", peer.known_items), heard(peer.heard_ms)]
                }
            }
        };
        let rows: Vec<Vec<String>> = list.items.iter().map(row).collect();
        let gaps = match list.gaps.len() {
            0 => String::new(),
            count => format!(
                "The server holds something of {count} document(s) back; it is applied when it comes.\n"
            ),
        };
        format!("{}{gaps}", table(&rows))
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
