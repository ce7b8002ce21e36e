//! What is new since this device's person looked, and marking it as looked at. Nothing of it leaves this device.

use groundplan_shared::api::{ApiError, ChangeList, ChangesListParams, ChangesSeenParams, Event};
use groundplan_shared::model::DocumentId;

use crate::core::{CoreError, mark_seen};
use crate::query;
use crate::runtime::App;

/// Lists what is new.
pub fn list(app: &App, _: ChangesListParams) -> Result<ChangeList, ApiError> {
    let people = app.people()?;
    app.read(|tx| query::news(tx, &people))
}

/// Marks what is new as seen, and lists what is left.
pub fn seen(app: &App, params: ChangesSeenParams) -> Result<ChangeList, ApiError> {
    let workspace = app.workspace()?;
    let marked = workspace.transaction::<_, CoreError>(|tx| {
        let mut documents = Vec::new();
        if let Some(document) = params.document {
            documents.push(document);
            let mut statement = tx.sql().prepare_cached("SELECT id FROM thread WHERE subject = ?1")?;
            let threads = statement.query_map([document.to_bytes()], |row| row.get(0))?;
            for thread in threads {
                documents.push(DocumentId::from_bytes(thread?));
            }
        }
        mark_seen(tx, &documents, params.until)
    })?;
    if marked > 0 {
        app.emit(Event::Seen { workspace: workspace.id() });
    }
    list(app, ChangesListParams {})
}
