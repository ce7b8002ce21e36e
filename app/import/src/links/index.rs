//! Resolves targets to pages and files by Obsidian's rules, without regard to case.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use unicode_normalization::UnicodeNormalization;

use super::{LinkKind, PageLink};
use crate::tree::path;

/// The pages and files that links may lead to. Adding and finding take time by the depth of a path only.
#[derive(Debug, Clone, Default)]
pub struct LinkIndex {
    entries: Vec<Entry>,
    by_path: HashMap<String, usize>,
    /// The nearest file by the hash of every end of its path (`b/note.md`, `b/note`, `note.md`, `note`).
    by_end: HashMap<u64, Nearest>,
    by_alias: HashMap<String, Nearest>,
}

#[derive(Debug, Clone)]
struct Entry {
    path: String,
    key: String,
}

/// The file with the shortest path of all that fit.
#[derive(Debug, Clone, Copy)]
struct Nearest {
    at: usize,
    others: usize,
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// To the page or file with this key; `others` more would have fitted as well.
    Found {
        /// Its key.
        key: String,
        /// How many others have the same name.
        others: usize,
    },
    /// Nowhere: no such page or file.
    Missing,
    /// Outside the source.
    Outside,
}

impl LinkIndex {
    /// Adds a page with its path (`folder/Note.md`), the key to answer with, and its further names.
    pub fn add_page<'a>(&mut self, path: &str, key: &str, aliases: impl IntoIterator<Item = &'a str>) {
        let at = self.add_file(path, key);
        let folded = fold(path);
        if let Some((stem, _)) = folded.rsplit_once('.') {
            self.add_ends(stem, at);
        }
        for alias in aliases {
            let alias = fold(alias.trim());
            let nearest = self.nearer(self.by_alias.get(&alias), at);
            self.by_alias.insert(alias, nearest);
        }
    }

    /// Adds a file that is no page; it is found by its full name only.
    pub fn add_file(&mut self, path: &str, key: &str) -> usize {
        let at = self.entries.len();
        let folded = fold(path);
        self.by_path.entry(folded.clone()).or_insert(at);
        self.entries.push(Entry { path: folded.clone(), key: key.to_owned() });
        self.add_ends(&folded, at);
        at
    }

    fn add_ends(&mut self, path: &str, at: usize) {
        let starts = path.match_indices('/').map(|(slash, _)| slash + 1);
        for end in std::iter::once(0).chain(starts).filter_map(|start| path.get(start..)) {
            let hash = hash(end);
            let nearest = self.nearer(self.by_end.get(&hash), at);
            self.by_end.insert(hash, nearest);
        }
    }

    fn nearer(&self, known: Option<&Nearest>, at: usize) -> Nearest {
        let Some(known) = known else { return Nearest { at, others: 0 } };
        let rank = |at: usize| {
            let path = self.entries.get(at).map_or("", |entry| entry.path.as_str());
            (path.split('/').count(), path.len(), path)
        };
        let at = if rank(at) < rank(known.at) { at } else { known.at };
        Nearest { at, others: known.others + 1 }
    }

    fn exact(&self, target: &str) -> Option<usize> {
        let with = |extension: &str| self.by_path.get(&format!("{target}{extension}"));
        self.by_path.get(target).or_else(|| with(".md")).or_else(|| with(".markdown")).copied()
    }

    /// Finds by the end of the path: the same folder first, then the shortest path.
    fn nearest(&self, target: &str, from: &str) -> Option<(usize, usize)> {
        let found = self.by_end.get(&hash(target))?;
        let path = &self.entries.get(found.at)?.path;
        // Another text may have the same hash.
        let fits =
            |path: &str| path.strip_suffix(target).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
        if !fits(path) && !path.rsplit_once('.').is_some_and(|(stem, _)| fits(stem)) {
            return None;
        }
        let here = path::join(from, target).and_then(|here| self.exact(&here));
        Some((here.unwrap_or(found.at), found.others))
    }

    fn answer(&self, found: Option<(usize, usize)>) -> Option<Resolution> {
        let (at, others) = found?;
        self.entries.get(at).map(|entry| Resolution::Found { key: entry.key.clone(), others })
    }
}

