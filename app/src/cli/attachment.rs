//! `attachment`: add, list, get and remove.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Subcommand;
use groundplan_shared::api::{
    ApiError, AttachmentAddParams, AttachmentGetParams, AttachmentListParams, AttachmentRemoveParams,
    AttachmentView, ErrorCode,
};
use groundplan_shared::model::AttachmentId;

use super::find::{What, find};
use super::output::{Output, plain, table};
use crate::dispatch::Caller;
use crate::runtime::App;

const CLI: Caller = Caller::CommandLine;

/// What to do with attachments.
#[derive(Debug, Subcommand)]
pub enum AttachmentCommand {
    /// Attach a file to a page or an element
    Add {
        /// Name or id of the page or element
        item: String,
        /// The file
        file: PathBuf,
        /// Another name for it
        #[arg(long)]
        name: Option<String>,
    },
    /// List attachments
    List {
        /// Only those of this page or element, by name or id
        item: Option<String>,
    },
    /// Write an attachment to a file that does not exist yet
    Get {
        /// Path, name or id of the attachment
        attachment: String,
        /// The file; one of its own name in the present folder if not given
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Take an attachment away (`groundplan undo` brings it back)
    Remove {
        /// Path, name or id of the attachment
        attachment: String,
    },
}

pub(super) async fn run(
    app: &Arc<App>,
    command: &AttachmentCommand,
    output: &Output,
) -> Result<(), ApiError> {
    match command {
        AttachmentCommand::Add { item, file, name } => {
            let (document, _) = find(app, item, &[What::Page, What::Element]).await?;
            let path = Some(file.display().to_string());
            let params = AttachmentAddParams { document, name: name.clone(), path, base64: None };
            let added = app.run(CLI, params).await?;
            output.answer(&added, |added| format!("Attached {} ({} bytes).", plain(&added.name), added.size));
        }
        AttachmentCommand::List { item } => {
            let document = match item {
                Some(item) => Some(find(app, item, &[What::Page, What::Element]).await?.0),
                None => None,
            };
            let found = app.run(CLI, AttachmentListParams { document, linked_from: None }).await?;
            output.answer(&found.items, |items| {
                table(
                    &items
                        .iter()
                        .map(|a| {
                            let place = if a.path.is_empty() { &a.name } else { &a.path };
                            let here = if a.here { "" } else { "not on this device yet" };
                            vec![plain(place), a.size.to_string(), plain(&a.media_type), here.to_owned()]
                        })
                        .collect::<Vec<_>>(),
                )
            });
        }
        AttachmentCommand::Get { attachment, output: to } => {
            let found = named(app, attachment).await?;
            let path = match to {
                Some(path) => path.clone(),
                // A name that a peer wrote must not lead anywhere but here.
                None => PathBuf::from(simple(&found.name)?),
            };
            let params = AttachmentGetParams {
                id: found.id,
                path: Some(path.display().to_string()),
                only_fetch: false,
            };
            let got = app.run(CLI, params).await?;
            output.answer(&got, |got| {
                format!("Wrote {} bytes to {}.", got.attachment.size, plain(&path.display().to_string()))
            });
        }
        AttachmentCommand::Remove { attachment } => {
            let found = named(app, attachment).await?;
            let removed = app.run(CLI, AttachmentRemoveParams { id: found.id }).await?;
            output.answer(&removed, |_| {
                format!("Took {} away; `groundplan undo` brings it back.", plain(&found.name))
            });
        }
    }
    Ok(())
}

fn simple(name: &str) -> Result<String, ApiError> {
    let bad = name.is_empty()
        || name.starts_with('.')
        || name.contains(['/', '\\', ':'])
        || name.chars().any(char::is_control);
    if bad {
        return Err(ApiError::new(
            ErrorCode::InvalidInput,
            "The attachment's name is no simple file name.",
            "Name the file to write with --output.",
        ));
    }
    Ok(name.to_owned())
}

async fn named(app: &Arc<App>, text: &str) -> Result<AttachmentView, ApiError> {
    let all = app.run(CLI, AttachmentListParams::default()).await?.items;
    if let Ok(id) = text.parse::<AttachmentId>() {
        return all.into_iter().find(|one| one.id == id).ok_or_else(|| missing(text));
    }
    let fits = |one: &&AttachmentView| one.path == text || one.name == text;
    let mut found = all.iter().filter(fits);
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only.clone()),
        (Some(_), Some(_)) => Err(ApiError::new(
            ErrorCode::Conflict,
            format!("Several attachments are called \u{201c}{}\u{201d}.", plain(text)),
            "Name one by its path or id; see `groundplan attachment list --json`.",
        )),
        (None, _) => Err(missing(text)),
    }
}

fn missing(text: &str) -> ApiError {
    ApiError::new(
        ErrorCode::NotFound,
        format!("There is no attachment \u{201c}{}\u{201d}.", plain(text)),
        "See which there are with `groundplan attachment list`.",
    )
}
