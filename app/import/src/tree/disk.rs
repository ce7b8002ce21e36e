//! A folder or file on disk, confined: nothing outside it is ever opened.
//!
//! Symbolic links are never followed. One that leads inside the folder is skipped and listed, one that leads
//! outside refuses the import.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Entry, FileTree, Listing, path, size_text, too_large};
use crate::{ImportError, Limits};

/// A confined folder on disk.
#[derive(Debug, Clone)]
pub struct DiskTree {
    root: PathBuf,
    primary: Option<String>,
    limits: Limits,
}

impl DiskTree {
    /// Opens a folder, or a file within its folder.
    pub fn open(source: &Path, limits: Limits) -> Result<Self, ImportError> {
        let shown = source.display().to_string();
        let real = fs::canonicalize(source).map_err(|error| io_error(&shown, &error))?;
        let kind = fs::metadata(&real).map_err(|error| io_error(&shown, &error))?;
        if kind.is_dir() {
            return Ok(Self { root: real, primary: None, limits });
        }
        if !kind.is_file() {
            return Err(not_a_file(&shown));
        }
        let (Some(root), Some(name)) = (real.parent(), real.file_name().and_then(|name| name.to_str()))
        else {
            return Err(ImportError::file(shown, "has a name that is not UTF-8", "Rename it."));
        };
        path::check(name, limits.path_depth)?;
        Ok(Self { root: root.to_owned(), primary: Some(name.to_owned()), limits })
    }

    /// Finds a regular file, checking every part of its path for links.
    fn locate(&self, path: &str) -> Result<Option<(PathBuf, Metadata)>, ImportError> {
        path::check(path, self.limits.path_depth)?;
        let mut at = self.root.clone();
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            at.push(part);
            let meta = match fs::symlink_metadata(&at) {
                Ok(meta) => meta,
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(io_error(path, &error)),
            };
            if meta.file_type().is_symlink() {
                return Err(ImportError::file(
                    path,
                    "is or lies behind a symbolic link, which an import does not follow",
                    "Put a copy of the file in its place, or leave it out.",
                ));
            }
            if parts.peek().is_none() {
                return if meta.is_file() { Ok(Some((at, meta))) } else { Err(not_a_file(path)) };
            }
        }
        Ok(None)
    }

    fn walk(&self, folder: &Path, prefix: &str, found: &mut Walk) -> Result<(), ImportError> {
        let shown = if prefix.is_empty() { self.title() } else { prefix.to_owned() };
        let entries = fs::read_dir(folder).map_err(|error| io_error(&shown, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| io_error(&shown, &error))?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                let name = format!("{prefix}/{}", name.to_string_lossy());
                return Err(ImportError::file(name, "has a name that is not UTF-8", "Rename it."));
            };
            let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
            let kind = entry.file_type().map_err(|error| io_error(&path, &error))?;
            found.seen += 1;
            check_totals(&self.title(), found.seen, found.bytes, &self.limits)?;
            if name.starts_with('.') {
                found.listing.hidden.push(path);
                continue;
            }
            path::check(&path, self.limits.path_depth)?;
            if kind.is_symlink() {
                self.check_link(&entry.path(), &path)?;
                found.listing.links.push(path);
            } else if kind.is_dir() {
                self.walk(&entry.path(), &path, found)?;
            } else if kind.is_file() {
                let len = entry.metadata().map_err(|error| io_error(&path, &error))?.len();
                found.bytes = found.bytes.saturating_add(len);
                found.listing.entries.push(Entry { path, len });
                check_totals(&self.title(), found.seen, found.bytes, &self.limits)?;
            } else {
                return Err(not_a_file(&path));
            }
        }
        Ok(())
    }

    fn check_link(&self, link: &Path, path: &str) -> Result<(), ImportError> {
        match fs::canonicalize(link) {
            Ok(target) if target.starts_with(&self.root) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Ok(_) => Err(ImportError::file(
                path,
                "is a symbolic link that leads outside the imported folder",
                "Remove the link, or put a copy of what it leads to in its place.",
            )),
            Err(error) => Err(io_error(path, &error)),
        }
    }
}

#[derive(Default)]
struct Walk {
    listing: Listing,
    /// Files, folders, links and hidden ones.
    seen: usize,
    bytes: u64,
}

