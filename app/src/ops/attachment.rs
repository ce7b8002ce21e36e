//! Attachments: add, list, read, take away.

use std::fs::{File, OpenOptions};
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use groundplan_shared::api::{
    ApiError, AttachmentAddParams, AttachmentContent, AttachmentGetParams, AttachmentList,
    AttachmentListParams, AttachmentRemoveParams, AttachmentView, Deleted, ErrorCode,
};
use groundplan_shared::model::{
    ATTACHMENTS_PER_DOCUMENT, Attachment, AttachmentId, DocumentId, DocumentKind,
};
use groundplan_shared::validate::check_path;

use super::{missing, missing_attachment};
use crate::attachment::{AttachmentError, chunks, find, gc};
use crate::core::{CoreError, Tx};
use crate::identity::membership::blocking;
use crate::ops::export::allowed::Inside;
use crate::runtime::App;
use crate::{doc, env, query};

/// Largest content that an answer holds, in bytes.
const ANSWER_BYTES: u64 = 32 << 20;

/// Attaches a file to a page or an element.
pub fn add(app: &App, params: AttachmentAddParams) -> Result<AttachmentView, ApiError> {
    let (mut reader, given): (Box<dyn Read>, Option<String>) = match (&params.path, &params.base64) {
        (Some(path), None) => open(Path::new(path))?,
        (None, Some(text)) => {
            let bytes = BASE64.decode(text).map_err(|_| {
                ApiError::new(ErrorCode::InvalidInput, "The file was damaged on its way.", "Choose it again.")
            })?;
            (Box::new(Cursor::new(bytes)), None)
        }
        _ => {
            return Err(ApiError::new(
                ErrorCode::InvalidInput,
                "Nothing to attach was named.",
                "Name a file, or give its content.",
            ));
        }
    };
    let name = params.name.or(given).unwrap_or_default();
    check_file_name(&name)?;
    let id = AttachmentId::new(env::make_uuid());
    let document = params.document;
    app.edit(&format!("Attach {name}"), |tx| {
        require_owner(tx, document)?;
        let count = tx.with(document, |doc| doc::attachment::read(doc).len())?;
        if count >= ATTACHMENTS_PER_DOCUMENT {
            return Err(AttachmentError::TooMany.into());
        }
        let now_ms = tx.now_ms();
        gc::sweep(tx.sql(), now_ms)?;
        let content = chunks::keep(tx.sql(), &name, &mut *reader)?;
        let attachment = Attachment {
            id,
            name,
            path: String::new(),
            media_type: content.media_type.to_owned(),
            size: content.size,
            hash: content.hash,
            chunks: content.chunks,
            source: None,
        };
        tx.edit(document, |doc| Ok(doc::attachment::set(doc, &attachment)?))
    })?;
    app.read(|tx| Ok(find::one(tx, id)?.0))
}

/// Opens a regular file; anything else could block or never end.
fn open(path: &Path) -> Result<(Box<dyn Read>, Option<String>), ApiError> {
    let shown = path.display().to_string();
    let unreadable = |source| ApiError::from(AttachmentError::Unreadable { name: shown.clone(), source });
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if !about.is_file() {
        return Err(ApiError::new(
            ErrorCode::InvalidInput,
            format!("{shown} is no file."),
            "Name a file; a folder of notes is imported with `groundplan import`.",
        ));
    }
    let file = File::open(path).map_err(unreadable)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok((Box::new(file), name))
}

/// A name is one part of a path that every system can write.
fn check_file_name(name: &str) -> Result<(), ApiError> {
    check_path("name", name)?;
    if name.is_empty() || name.contains('/') || name.starts_with('.') {
        return Err(ApiError::new(
            ErrorCode::InvalidInput,
            "The name of an attachment is a file name without folders, and does not begin with a dot.",
            "Give it another name.",
        ));
    }
    Ok(())
}

