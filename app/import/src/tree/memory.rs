//! Files held in memory: uploads from the browser, and tests.

use std::collections::BTreeMap;

use super::{Entry, FileTree, Listing, path, too_large};
use crate::{ImportError, Limits};

/// Files held in memory, under the same limits as a folder on disk.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    title: String,
    primary: Option<String>,
    limits: Limits,
    files: BTreeMap<String, Vec<u8>>,
    bytes: u64,
}

impl MemoryTree {
    /// Makes an empty tree with a title for people.
    pub fn new(title: impl Into<String>, limits: Limits) -> Self {
        Self { title: title.into(), limits, ..Self::default() }
    }

    /// Adds a file. Refuses paths that lead outside, a second file at the same path, and too much of anything.
    pub fn insert(&mut self, path: &str, bytes: impl Into<Vec<u8>>) -> Result<(), ImportError> {
        path::check(path, self.limits.path_depth)?;
        let bytes = bytes.into();
        let len = bytes.len() as u64;
        if len > self.limits.attachment_bytes.max(self.limits.text_bytes) {
            return Err(too_large(path, self.limits.attachment_bytes));
        }
        if self.files.contains_key(path) {
            return Err(ImportError::file(path, "is there twice", "Give each file a path of its own."));
        }
        super::disk::check_totals(&self.title, self.files.len() + 1, self.bytes + len, &self.limits)?;
        self.bytes += len;
        self.files.insert(path.to_owned(), bytes);
        Ok(())
    }

    /// Says which file the person picked.
    pub fn set_primary(&mut self, path: &str) {
        self.primary = Some(path.to_owned());
    }
}

impl FileTree for MemoryTree {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn primary(&self) -> Option<&str> {
        self.primary.as_deref()
    }

    fn list(&self) -> Result<Listing, ImportError> {
        let mut listing = Listing::default();
        for (path, bytes) in &self.files {
            let mut visible = String::new();
            let hidden = path.split('/').any(|part| {
                if !visible.is_empty() {
                    visible.push('/');
                }
                visible.push_str(part);
                part.starts_with('.')
            });
            if !hidden {
                listing.entries.push(Entry { path: path.clone(), len: bytes.len() as u64 });
            } else if listing.hidden.last() != Some(&visible) {
                listing.hidden.push(visible);
            }
        }
        Ok(listing)
    }

    fn size(&self, path: &str) -> Result<Option<u64>, ImportError> {
        path::check(path, self.limits.path_depth)?;
        Ok(self.files.get(path).map(|bytes| bytes.len() as u64))
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ImportError> {
        path::check(path, self.limits.path_depth)?;
        match self.files.get(path) {
            Some(bytes) if bytes.len() as u64 > limit => Err(too_large(path, limit)),
            Some(bytes) => Ok(bytes.clone()),
            None => Err(ImportError::file(path, "is not there", "Add it to the files to import.")),
        }
    }

    fn open(&self, path: &str, limit: u64) -> Result<Box<dyn std::io::Read>, ImportError> {
        Ok(Box::new(std::io::Cursor::new(self.read(path, limit)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_sizes_and_counts_are_bounded() {
        let limits =
            Limits { files: 2, total_bytes: 10, attachment_bytes: 8, text_bytes: 8, ..Limits::default() };
        let mut tree = MemoryTree::new("t", limits);
        tree.insert("a.md", "1234").unwrap();
        assert!(tree.insert("../b.md", "1").is_err());
        assert!(tree.insert("a.md", "1").is_err());
        assert!(tree.insert("big", "123456789").is_err());
        assert!(tree.insert("b.md", "1234567").is_err(), "in all more than 10 bytes");
        tree.insert(".git/config", "1").unwrap();
        assert!(tree.insert("c.md", "1").is_err(), "third file");
        let listing = tree.list().unwrap();
        assert_eq!(listing.entries.len(), 1);
        assert_eq!(listing.hidden, [".git"]);
        assert!(tree.read("a.md", 3).is_err());
        assert!(tree.read("/etc/passwd", 3).is_err());
    }
}
