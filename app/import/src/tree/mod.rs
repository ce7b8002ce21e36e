//! Where an import reads its files: a confined folder on disk, or files held in memory.
//!
//! Not here: what the files mean.

mod disk;
mod memory;
pub(crate) mod path;

pub use disk::DiskTree;
pub use memory::MemoryTree;

use crate::{ImportError, Limits};

/// A file of a source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Path inside the source, with `/`.
    pub path: String,
    /// Size in bytes.
    pub len: u64,
}

/// What a source holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Files, ordered by path, without hidden ones.
    pub entries: Vec<Entry>,
    /// Hidden files and folders (name begins with a dot) that were not entered.
    pub hidden: Vec<String>,
    /// Symbolic links inside the source that were not followed.
    pub links: Vec<String>,
}

/// The files of a source. Paths are relative, use `/`, and never lead outside.
pub trait FileTree {
    /// Name of the folder or file for people.
    fn title(&self) -> String;

    /// The file that the person picked, where one was.
    fn primary(&self) -> Option<&str>;

    /// Lists the files. Fails when there are too many, too deep or too large.
    fn list(&self) -> Result<Listing, ImportError>;

    /// Returns a file's size; `None` where there is no such file.
    fn size(&self, path: &str) -> Result<Option<u64>, ImportError>;

    /// Reads a file of at most `limit` bytes.
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ImportError>;

    /// Opens a file of at most `limit` bytes, to be read piece by piece. One that grows meanwhile ends one byte after
    /// the limit.
    fn open(&self, path: &str, limit: u64) -> Result<Box<dyn std::io::Read>, ImportError>;
}

/// Reads a text file: UTF-8 within the limit. A byte order mark stays.
pub(crate) fn read_text(tree: &dyn FileTree, path: &str, limits: &Limits) -> Result<String, ImportError> {
    let bytes = tree.read(path, limits.text_bytes)?;
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let line = line_of(&bytes, at);
        return Err(ImportError::line(
            path,
            line,
            format!("contains a NUL byte at offset {at}, so it is not a text file"),
            "Save it as UTF-8 text, or leave it out of the import.",
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = line_of(error.as_bytes(), at);
        ImportError::line(
            path,
            line,
            format!("is not UTF-8: the byte at offset {at} begins no character"),
            "Save it in the encoding UTF-8 and import again.",
        )
    })
}

fn line_of(bytes: &[u8], offset: usize) -> u32 {
    let lines = bytes.iter().take(offset).filter(|byte| **byte == b'\n').count();
    u32::try_from(lines).unwrap_or(u32::MAX).saturating_add(1)
}

pub(crate) fn too_large(path: &str, limit: u64) -> ImportError {
    ImportError::file(
        path,
        format!("is larger than {}", size_text(limit)),
        "Leave it out of the import, or split it.",
    )
}

pub(crate) fn size_text(bytes: u64) -> String {
    match bytes {
        0..=1023 => format!("{bytes} bytes"),
        1024..=1_048_575 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}
