//! Copies a database to another file under another key, whatever happens to it meanwhile.
//!
//! The copy is that of one moment: the source is read inside one transaction. Pages go from cipher to cipher through
//! memory. Every page that is read is authenticated, so that a damaged source makes no backup.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::{BackupError, Progress};
use crate::store::{self, StoreError};

/// Pages of 4 KiB copied in one go.
const PAGES: i32 = 1_024;
/// Wait for a writer that holds the file for a moment.
const BUSY: Duration = Duration::from_millis(20);

/// Copies `source` to `target`, which must not be there.
pub(super) fn copy(
    (source, source_key): (&Path, &[u8; 32]),
    (target, target_key): (&Path, &[u8; 32]),
    step: &str,
    progress: &mut Progress<'_>,
) -> Result<(), BackupError> {
    let from = store::existing(source, source_key)?;
    let mut to = store::bare(target, target_key)?;
    from.execute_batch("BEGIN")?;
    // The transaction begins with its first look.
    from.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    {
        let backup = Backup::new(&from, &mut to)?;
        loop {
            let result = backup.step(PAGES)?;
            let state = backup.progress();
            let total = u64::try_from(state.pagecount).unwrap_or(0);
            progress(step, total - u64::try_from(state.remaining).unwrap_or(0).min(total), total)?;
            match result {
                StepResult::Done => break,
                StepResult::Busy | StepResult::Locked => std::thread::sleep(BUSY),
                _ => {}
            }
        }
    }
    from.execute_batch("ROLLBACK")?;
    close(to, target)
}

/// Makes one whole file of a database and closes it: no log beside it, everything on the disk.
pub(super) fn close(connection: Connection, path: &Path) -> Result<(), BackupError> {
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    connection.close().map_err(|(_, error)| StoreError::from(error))?;
    let file = std::fs::File::open(path).map_err(BackupError::reading(path))?;
    file.sync_all().map_err(BackupError::writing(path))
}
