//! The kinds of sources, how they are recognised, and the one way to extract them.

use std::fmt;
use std::str::FromStr;

use crate::limits::OnProgress;
use crate::set::ImportSet;
use crate::tree::{FileTree, path};
use crate::{ImportError, Limits, Options, compose, finish, markdown};

/// The kind of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// docker-compose.
    Compose,
    /// Backstage catalogue.
    Backstage,
    /// Folder of Markdown, or Obsidian vault.
    MarkdownVault,
    /// A single Markdown file.
    MarkdownPage,
}

impl SourceKind {
    /// Every kind.
    pub const ALL: &'static [Self] =
        &[Self::Compose, Self::Backstage, Self::MarkdownVault, Self::MarkdownPage];

    /// Returns the stored spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compose => "compose",
            Self::Backstage => "backstage",
            Self::MarkdownVault => "markdown-vault",
            Self::MarkdownPage => "markdown-page",
        }
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Says that a text names no kind of source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no kind of source with this name: use compose, backstage, markdown-vault or markdown-page")]
pub struct UnknownSourceKind;

impl FromStr for SourceKind {
    type Err = UnknownSourceKind;

    fn from_str(text: &str) -> Result<Self, UnknownSourceKind> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or(UnknownSourceKind)
    }
}

/// Recognises what a source is; `None` where it is none of the known kinds.
pub fn detect(tree: &dyn FileTree) -> Result<Option<SourceKind>, ImportError> {
    if let Some(file) = tree.primary() {
        return of_file(tree, file);
    }
    if compose::find(tree)?.is_some() {
        return Ok(Some(SourceKind::Compose));
    }
    let listing = tree.list()?;
    let mut pages = 0;
    for entry in &listing.entries {
        if markdown::is_page(&entry.path) {
            pages += 1;
        } else if of_file(tree, &entry.path)? == Some(SourceKind::Backstage) {
            return Ok(Some(SourceKind::Backstage));
        }
    }
    Ok((pages > 0).then_some(SourceKind::MarkdownVault))
}

fn of_file(tree: &dyn FileTree, file: &str) -> Result<Option<SourceKind>, ImportError> {
    if markdown::is_page(file) {
        return Ok(Some(SourceKind::MarkdownPage));
    }
    if !matches!(path::extension(file).as_str(), "yml" | "yaml") {
        return Ok(None);
    }
    let limit = Limits::default().text_bytes;
    if tree.size(file)?.is_none_or(|size| size > limit) {
        return Ok(None);
    }
    let bytes = tree.read(file, limit)?;
    let text = String::from_utf8_lossy(&bytes);
    if crate::backstage::is_catalogue(&text) {
        return Ok(Some(SourceKind::Backstage));
    }
    let compose = text.lines().any(|line| line.trim_end() == "services:" || line.starts_with("services:"));
    Ok(compose.then_some(SourceKind::Compose))
}

/// Extracts everything that a source says, or refuses it. Nothing is written anywhere.
pub fn extract(
    kind: SourceKind,
    tree: &dyn FileTree,
    options: &Options,
    progress: &mut OnProgress<'_>,
) -> Result<ImportSet, ImportError> {
    let mut set = match kind {
        SourceKind::Compose => compose::extract(tree, options, progress)?,
        SourceKind::Backstage => crate::backstage::extract(tree, &options.limits, progress)?,
        SourceKind::MarkdownVault => markdown::extract_vault(tree, &options.limits, progress)?,
        SourceKind::MarkdownPage => markdown::extract_page(tree, &options.limits, progress)?,
    };
    finish::finish(&mut set);
    Ok(set)
}
