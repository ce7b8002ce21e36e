//! What a page in the workspace says about itself: the same reading as at import, for the index.

use std::collections::BTreeSet;

use super::{front, page::PageText};
use crate::Limits;
use crate::finish::{line_text, tag_text};
use crate::links::{self, PageLink};

/// Tags, further names and links of a page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageFacts {
    /// Tags of front matter and body, without `#`.
    pub tags: BTreeSet<String>,
    /// Further names from the front matter.
    pub aliases: BTreeSet<String>,
    /// Links of front matter and body, in order, not resolved.
    pub links: Vec<PageLink>,
}

/// Reads what a page says about itself. Front matter that cannot be understood says nothing.
pub fn describe(text: &PageText) -> PageFacts {
    let front = front::read("", text, &Limits::default()).unwrap_or_default();
    let scan = links::scan(&text.body);
    let mut found = links::wiki_links(&text.front_matter);
    found.iter_mut().for_each(|link| link.in_front_matter = true);
    found.extend(scan.links);
    let aliases = front.aliases.iter().map(|alias| line_text(alias, 200)).filter(|alias| !alias.is_empty());
    PageFacts {
        tags: front.tags.into_iter().chain(scan.tags).filter_map(|tag| tag_text(&tag)).collect(),
        aliases: aliases.collect(),
        links: found,
    }
}
