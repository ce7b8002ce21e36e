//! Long texts: reading them with a version, editing them against one.

use automerge::ReadDoc;
use groundplan_shared::api::{
    ApiError, ErrorCode, TextEditParams, TextEdited, TextField, TextOpenParams, TextState,
};
use groundplan_shared::model::DocumentKind;
use groundplan_shared::validate::{DESCRIPTION_MAX_CHARS, PAGE_MAX_CHARS};

use crate::core::{CoreError, TYPING, Tx};
use crate::runtime::App;
use crate::{doc, query};

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
    let name = app.read(|tx| Ok(query::reference(tx, document)?.name))?;
    app.edit(&format!("{TYPING}{name}"), |tx| {
        check_field(tx, document, field)?;
        tx.edit_text(document, |doc| {
            let text = doc::text::object(doc, doc::text::key(field))?;
            let known = doc::text::heads(doc, &version)?;
            let now = doc.get_heads();
            let mut sorted = (known.clone(), now.clone());
            sorted.0.sort();
            sorted.1.sort();
            let behind = sorted.0 != sorted.1;
            if behind {
                doc.isolate(&known);
            }
            let spliced = doc::text::splice(doc, &text, &changes);
            let own = if behind {
                doc.commit();
                let own = doc.get_heads();
                doc.integrate();
                Some(own)
            } else {
                None
            };
            spliced?;
            check_length(doc, &text, field)?;
            Ok(own)
        })
        .map(|own| (own, ()))
    })
    .and_then(|(own, ())| {
        app.read(|tx| {
            tx.with(document, |doc| match own {
                Some(own) => catch_up(doc, field, &doc::text::version(&own)),
                None => Ok(TextEdited { version: doc::text::version(&doc.get_heads()), changes: Vec::new() }),
            })?
        })
    })
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