/// Finds where a link of the page at `from` leads. A link to a heading of its own page leads to that page.
pub fn resolve(link: &PageLink, from: &str, index: &LinkIndex) -> Resolution {
    let from = fold(from);
    let target = fold(&link.target);
    if target.is_empty() {
        return index.answer(index.exact(&from).map(|at| (at, 0))).unwrap_or(Resolution::Missing);
    }
    let markdown = matches!(link.kind, LinkKind::Markdown | LinkKind::Image);
    let relative = target.split('/').any(|part| matches!(part, "." | ".."));
    let rooted = target.strip_prefix('/').map(|rest| rest.trim_end_matches('/'));
    if markdown || relative {
        let joined = match rooted {
            Some(rest) => path::join("", rest),
            None => path::join(&from, &target),
        };
        let Some(joined) = joined else { return Resolution::Outside };
        let page = index.exact(&joined).or_else(|| folder_page(index, &joined));
        if let Some(found) = index.answer(page.map(|at| (at, 0))) {
            return found;
        }
        if relative || rooted.is_some() {
            return Resolution::Missing;
        }
    }
    let target = rooted.unwrap_or(&target);
    let found = index.exact(target).map(|at| (at, 0));
    let found = found.or_else(|| index.nearest(target, &from));
    let found = found.or_else(|| index.by_alias.get(target).map(|found| (found.at, found.others)));
    index.answer(found).unwrap_or(Resolution::Missing)
}

/// A link to a folder leads to its front page.
fn folder_page(index: &LinkIndex, folder: &str) -> Option<usize> {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    ["readme.md", "index.md"].iter().find_map(|name| index.exact(&format!("{prefix}{name}")))
}

/// Returns the key by which an index may look up what a target (or a path, or a name) could mean: its last part
/// without `.md`, without regard to case.
pub fn lookup_key(target: &str) -> String {
    let folded = fold(target.trim_end_matches('/'));
    let name = path::name(&folded);
    name.strip_suffix(".md").unwrap_or(name).trim().to_owned()
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn fold(text: &str) -> String {
    text.nfc().collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::super::links;
    use super::*;

    fn index() -> LinkIndex {
        let mut index = LinkIndex::default();
        for path in [
            "Home.md",
            "a/Note.md",
            "a/b/Note.md",
            "a/b/Other.md",
            "c/Note.md",
            "c/README.md",
            "Caf\u{e9}.md",
        ] {
            index.add_page(path, path, []);
        }
        index.add_page("People/Ada.md", "People/Ada.md", ["Countess"]);
        index.add_file("img/x.png", "img/x.png");
        index
    }

    fn to(from: &str, text: &str) -> String {
        match resolve(&links(text)[0], from, &index()) {
            Resolution::Found { key, others } => format!("{key} {others}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn wiki_links_follow_the_rules() {
        assert_eq!(to("Home.md", "[[note]]"), "a/Note.md 2", "shortest, then by name");
        assert_eq!(to("a/b/Other.md", "[[Note]]"), "a/b/Note.md 2", "same folder first");
        assert_eq!(to("Home.md", "[[b/Note]]"), "a/b/Note.md 0");
        assert_eq!(to("a/b/Other.md", "[[/a/Note]]"), "a/Note.md 0");
        assert_eq!(to("a/b/Other.md", "[[../Note]]"), "a/Note.md 0");
        assert_eq!(to("Home.md", "[[Note.md#h|x]]"), "a/Note.md 2");
        assert_eq!(to("c/Note.md", "![[X.png|30]]"), "img/x.png 0");
        assert_eq!(to("Home.md", "[[countess]]"), "People/Ada.md 0");
        assert_eq!(to("c/Note.md", "[[#Own]]"), "c/Note.md 0");
        assert_eq!(
            to("Home.md", "[[cafe\u{301}]]"),
            "Caf\u{e9}.md 0",
            "another composition of the same letter"
        );
        assert_eq!(to("Home.md", "[[x]]"), "Missing", "files need their extension");
        assert_eq!(to("Home.md", "[[ote]]"), "Missing");
    }

    #[test]
    fn markdown_links_are_relative() {
        assert_eq!(to("a/b/Other.md", "[x](../Note.md#y)"), "a/Note.md 0");
        assert_eq!(to("a/b/Other.md", "[x](/c/note.md)"), "c/Note.md 0");
        assert_eq!(to("a/Note.md", "[x](../c/)"), "c/README.md 0");
        assert_eq!(to("Home.md", "![x](img/x.png)"), "img/x.png 0");
        assert_eq!(to("Home.md", "[x](Other.md)"), "a/b/Other.md 0", "shortest form, as Obsidian writes it");
        assert_eq!(to("Home.md", "[x](../../etc/passwd)"), "Outside");
        assert_eq!(to("Home.md", "[[../../etc/passwd]]"), "Outside");
        assert_eq!(to("Home.md", "[x](./Other.md)"), "Missing");
    }
}
