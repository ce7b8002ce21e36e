//! Links between pages: finding them in Markdown and resolving them to pages and files.
//!
//! Pure and free of files, so that imports, projections, the vault export and the user interface share it. It
//! knows wiki-links `[[Target#Heading|alias]]`, embeds `![[image.png|300]]`, Markdown links and images. Nothing
//! inside code, HTML or comments counts. Not here: what a link means to the model.

mod index;
mod scan;
mod target;
mod wiki;

pub use index::{LinkIndex, Resolution, lookup_key, resolve};
pub use scan::{Heading, Scan, scan};
pub use wiki::wiki_links;

/// How a link is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkKind {
    /// `[[Target]]`
    Wiki,
    /// `![[Target]]`
    Embed,
    /// `[text](target)`
    Markdown,
    /// `![text](target)`
    Image,
}

impl LinkKind {
    /// Returns the stored spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wiki => "wiki-link",
            Self::Embed => "embed",
            Self::Markdown => "link",
            Self::Image => "image",
        }
    }
}

/// A link in a page to another page or file, or to a heading of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageLink {
    /// How it is written.
    pub kind: LinkKind,
    /// What it names, decoded, without heading; empty for a heading of the same page.
    pub target: String,
    /// Heading (`A#B` for nested ones) or block (`^id`), where one is named.
    pub heading: Option<String>,
    /// Text shown instead of the target (or the size of an embed).
    pub alias: Option<String>,
    /// Whether it stands in the front matter rather than in the body.
    pub in_front_matter: bool,
    /// First byte in the scanned text.
    pub start: usize,
    /// Byte after the last one in the scanned text.
    pub end: usize,
    /// Line, counted from 1: in the scanned text, or in the file for links of an `ImportPage`.
    pub line: u32,
    /// Key of the page or file it leads to, once resolved.
    pub resolved: Option<String>,
}

/// Finds the links of a Markdown text without its front matter, in order.
pub fn links(text: &str) -> Vec<PageLink> {
    scan(text).links
}

/// Offsets of the lines of a text.
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    /// Returns the line of an offset, counted from 1.
    pub(crate) fn at(&self, offset: usize) -> u32 {
        let before = self.0.partition_point(|newline| *newline < offset);
        u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
    }
}
