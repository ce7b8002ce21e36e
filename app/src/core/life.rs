//! Notices that a database is a copy of an earlier state of itself: somebody put a backup of the folder back, or took the
//! folder to another machine. A copy that went on as the same actor would break merging for everybody.
//!
//! The database and a small file outside the profile hold the same random mark; whoever writes first in a process
//! renews both. A database whose mark is not that of the file is a copy, or the mark was lost with a power cut: either
//! way it goes on as a new installation, which costs nothing. Not here: where the file is (`profile::dirs`).

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::Workspace;
use crate::env;
use crate::store::StoreError;

const NAME: &str = "life";

/// The mark of one open database.
#[derive(Debug)]
pub(super) struct Life {
    file: PathBuf,
    renewed: bool,
}

impl Life {
    /// Compares the marks; says whether the database is a copy, which then has no installation any more.
    pub(super) fn look(file: PathBuf, connection: &mut Connection) -> Result<(Self, bool), StoreError> {
        let copy = if same(&file, connection)? {
            false
        } else {
            // Another process may be renewing them at this moment; it does so inside a transaction.
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let copy = !same(&file, &tx)?;
            if copy {
                Workspace::forget_installation(&tx)?;
                write(&file, &tx);
            }
            tx.commit()?;
            copy
        };
        Ok((Self { file, renewed: copy }, copy))
    }

    /// Renews both marks, once a process. Call it inside the transaction that writes.
    pub(super) fn renew(&mut self, sql: &Connection) {
        if !self.renewed {
            self.renewed = true;
            write(&self.file, sql);
        }
    }

    /// Forgets that they were renewed: the transaction was rolled back.
    pub(super) fn rolled_back(&mut self) {
        self.renewed = false;
    }
}

fn same(file: &Path, sql: &Connection) -> Result<bool, StoreError> {
    let inside: Option<Vec<u8>> =
        sql.query_row("SELECT value FROM meta WHERE name = ?1", [NAME], |row| row.get(0)).optional()?;
    // A file that cannot be read says nothing, like one that is not there.
    Ok(inside == std::fs::read(file).ok())
}

/// Writes both marks. It protects against what people do to files, not against a power cut, and so need not be on the
/// disk; and nobody's edit fails because of it.
fn write(file: &Path, sql: &Connection) {
    let mark = env::random::<16>();
    let folder = file.parent().map_or(Ok(()), crate::profile::make_private);
    let done = folder.and_then(|()| std::fs::write(file, mark)).map_err(|error| error.to_string());
    let done = done.and_then(|()| {
        sql.prepare_cached("INSERT OR REPLACE INTO meta(name, value) VALUES (?1, ?2)")
            .and_then(|mut statement| statement.execute((NAME, mark)))
            .map_err(|error| error.to_string())
    });
    if let Err(error) = done {
        tracing::warn!(error, "copies of this workspace's database cannot be told from it");
    }
}

#[cfg(test)]
mod tests {
    use groundplan_shared::model::WorkspaceId;

    use super::*;

    const KEY: [u8; 32] = [1; 32];

    fn open(folder: &Path) -> (Workspace, bool) {
        let id = WorkspaceId::from_bytes([2; 16]);
        Workspace::open_marked(&folder.join("w.db"), &KEY, id, [3; 16], Some(folder.join("state/mark")))
            .unwrap()
    }

    fn edit(workspace: &Workspace) {
        use groundplan_shared::model::{DocumentId, DocumentKind};
        let id = DocumentId::from_bytes(env::random());
        workspace.edit("Add", |tx| tx.create(id, DocumentKind::Page, |_| Ok(()))).unwrap();
    }

    #[test]
    fn a_database_that_was_put_back_edits_as_somebody_new() {
        let dir = tempfile::tempdir().unwrap();
        let (copy, path) = (dir.path().join("copy"), dir.path().join("w.db"));
        let (first, copied) = open(dir.path());
        assert!(!copied);
        edit(&first);
        let actor = first.actor().clone();
        drop(first);
        std::fs::copy(&path, &copy).unwrap();

        for _ in 0..3 {
            let (again, copied) = open(dir.path());
            assert!(!copied, "it is the same one, however often it is opened");
            assert_eq!(*again.actor(), actor);
            edit(&again);
        }
        std::fs::copy(&copy, &path).unwrap();
        let (back, copied) = open(dir.path());
        assert!(copied);
        assert_ne!(*back.actor(), actor);
        let new = back.actor().clone();
        edit(&back);
        drop(back);
        assert_eq!(*open(dir.path()).0.actor(), new, "and stays that");
    }

    #[test]
    fn an_edit_that_fails_and_a_second_process_are_no_copies() {
        let dir = tempfile::tempdir().unwrap();
        let (one, _) = open(dir.path());
        edit(&one);
        let (two, copied) = open(dir.path());
        assert!(!copied);
        edit(&two);
        edit(&one);
        let failed = two.edit("Fail", |tx| {
            tx.create(
                groundplan_shared::model::DocumentId::from_bytes([9; 16]),
                groundplan_shared::model::DocumentKind::Page,
                |_| Ok(()),
            )?;
            Err::<(), _>(crate::core::CoreError::NotFound(groundplan_shared::model::DocumentId::from_bytes(
                [8; 16],
            )))
        });
        assert!(failed.is_err());
        drop((one, two));
        assert!(!open(dir.path()).1);
    }
}
