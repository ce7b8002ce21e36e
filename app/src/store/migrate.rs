//! Schema versions: forward only, each migration once, in one transaction.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;
use super::schema;

/// The latest schema version that this program writes.
pub const SCHEMA_VERSION: u32 = 8;

/// Which of the two databases it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `profile.db`: device identity, accounts, settings, the list of workspaces.
    Profile,
    /// One workspace.
    Workspace,
}

/// Brings the database to `SCHEMA_VERSION`. Safe to run from several processes at once.
pub(super) fn migrate(connection: &mut Connection, family: Family) -> Result<(), StoreError> {
    let version =
        |connection: &Connection| connection.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0));
    if version(connection)? == SCHEMA_VERSION {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for next in version(&transaction)?..SCHEMA_VERSION {
        for script in schema::scripts(family, next + 1) {
            transaction.execute_batch(script)?;
        }
    }
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Workspace;
    use crate::doc;
    use crate::store::open;
    use automerge::{ActorId, ROOT, transaction::Transactable};
    use groundplan_shared::model::{DocumentId, DocumentKind, WorkspaceId};

    #[test]
    fn a_store_of_the_first_version_keeps_every_edit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.db");
        let id = DocumentId::from_bytes([9; 16]);
        let mut page = doc::create(ActorId::from([1; 24]), DocumentKind::Page).unwrap();
        page.put(ROOT, "kind", "doc").unwrap();
        page.put(ROOT, "title", "Old").unwrap();
        let save = page.save();
        let body = doc::text::object(&mut page, "body").unwrap();
        page.splice_text(&body, 0, 0, "Typed before the update").unwrap();
        page.commit();
        let change = page.get_last_local_change().unwrap().raw_bytes().to_vec();
        {
            let mut key = String::new();
            (0..32).for_each(|_| key.push_str("01"));
            let old = Connection::open(&path).unwrap();
            old.pragma_update(None, "key", format!("x'{key}'")).unwrap();
            for script in schema::scripts(Family::Workspace, 1) {
                old.execute_batch(script).unwrap();
            }
            old.execute(
                "INSERT INTO document(id, kind, compartment, save) VALUES (?1, 'page', 1, ?2)",
                (id.to_bytes(), &save),
            )
            .unwrap();
            old.execute("INSERT INTO tail(document, change) VALUES (1, ?1)", [&change]).unwrap();
            old.execute(
                "INSERT INTO outbox(batch, document, kind, compartment, change, created_ms) VALUES (1, ?1, 'page', 1, ?2, 0)",
                (id.to_bytes(), &change),
            )
            .unwrap();
            old.pragma_update(None, "user_version", 1).unwrap();
        }
        let opened = open(&path, &[1; 32], Family::Workspace).unwrap();
        assert!(opened.read_only.is_none());
        let version: u32 = opened.connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(version, SCHEMA_VERSION);
        drop(opened);
        let workspace = Workspace::open(&path, &[1; 32], WorkspaceId::from_bytes([2; 16]), [3; 16]).unwrap();
        let text = workspace.read(|tx| tx.with(id, |doc| doc::string(doc, &ROOT, "body"))).unwrap();
        assert_eq!(text.as_deref(), Some("Typed before the update"));
        let waiting: i64 = workspace
            .read(|tx| Ok(tx.sql().query_row("SELECT count(*) FROM outbox", [], |row| row.get(0))?))
            .unwrap();
        assert_eq!(waiting, 1);
    }
}
