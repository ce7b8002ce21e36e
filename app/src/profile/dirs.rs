//! Where a profile's files are: the system's places (XDG on Linux) or one folder given by `--data-dir`.

use std::path::{Path, PathBuf};

/// Why a profile has no place.
#[derive(Debug, thiserror::Error)]
pub enum DirsError {
    /// The name is not a file name.
    #[error("\u{201c}{0}\u{201d} cannot name a profile: use 1 to 40 letters, digits, `-` or `_`")]
    Name(String),
    /// The system names no home folder.
    #[error("the system names no home folder for this user")]
    NoHome,
    /// The folder cannot be made.
    #[error("the folder {path} cannot be made: {source}")]
    Create {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// The places of one profile.
#[derive(Debug, Clone)]
pub struct Dirs {
    profile: String,
    data: PathBuf,
}

impl Dirs {
    /// Finds the places of a profile (`default` if none is named). Makes nothing.
    pub fn find(profile: Option<&str>, data_dir: Option<&Path>) -> Result<Self, DirsError> {
        let profile = profile.unwrap_or("default");
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if profile.is_empty() || profile.len() > 40 || !profile.chars().all(fits) {
            return Err(DirsError::Name(profile.chars().take(64).collect()));
        }
        let root = match data_dir {
            Some(dir) => dir.to_path_buf(),
            None => directories::ProjectDirs::from("", "", "groundplan")
                .ok_or(DirsError::NoHome)?
                .data_dir()
                .to_path_buf(),
        };
        // With --data-dir and no profile named, the folder is the profile: everything lies directly in it.
        let data = if data_dir.is_some() && profile == "default" { root } else { root.join(profile) };
        Ok(Self { profile: profile.to_owned(), data })
    }

    /// Makes the folders, readable by this user only.
    pub fn create(&self) -> Result<(), DirsError> {
        for path in [self.data.clone(), self.data.join("workspaces")] {
            make_private(&path).map_err(|source| DirsError::Create { path, source })?;
        }
        Ok(())
    }

    /// Returns the places of the same profile below another folder, where it is put together.
    pub(crate) fn elsewhere(&self, data: &Path) -> Self {
        Self { profile: self.profile.clone(), data: data.to_owned() }
    }

    /// Returns the name of the profile.
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// Returns the folder of everything.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Returns the file that says how the key is kept. It holds no key in the clear.
    pub fn key_file(&self) -> PathBuf {
        self.data.join("key.json")
    }

    /// Returns the profile database.
    pub fn profile_database(&self) -> PathBuf {
        self.data.join("profile.db")
    }

    /// Returns the file, outside of the profile's folder, by which a workspace's database is told from copies of it; none
    /// where the system names no place for such files.
    pub fn life_mark(&self, id: groundplan_shared::model::WorkspaceId) -> Option<PathBuf> {
        let place = std::path::absolute(self.data.join(id.to_string())).ok()?;
        let name = groundplan_shared::crypto::sha256(&[place.to_string_lossy().as_bytes()]);
        Some(state_folder()?.join("lives").join(name.to_string()))
    }

    /// Returns the database of a workspace.
    pub fn workspace_database(&self, id: groundplan_shared::model::WorkspaceId) -> PathBuf {
        self.data.join("workspaces").join(format!("{id}.db"))
    }
}

/// Where this machine remembers what must not travel with the data.
fn state_folder() -> Option<PathBuf> {
    if cfg!(test) {
        return Some(std::env::temp_dir().join("groundplan-unit-tests"));
    }
    let dirs = directories::ProjectDirs::from("", "", "groundplan")?;
    Some(dirs.state_dir().map_or_else(|| dirs.data_local_dir().join("state"), Path::to_path_buf))
}

/// Makes a folder that only this user can look into; one that is there stays as it is.
#[cfg(unix)]
pub(crate) fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    if path.is_dir() {
        return Ok(());
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
}

/// Makes a folder; the system keeps other users out of the home folder.
#[cfg(not(unix))]
pub(crate) fn make_private(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_the_folder() {
        for bad in ["", "..", "a/b", "a\\b", "ü"] {
            assert!(Dirs::find(Some(bad), Some(Path::new("/tmp"))).is_err(), "{bad}");
        }
        let dirs = Dirs::find(Some("work"), Some(Path::new("/x"))).unwrap();
        assert_eq!(dirs.data(), Path::new("/x/work"));
    }
}
