//! Schema versions: forward only, each migration once, in one transaction.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;
use super::schema;

/// The latest schema version that this program writes.
pub const SCHEMA_VERSION: u32 = 3;

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