impl FileTree for DiskTree {
    fn title(&self) -> String {
        self.root.file_name().map_or_else(|| "import".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    fn primary(&self) -> Option<&str> {
        self.primary.as_deref()
    }

    fn list(&self) -> Result<Listing, ImportError> {
        let mut found = Walk::default();
        self.walk(&self.root, "", &mut found)?;
        found.listing.entries.sort();
        found.listing.hidden.sort();
        found.listing.links.sort();
        Ok(found.listing)
    }

    fn size(&self, path: &str) -> Result<Option<u64>, ImportError> {
        Ok(self.locate(path)?.map(|(_, meta)| meta.len()))
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ImportError> {
        let mut bytes = Vec::new();
        self.open(path, limit)?.read_to_end(&mut bytes).map_err(|error| io_error(path, &error))?;
        if bytes.len() as u64 > limit {
            return Err(too_large(path, limit));
        }
        Ok(bytes)
    }

    fn open(&self, path: &str, limit: u64) -> Result<Box<dyn Read>, ImportError> {
        let Some((at, meta)) = self.locate(path)? else {
            return Err(ImportError::file(path, "is not there", "Check the path, or add the file."));
        };
        if meta.len() > limit {
            return Err(too_large(path, limit));
        }
        let file = File::open(&at).map_err(|error| io_error(path, &error))?;
        if !file.metadata().map_err(|error| io_error(path, &error))?.is_file() {
            return Err(not_a_file(path));
        }
        Ok(Box::new(file.take(limit.saturating_add(1))))
    }
}

pub(super) fn check_totals(
    title: &str,
    files: usize,
    bytes: u64,
    limits: &Limits,
) -> Result<(), ImportError> {
    if files > limits.files {
        return Err(ImportError::file(
            title,
            format!("holds more than {} files or folders", limits.files),
            "Import a smaller folder of it.",
        ));
    }
    if bytes > limits.total_bytes {
        return Err(ImportError::file(
            title,
            format!("holds more than {}", size_text(limits.total_bytes)),
            "Import a smaller folder of it.",
        ));
    }
    Ok(())
}

fn not_a_file(path: &str) -> ImportError {
    ImportError::file(path, "is neither a file nor a folder", "Leave it out of the import.")
}

fn io_error(path: &str, error: &io::Error) -> ImportError {
    let remedy = match error.kind() {
        io::ErrorKind::NotFound => "Check the path.",
        io::ErrorKind::PermissionDenied => "Give yourself the right to read it, or leave it out.",
        _ => "Try again; if it stays, copy the files to another folder and import that.",
    };
    ImportError::file(path, format!("cannot be read: {error}"), remedy)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    #[test]
    fn lists_and_reads_inside_only() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("vault");
        fs::create_dir_all(root.join("sub/.obsidian")).unwrap();
        fs::write(dir.path().join("secret.md"), "s").unwrap();
        fs::write(root.join("sub/a.md"), "abc").unwrap();
        fs::write(root.join("sub/.obsidian/app.json"), "{}").unwrap();
        let tree = DiskTree::open(&root, Limits::default()).unwrap();
        let listing = tree.list().unwrap();
        assert_eq!(listing.entries, [Entry { path: "sub/a.md".into(), len: 3 }]);
        assert_eq!(listing.hidden, ["sub/.obsidian"]);
        assert_eq!(tree.read("sub/a.md", 10).unwrap(), b"abc");
        assert!(tree.read("sub/a.md", 2).is_err());
        assert!(tree.read("../secret.md", 10).is_err());
        assert!(tree.read("sub", 10).is_err());
        assert_eq!(tree.size("nothing.md").unwrap(), None);
    }

    #[test]
    fn links_are_skipped_inside_and_refused_outside() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("vault");
        fs::create_dir_all(&root).unwrap();
        fs::write(root.join("a.md"), "abc").unwrap();
        symlink("a.md", root.join("b.md")).unwrap();
        let tree = DiskTree::open(&root, Limits::default()).unwrap();
        assert_eq!(tree.list().unwrap().links, ["b.md"]);
        assert!(tree.read("b.md", 10).unwrap_err().to_string().contains("symbolic link"));

        fs::write(dir.path().join("secret.md"), "s").unwrap();
        symlink("../secret.md", root.join("c.md")).unwrap();
        let error = tree.list().unwrap_err();
        assert_eq!(error.refusal().unwrap().file, "c.md");
        symlink(dir.path(), root.join("up")).unwrap();
        assert!(tree.read("up/secret.md", 10).is_err());
    }

    #[test]
    fn devices_and_excess_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let _socket = UnixListener::bind(dir.path().join("s")).unwrap();
        let tree = DiskTree::open(dir.path(), Limits::default()).unwrap();
        assert!(tree.list().unwrap_err().to_string().contains("neither a file nor a folder"));
        assert!(tree.read("s", 10).is_err());

        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b/c")).unwrap();
        fs::write(dir.path().join("a/b/c/d"), "12345").unwrap();
        let open = |limits| DiskTree::open(dir.path(), limits).unwrap().list();
        assert!(open(Limits { path_depth: 3, ..Limits::default() }).is_err());
        assert!(open(Limits { total_bytes: 4, ..Limits::default() }).is_err());
        assert!(open(Limits { files: 0, ..Limits::default() }).is_err());
        assert!(open(Limits::default()).is_ok());
    }

    #[test]
    fn a_file_opens_its_folder() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("page.md"), "x").unwrap();
        let tree = DiskTree::open(&dir.path().join("page.md"), Limits::default()).unwrap();
        assert_eq!(tree.primary(), Some("page.md"));
        assert!(DiskTree::open(&dir.path().join("none.md"), Limits::default()).is_err());
    }
}
