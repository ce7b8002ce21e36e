//! Everything as it was at a date, for an export.

use groundplan_shared::model::DocumentKind;

use super::{Attached, Everything, Talk};
use crate::core::{CoreError, Tx};
use crate::identity::people::People;
use crate::{doc, history, query};

/// Reads elements, pages, diagrams, comments and what is said about attached files, as they were.
pub(super) fn everything(tx: &mut Tx<'_>, people: &People, at_ms: u64) -> Result<Everything, CoreError> {
    let mut all = Everything::nothing();
    all.hidden = query::hidden(tx)?;
    for (id, kind) in history::at::documents(tx, None)? {
        let Some(heads) = history::at::then(tx, id, at_ms)? else { continue };
        tx.with(id, |doc| {
            history::at_version(doc, &heads, |doc| {
                match kind {
                    DocumentKind::Element => all.elements.extend(doc::element::read(doc, id)),
                    DocumentKind::Page => all.pages.extend(doc::page::read(doc, id)),
                    DocumentKind::View => all.views.extend(doc::view::read(doc, id)),
                    DocumentKind::Thread | DocumentKind::Settings => {}
                }
                let files = doc::attachment::read(doc).into_iter().filter(|record| !record.removed);
                all.attachments
                    .extend(files.map(|record| Attached { document: id, attachment: record.attachment }));
            });
        })?;
    }
    for id in query::every_thread(tx)? {
        let Some(heads) = history::at::then(tx, id, at_ms)? else { continue };
        let thread =
            tx.with(id, |doc| history::at_version(doc, &heads, |doc| doc::comment::read(doc, id)))?;
        all.threads.extend(thread.map(|thread| Talk::new(thread, people)));
    }
    all.elements.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    all.pages.sort_by(|a, b| (&a.path, a.id).cmp(&(&b.path, b.id)));
    all.views.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    Ok(all)
}
