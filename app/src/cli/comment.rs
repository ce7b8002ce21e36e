//! `comment` and `changes`: talking about things, and what is new.

use std::sync::Arc;

use clap::Subcommand;
use groundplan_shared::api::{
    ApiError, ChangeList, ChangesListParams, ChangesSeenParams, CommentAddParams, CommentEditParams,
    CommentListParams, CommentRemoveParams, CommentResolveParams, ErrorCode, Person, ThreadView,
};
use groundplan_shared::model::{CommentId, DocumentId, RelationId};

use super::find::{What, find};
use super::output::{Output, plain};
use crate::dispatch::Caller;
use crate::runtime::App;

const CLI: Caller = Caller::CommandLine;
const ALL: &[What] = &[What::Element, What::Page, What::View];

/// What to do with comments.
#[derive(Debug, Subcommand)]
pub enum CommentCommand {
    /// List threads, open ones first
    List {
        /// Only about this element, page or diagram, by name or id
        item: Option<String>,
        /// Only threads that are not resolved
        #[arg(long)]
        open: bool,
    },
    /// Begin a thread about an element, page or diagram; @Name mentions a member
    #[command(after_help = "Example:\n  groundplan comment add Web \"@Ada why two replicas?\"")]
    Add {
        /// Name or id
        item: String,
        /// What to say (Markdown)
        text: String,
        /// The relation of the element, by its id
        #[arg(long, value_name = "ID")]
        relation: Option<RelationId>,
    },
    /// Reply in a thread
    Reply {
        /// The thread, by its id
        thread: DocumentId,
        /// What to say (Markdown)
        text: String,
    },
    /// Change a comment of your own
    Edit {
        /// The thread, by its id
        thread: DocumentId,
        /// The comment, by its id
        comment: CommentId,
        /// What to say instead (Markdown)
        text: String,
    },
    /// Take a comment of your own away (`groundplan undo` brings it back)
    Remove {
        /// The thread, by its id
        thread: DocumentId,
        /// The comment, by its id
        comment: CommentId,
    },
    /// Resolve a thread
    Resolve {
        /// The thread, by its id
        thread: DocumentId,
    },
    /// Open a resolved thread again
    Reopen {
        /// The thread, by its id
        thread: DocumentId,
    },
}

pub(super) async fn run(app: &Arc<App>, command: &CommentCommand, output: &Output) -> Result<(), ApiError> {
    let thread = match command {
        CommentCommand::List { item, open } => {
            let subject = match item {
                Some(item) => Some(subject(app, item).await?),
                None => None,
            };
            let params = CommentListParams { subject, open: *open, ..CommentListParams::default() };
            let found = app.run(CLI, params).await?;
            output.answer(&found, |found| match found.items.as_slice() {
                [] => "Nobody said anything.".to_owned(),
                items => items.iter().map(shown).collect::<Vec<_>>().join("\n"),
            });
            return Ok(());
        }
        CommentCommand::Add { item, text, relation } => {
            let (subject, relation) = (Some(subject(app, item).await?), *relation);
            app.run(CLI, CommentAddParams { thread: None, subject, relation, text: text.clone() }).await?
        }
        CommentCommand::Reply { thread, text } => {
            let (thread, text) = (Some(*thread), text.clone());
            app.run(CLI, CommentAddParams { thread, subject: None, relation: None, text }).await?
        }
        CommentCommand::Edit { thread, comment, text } => {
            let params = CommentEditParams { thread: *thread, comment: *comment, text: text.clone() };
            app.run(CLI, params).await?
        }
        CommentCommand::Remove { thread, comment } => {
            app.run(CLI, CommentRemoveParams { thread: *thread, comment: *comment }).await?
        }
        CommentCommand::Resolve { thread } => {
            app.run(CLI, CommentResolveParams { thread: *thread, resolved: true }).await?
        }
        CommentCommand::Reopen { thread } => {
            app.run(CLI, CommentResolveParams { thread: *thread, resolved: false }).await?
        }
    };
    output.answer(&thread, shown);
    Ok(())
}

/// Finds what a comment is about; a deleted thing by its id.
async fn subject(app: &Arc<App>, item: &str) -> Result<DocumentId, ApiError> {
    match (find(app, item, ALL).await, item.parse()) {
        (Err(error), Ok(id)) if error.code == ErrorCode::NotFound => Ok(id),
        (found, _) => found.map(|(id, _)| id),
    }
}

/// `changes`: lists what is new, and marks it as seen.
pub(super) async fn changes(app: &Arc<App>, seen: bool, output: &Output) -> Result<(), ApiError> {
    let list = app.run(CLI, ChangesListParams {}).await?;
    output.answer(&list, news);
    if seen {
        app.run(CLI, ChangesSeenParams { document: None, until: Some(list.until) }).await?;
    }
    Ok(())
}

fn news(list: &ChangeList) -> String {
    let mut lines = Vec::new();
    for mention in list.mentions.iter().filter(|mention| mention.unread) {
        lines.push(format!(
            "{} mentions you about {}: {}",
            plain(&mention.by.name),
            plain(&mention.item.name),
            first_line(&mention.text)
        ));
    }
    for change in &list.items {
        let what = if change.what.is_empty() { "talked about" } else { &change.what };
        let talk = match change.threads.len() {
            0 => String::new(),
            threads => format!(" ({threads} unread)"),
        };
        lines.push(format!("{what:12}  {}{talk}  by {}", plain(&change.item.name), names(&change.by)));
    }
    if lines.is_empty() { "Nothing new since you looked.".to_owned() } else { lines.join("\n") }
}

fn names(people: &[Person]) -> String {
    people.iter().map(|person| plain(&person.name)).collect::<Vec<_>>().join(", ")
}

fn first_line(text: &str) -> String {
    plain(text.lines().next().unwrap_or_default())
}

fn shown(thread: &ThreadView) -> String {
    let mut out = format!("{}  {}", thread.id, plain(&thread.subject.name));
    if thread.subject.document == "missing" {
        out.push_str(" (deleted)");
    }
    if let Some(by) = &thread.resolved_by {
        out.push_str(&format!("  resolved by {}", plain(&by.name)));
    }
    if thread.unread {
        out.push_str("  unread");
    }
    for comment in &thread.comments {
        out.push_str(&format!("\n  {}  {}", comment.id, plain(&comment.author.name)));
        if comment.edited_ms.is_some() {
            out.push_str(" (changed)");
        }
        for line in comment.text.lines() {
            out.push_str(&format!("\n    {}", plain(line)));
        }
    }
    out
}
