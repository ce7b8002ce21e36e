//! `sync/rescue`: the work that could not be sent, to review, to export and to write again elsewhere.
//!
//! Nothing is removed: a device that was shut out keeps what it has.

use std::sync::Arc;

use groundplan_shared::api::{ApiError, ErrorCode, Rescue, SyncRescueParams, UnsentDocument};
use groundplan_shared::model::{DocumentId, Element, Page, View};
use serde::Serialize;

use crate::core::{CoreError, Lost, Tx};
use crate::doc;
use crate::identity::membership::blocking;
use crate::runtime::App;

/// The documents as they stand here.
#[derive(Default, Serialize)]
struct Unsent {
    format: &'static str,
    version: u32,
    elements: Vec<Element>,
    pages: Vec<Page>,
    views: Vec<View>,
    /// What was written in documents that went from this device with a clearance, as words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    withdrawn: Vec<Lost>,
}

/// Shows changes that were not sent.
///
/// # Errors
/// `NotFound` if no workspace is open; those of the store.
pub async fn run(app: &Arc<App>, _: SyncRescueParams) -> Result<Rescue, ApiError> {
    app.net.start(app);
    let app = Arc::clone(app);
    blocking(move || {
        let status = app.net.status(&app, app.workspace()?.id())?;
        let (documents, unsent) = app.read(collect)?;
        let problem = status.problem.or_else(|| unsent.withdrawn.first().map(withdrawn));
        let text = serde_json::to_string_pretty(&unsent).expect("invariant: the model is JSON") + "\n";
        Ok(Rescue { problem, documents, text })
    })
    .await
}

fn collect(tx: &mut Tx<'_>) -> Result<(Vec<UnsentDocument>, Unsent), CoreError> {
    let rows: Vec<([u8; 16], String, u64, u64)> = {
        let mut statement = tx.sql().prepare_cached(
            "SELECT document, kind, count(*), max(created_ms) FROM outbox GROUP BY document ORDER BY max(id) DESC",
        )?;
        let rows = statement.query_map([], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get::<_, i64>(2)?.unsigned_abs(),
                row.get::<_, i64>(3)?.unsigned_abs(),
            ))
        })?;
        rows.collect::<Result<_, _>>()?
    };
    let mut unsent = Unsent { format: "groundplan-unsent", version: 1, ..Unsent::default() };
    let mut documents = Vec::new();
    for (id, kind, changes, last_ms) in rows {
        let id = DocumentId::from_bytes(id);
        let mut name = String::new();
        match kind.as_str() {
            "element" => {
                if let Some(element) = tx.with_document(id, |doc| doc::element::read(doc, id))? {
                    name.clone_from(&element.name);
                    unsent.elements.push(element);
                }
            }
            "page" => {
                if let Some(page) = tx.with_document(id, |doc| doc::page::read(doc, id))? {
                    name.clone_from(&page.title);
                    unsent.pages.push(page);
                }
            }
            "view" => {
                if let Some(view) = tx.with_document(id, |doc| doc::view::read(doc, id))? {
                    name.clone_from(&view.name);
                    unsent.views.push(view);
                }
            }
            _ => {}
        }
        documents.push(UnsentDocument { id: id.to_string(), kind, name, changes, last_ms });
    }
    unsent.withdrawn = tx.lost()?;
    for lost in &unsent.withdrawn {
        documents.extend(lost.unsent.iter().map(|one| UnsentDocument {
            id: one.id.to_string(),
            kind: one.kind.clone(),
            name: String::new(),
            changes: one.changes,
            last_ms: lost.at_ms,
        }));
    }
    Ok((documents, unsent))
}

/// Says why documents are not here any more.
fn withdrawn(lost: &Lost) -> ApiError {
    let (level, documents) = (lost.level, lost.documents);
    ApiError::new(
        ErrorCode::NotAllowed,
        format!(
            "Your clearance {level} was taken back; {documents} documents went from this device with it."
        ),
        format!(
            "What you wrote and had not sent is below. Ask an owner or administrator about the clearance {level}."
        ),
    )
}
