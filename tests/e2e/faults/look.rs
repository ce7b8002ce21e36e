//! Looks into a device's store without its program: whole or not, and what is in it.

use std::path::{Path, PathBuf};

use groundplan_app::core::Workspace;
use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_app::runtime::App;
use groundplan_shared::model::WorkspaceId;
use groundplan_tests::device::Device;
use groundplan_tests::programs::PASSPHRASE;

/// What opens a device's databases. Stretching the passphrase once is enough.
pub(super) struct Keys {
    pub(super) id: WorkspaceId,
    pub(super) device: [u8; 16],
    pub(super) workspace: [u8; 32],
    pub(super) profile: [u8; 32],
    pub(super) file: PathBuf,
    pub(super) profile_file: PathBuf,
}

impl Keys {
    /// Reads them from a profile with one open workspace.
    pub(super) fn of(device: &Device) -> Self {
        let app = App::open(&ProfileOptions {
            profile: None,
            data_dir: Some(device.folder().join("profile")),
            key: KeyOptions { passphrase: Some(PASSPHRASE.to_owned().into()), prefer_passphrase: true },
            create: false,
        })
        .expect("the profile opens");
        let id = app.workspace().expect("a workspace is open").id();
        let (key, dirs) = (app.profile().key(), app.profile().dirs());
        Self {
            id,
            device: app.device().id(),
            workspace: *key.derive(&format!("workspace/{id}")),
            profile: *key.derive("profile"),
            file: dirs.workspace_database(id),
            profile_file: dirs.profile_database(),
        }
    }

    /// Opens the workspace, or a copy of it.
    pub(super) fn open(&self, path: &Path) -> Result<Workspace, String> {
        Workspace::open(path, &self.workspace, self.id, self.device).map_err(|error| error.to_string())
    }

    /// Counts what a statement with one parameter finds, in a store that must be whole.
    pub(super) fn count(&self, sql: &str, mark: &str) -> u64 {
        let workspace = self.open(&self.file).expect("the store opens after a fault");
        let counted = workspace.read(|tx| {
            let whole: String = tx.sql().query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
            assert_eq!(whole, "ok");
            Ok(tx.sql().query_row(sql, [mark], |row| row.get::<_, i64>(0))?)
        });
        u64::try_from(counted.expect("the store reads after a fault")).expect("a count")
    }
}
