//! `history`: versions of something, comparing, bringing back, and the workspace at a date.

use std::sync::Arc;

use clap::{Args, Subcommand};
use groundplan_shared::api::{
    ApiError, Became, ErrorCode, HistoryAtParams, HistoryChange, HistoryCompareParams, HistoryComparison,
    HistoryCounts, HistoryEntry, HistoryListParams, HistoryRecoverParams, HistoryRestoreParams,
    HistoryRestored, HistoryStep, PieceKind, TextPiece,
};
use groundplan_shared::model::DocumentId;

use super::find::{What, find};
use super::moment::{read_date, write_date};
use super::output::{Output, plain, table};
use crate::dispatch::Caller::CommandLine;
use crate::runtime::App;

const EXAMPLES: &str = "\
Examples:
  groundplan history \"Web shop\"                       who changed what, and when
  groundplan history compare \"Web shop\" 3f9a          version 3f9a side by side with now
  groundplan history restore \"Web shop\" 3f9a          bring version 3f9a back (undo takes it back)
  groundplan history at 2026-11-20                    what the workspace held at the end of that day
  groundplan history recover 2d                       bring back what was deleted in the last two days

Dates are UTC: 2026-11-20, 2026-11-20T14:30, or how long ago: 45m, 12h, 3d. Times are what the devices' clocks said.";

/// What to look at.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, after_help = EXAMPLES)]
pub struct HistoryArguments {
    /// Element, page or diagram, by name or id (what is deleted: by id)
    #[arg(required = true)]
    item: Option<String>,
    /// At most so many versions
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Go on after this; the `next` of the answer before
    #[arg(long, value_name = "CHANGE")]
    after: Option<String>,
    /// List every single change instead of joining what was typed within a minute
    #[arg(long)]
    every: bool,
    /// What else to do
    #[command(subcommand)]
    command: Option<HistoryCommand>,
}

/// What to do with history.
#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
    /// Compare a version with now, or with another version
    Compare {
        /// Element, page or diagram, by name or id
        item: String,
        /// The earlier version
        from: String,
        /// The later version; as it is now if not given
        to: Option<String>,
    },
    /// Bring a version back as a new edit
    Restore {
        /// Element, page or diagram, by name or id
        item: String,
        /// The version
        version: String,
        /// Only this field, as `compare --json` names it
        #[arg(long)]
        field: Option<String>,
    },
    /// Show what the workspace held at a date
    At {
        /// The date
        date: String,
        /// List only what was deleted since
        #[arg(long)]
        deleted: bool,
        /// List only what was changed since
        #[arg(long, conflicts_with = "deleted")]
        changed: bool,
        /// At most so many; 0 lists all
        #[arg(long, default_value_t = 200)]
        limit: u32,
    },
    /// Bring back what was there at a date and is deleted now
    Recover {
        /// The date
        date: String,
        /// Only these, by id
        ids: Vec<DocumentId>,
    },
}

pub(super) async fn run(
    app: &Arc<App>,
    arguments: &HistoryArguments,
    output: &Output,
) -> Result<(), ApiError> {
    match &arguments.command {
        None => list(app, arguments, output).await,
        Some(HistoryCommand::Compare { item, from, to }) => {
            let document = document(app, item).await?;
            let params = HistoryCompareParams { document, from: from.clone(), to: to.clone() };
            let compared = app.run(CommandLine, params).await?;
            output.answer(&compared, compared_words);
            Ok(())
        }
        Some(HistoryCommand::Restore { item, version, field }) => {
            let document = document(app, item).await?;
            let params = HistoryRestoreParams { document, version: version.clone(), field: field.clone() };
            let restored = app.run(CommandLine, params).await?;
            output.answer(&restored, |restored| restored_words(restored, "It already is as it was then."));
            Ok(())
        }
        Some(HistoryCommand::At { date, deleted, changed, limit }) => {
            let became = match (deleted, changed) {
                (true, _) => Some(Became::Deleted),
                (_, true) => Some(Became::Changed),
                _ => None,
            };
            at(app, date, became, *limit, output).await
        }
        Some(HistoryCommand::Recover { date, ids }) => {
            let params = HistoryRecoverParams { at_ms: read_date(date)?, ids: ids.clone() };
            let restored = app.run(CommandLine, params).await?;
            output.answer(&restored, |restored| restored_words(restored, "Nothing was deleted since."));
            Ok(())
        }
    }
}

/// Finds what is meant; an id may be that of something deleted.
async fn document(app: &Arc<App>, named: &str) -> Result<DocumentId, ApiError> {
    match (find(app, named, &[What::Element, What::Page, What::View]).await, named.parse()) {
        (Ok((id, _)), _) => Ok(id),
        (Err(error), Ok(id)) if error.code == ErrorCode::NotFound => Ok(id),
        (Err(error), _) => Err(error),
    }
}

