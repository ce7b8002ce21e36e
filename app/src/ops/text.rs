//! Long texts: reading them with a version, editing them against one.

use automerge::{ChangeHash, ReadDoc};
use groundplan_shared::api::{
    ApiError, ErrorCode, TextEditParams, TextEdited, TextField, TextOpenParams, TextState,
};
use groundplan_shared::model::DocumentKind;
use groundplan_shared::validate::{DESCRIPTION_MAX_CHARS, PAGE_MAX_CHARS};

use crate::core::{CoreError, TYPING, Tx};
use crate::doc;
use crate::runtime::App;

/// Most changes of one batch.
const MAX_CHANGES: usize = 10_000;

/// Reads a text and its version.
pub fn open(app: &App, params: TextOpenParams) -> Result<TextState, ApiError> {
    app.read(|tx| {
        check_field(tx, params.document, params.field)?;
        tx.with(params.document, |doc| TextState {
            text: doc::string(doc, &automerge::ROOT, doc::text::key(params.field)).unwrap_or_default(),
            version: doc::text::version(&doc.get_heads()),
        })
    })
}

/// Edits a text against the version the editor knows.
pub fn edit(app: &App, params: TextEditParams) -> Result<TextEdited, ApiError> {
    let TextEditParams { document, field, version, changes } = params;
    if changes.len() > MAX_CHANGES {
        return Err(ApiError::new(
            ErrorCode::InvalidInput,
            format!("One edit has {} changes, {MAX_CHANGES} are allowed.", changes.len()),
            "Send it in several edits.",
        ));
    }
    if let Some(change) = changes.iter().find(|change| change.insert.contains('\0')) {
        return Err(ApiError::new(
            ErrorCode::InvalidInput,
            format!("The text at {} contains a NUL character.", change.at),
            "Remove it; it is not text.",
        ));
    }
    if changes.is_empty() {
        return app.read(|tx| {
            check_field(tx, document, field)?;
            tx.with(document, |doc| catch_up(doc, field, &version))?
        });
    }
    let workspace = app.workspace()?;
    let (own, done) = workspace.edit(TYPING, |tx| {
        check_field(tx, document, field)?;
        tx.edit_text(document, |doc| {
            let text = doc::text::object(doc, doc::text::key(field))?;
            let now = doc.get_heads();
            let known = if version == doc::text::version(&now) {
                None
            } else {
                Some(doc::text::heads(doc, &version)?)
            };
            let behind = known.filter(|known| !same(known, &now));
            if let Some(known) = &behind {
                doc.isolate(known);
            }
            let spliced = doc::text::splice(doc, &text, &changes);
            let own = behind.map(|_| {
                doc.commit();
                let own = doc.get_heads();
                doc.integrate();
                own
            });
            spliced?;
            check_length(doc, &text, field)?;
            Ok(own)
        })
    })?;
    let version = doc::text::version(&done.heads);
    app.tell(&workspace, done, false);
    match own {
        Some(own) => {
            app.read(|tx| tx.with(document, |doc| catch_up(doc, field, &doc::text::version(&own)))?)
        }
        None => Ok(TextEdited { version, changes: Vec::new() }),
    }
}

/// Says whether two versions are the same, in whatever order they name their heads.
fn same(a: &[ChangeHash], b: &[ChangeHash]) -> bool {
    a.len() == b.len() && a.iter().all(|hash| b.contains(hash))
}

fn catch_up(
    doc: &mut automerge::AutoCommit,
    field: TextField,
    version: &str,
) -> Result<TextEdited, CoreError> {
    let text = doc::text::object(doc, doc::text::key(field))?;
    let from = doc::text::heads(doc, version)?;
    let to = doc.get_heads();
    let changes = doc::text::changes_between(doc, &text, &from, &to)?;
    Ok(TextEdited { version: doc::text::version(&to), changes })
}

fn check_field(
    tx: &mut Tx<'_>,
    document: groundplan_shared::model::DocumentId,
    field: TextField,
) -> Result<(), CoreError> {
    let fits = match tx.kind_of(document)? {
        Some(DocumentKind::Element) => field == TextField::Description,
        Some(DocumentKind::Page) => field == TextField::Body,
        Some(_) => false,
        None => return Err(CoreError::NotFound(document)),
    };
    if fits {
        return Ok(());
    }
    Err(CoreError::Api(ApiError::new(
        ErrorCode::InvalidInput,
        "This has no such text.",
        "Elements have a description, pages a body.",
    )))
}

fn check_length(
    doc: &automerge::AutoCommit,
    text: &automerge::ObjId,
    field: TextField,
) -> Result<(), CoreError> {
    let max = match field {
        TextField::Description => DESCRIPTION_MAX_CHARS,
        TextField::Body => PAGE_MAX_CHARS,
    };
    let length = doc.length(text);
    if length <= max {
        return Ok(());
    }
    Err(CoreError::Api(ApiError::new(
        ErrorCode::InvalidInput,
        format!("The text has {length} characters, {max} are allowed."),
        "Split it into several pages.",
    )))
}