fn require_owner(tx: &mut Tx<'_>, document: DocumentId) -> Result<(), CoreError> {
    let kind = tx.kind_of(document)?;
    let known = matches!(kind, Some(DocumentKind::Page | DocumentKind::Element));
    if known && query::reference(tx, document)?.document != "missing" {
        Ok(())
    } else {
        Err(missing("page or element", document))
    }
}

/// Lists attachments.
pub fn list(app: &App, params: AttachmentListParams) -> Result<AttachmentList, ApiError> {
    let items = match params.linked_from {
        Some(page) => app.read_index(|tx| find::linked(tx, page))?,
        None => app.read(|tx| find::list(tx, params.document))?,
    };
    Ok(AttachmentList { items })
}

/// Reads an attachment, or writes it to a new file; what is not on this device yet is fetched first.
pub async fn get(app: &Arc<App>, params: AttachmentGetParams) -> Result<AttachmentContent, ApiError> {
    let (local, id) = (Arc::clone(app), params.id);
    let (view, record) = blocking(move || local.read(|tx| find::one(tx, id))).await?;
    if !view.here
        && let Ok(workspace) = app.workspace()
        && let Err(error) = app.net.courier.bring(app, &workspace, record.chunks).await
    {
        // Why it is not here is more useful than that it is not.
        return Err(error);
    }
    let local = Arc::clone(app);
    blocking(move || {
        if params.path.is_some() && !params.only_fetch {
            Inside::of(&local)?.check_of(&view.document, &view.name)?;
        }
        read(&local, params)
    })
    .await
}

fn read(app: &App, params: AttachmentGetParams) -> Result<AttachmentContent, ApiError> {
    app.read(|tx| {
        let (attachment, record) = find::one(tx, params.id)?;
        let base64 = match &params.path {
            _ if params.only_fetch => None,
            Some(path) => {
                write(tx, &record, Path::new(path))?;
                None
            }
            None if record.size > ANSWER_BYTES => {
                return Err(CoreError::Api(ApiError::new(
                    ErrorCode::InvalidInput,
                    format!("{} is too large to be answered with.", record.name),
                    "Name a file that it is written to.",
                )));
            }
            None => {
                let mut bytes = Vec::new();
                chunks::give(tx.sql(), &record, |piece| {
                    bytes.extend_from_slice(piece);
                    Ok(())
                })?;
                Some(BASE64.encode(bytes))
            }
        };
        Ok(AttachmentContent { attachment, base64 })
    })
}

/// Writes to a file that does not exist yet; what failed leaves none behind.
fn write(tx: &Tx<'_>, record: &Attachment, path: &Path) -> Result<(), CoreError> {
    let failed = |error: &std::io::Error| {
        let code = match error.kind() {
            std::io::ErrorKind::AlreadyExists => ErrorCode::Conflict,
            _ => ErrorCode::StorageFailed,
        };
        let message = format!("{} cannot be written: {error}.", path.display());
        CoreError::Api(ApiError::new(
            code,
            message,
            "Name a file that does not exist, in a folder that does.",
        ))
    };
    let mut file =
        OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| failed(&error))?;
    let given = chunks::give(tx.sql(), record, |piece| file.write_all(piece).map_err(|error| failed(&error)));
    let result = given.and_then(|()| file.sync_all().map_err(|error| failed(&error)));
    if result.is_err() {
        // The first failure is the one to tell; a file that cannot be removed is seen by who named it.
        let _ = std::fs::remove_file(path);
    }
    result
}

/// Takes an attachment away; undo brings it back.
pub fn remove(app: &App, params: AttachmentRemoveParams) -> Result<Deleted, ApiError> {
    let id = params.id;
    let (view, _) = app.read(|tx| find::one(tx, id))?;
    let label = format!("Take away {}", view.name);
    app.edit(&label, |tx| {
        if !find::list(tx, Some(view.document))?.iter().any(|there| there.id == id) {
            return Err(missing_attachment(id));
        }
        let now_ms = tx.now_ms();
        gc::sweep(tx.sql(), now_ms)?;
        tx.edit(view.document, |doc| Ok(doc::attachment::take_away(doc, id)?))
    })?;
    Ok(Deleted { documents: 0, relations: 0, label })
}