async fn list(app: &Arc<App>, arguments: &HistoryArguments, output: &Output) -> Result<(), ApiError> {
    let named = arguments.item.as_deref().unwrap_or_default();
    let params = HistoryListParams {
        document: document(app, named).await?,
        limit: arguments.limit,
        after: arguments.after.clone(),
        every: arguments.every,
    };
    let list = app.run(CommandLine, params).await?;
    output.answer(&list, |list| {
        let mut text: String = list.items.iter().map(entry_words).collect();
        if let Some(next) = &list.next {
            text.push_str(&format!("Older versions: --after {next}\n"));
        }
        text
    });
    Ok(())
}

/// The beginning of a version's name, which is enough.
fn short(version: &str) -> String {
    let parts = version.split('.').map(|part| part.get(..8).unwrap_or(part));
    parts.collect::<Vec<_>>().join(".")
}

fn entry_words(entry: &HistoryEntry) -> String {
    let who = match (entry.author.member.as_str(), entry.author.this) {
        ("", _) => entry.author.device_name.clone(),
        (member, true) => format!("{member} (this device)"),
        (member, false) => format!("{member} ({})", entry.author.device_name),
    };
    let what = match entry.step {
        HistoryStep::Created => "created",
        HistoryStep::Changed => "changed",
        HistoryStep::Deleted => "deleted",
        HistoryStep::Restored => "brought back",
    };
    let mut text =
        format!("{}  {}  {} by {}\n", short(&entry.version), write_date(entry.made_ms), what, plain(&who));
    for change in &entry.changes {
        text.push_str(&format!("    {}\n", change_words(change)));
    }
    text
}

fn change_words(change: &HistoryChange) -> String {
    let label = plain(&change.label);
    let value = |text: &Option<String>| plain(text.as_deref().unwrap_or_default()).replace('\n', " ");
    match (&change.before, &change.after) {
        _ if change.text => format!("{label}: +{} \u{2212}{} words", change.added, change.removed),
        (None, None) if change.added > 0 => format!("{label}: {}", change.added),
        (None, None) => label,
        (None, Some(_)) => format!("{label}: + {}", value(&change.after)),
        (Some(_), None) => format!("{label}: \u{2212} {}", value(&change.before)),
        (Some(_), Some(_)) => format!("{label}: {} \u{2192} {}", value(&change.before), value(&change.after)),
    }
}

fn compared_words(compared: &HistoryComparison) -> String {
    if compared.changes.is_empty() {
        return "Both are the same.".to_owned();
    }
    let mut text = String::new();
    for change in &compared.changes {
        text.push_str(&change_words(change));
        text.push('\n');
        if !change.pieces.is_empty() {
            let pieces: String = change.pieces.iter().map(piece_words).collect();
            text.push_str(&format!("{}\n\n", pieces.trim_end()));
        }
    }
    text
}

fn piece_words(piece: &TextPiece) -> String {
    let text = plain(&piece.text);
    match piece.kind {
        PieceKind::Same => text,
        PieceKind::Added => format!("{{+{text}+}}"),
        PieceKind::Removed => format!("[-{text}-]"),
        PieceKind::Skipped => " \u{2026} ".to_owned(),
    }
}

fn restored_words(restored: &HistoryRestored, nothing: &str) -> String {
    if restored.documents == 0 {
        return nothing.to_owned();
    }
    format!(
        "{}: {} changed, {} relations of others lead there again. Take it back with `groundplan undo`.",
        plain(&restored.label),
        restored.documents,
        restored.relations
    )
}

async fn at(
    app: &Arc<App>,
    date: &str,
    became: Option<Became>,
    limit: u32,
    output: &Output,
) -> Result<(), ApiError> {
    let params = HistoryAtParams { at_ms: read_date(date)?, became, limit, after: None, job: None };
    let seen = app.run(CommandLine, params).await?;
    output.answer(&seen, |seen| {
        let counts = |counts: &HistoryCounts| {
            format!(
                "{} elements, {} relations, {} pages, {} diagrams",
                counts.elements, counts.relations, counts.pages, counts.views
            )
        };
        let rows: Vec<Vec<String>> = seen
            .items
            .iter()
            .map(|thing| {
                let became = match thing.became {
                    Became::Same => "",
                    Became::Changed => "changed since",
                    Became::Deleted => "deleted since",
                };
                let item = &thing.item;
                vec![item.kind.clone(), plain(&item.name), became.to_owned(), item.id.to_string()]
            })
            .collect();
        let more = if seen.next.is_some() { "\u{2026} more with --limit 0\n" } else { "" };
        format!(
            "At {}: {}.\nNow: {}. Since then {} made, {} changed, {} deleted.\n\n{}{more}",
            write_date(seen.at_ms),
            counts(&seen.then),
            counts(&seen.now),
            seen.created,
            seen.changed,
            seen.deleted,
            table(&rows)
        )
    });
    Ok(())
}
