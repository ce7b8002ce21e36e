//! Markdown: a folder or Obsidian vault, or a single page.
//!
//! Lives here: reading files into pages and resolving their links. Not here: finding links (`links`).

mod describe;
mod front;
mod infer;
mod page;

pub use describe::{PageFacts, describe};
pub use page::{PageText, render, render_page, split};

use std::collections::{BTreeMap, BTreeSet};

use groundplan_shared::model::PageKind;
use groundplan_shared::validate::PAGE_MAX_CHARS;

use crate::finish::{line_text, tag_text};
use crate::limits::{OnProgress, Stage, report};
use crate::links::{self, LinkIndex, Resolution};
use crate::set::{Dangling, ImportAttachment, ImportPage, ImportSet};
use crate::tree::{FileTree, Listing, path, read_text, too_large};
use crate::{ImportError, Limits};

pub(crate) fn is_page(file: &str) -> bool {
    matches!(path::extension(file).as_str(), "md" | "markdown")
}

/// Reads a folder of Markdown with everything in it.
pub(crate) fn extract_vault(
    tree: &dyn FileTree,
    limits: &Limits,
    progress: &mut OnProgress<'_>,
) -> Result<ImportSet, ImportError> {
    report(progress, Stage::Listing, 0, 0, "")?;
    let listing = tree.list()?;
    let mut set = ImportSet { source_title: tree.title(), ..ImportSet::default() };
    describe_skipped(&listing, &mut set);
    let total = listing.entries.len();
    for (done, entry) in listing.entries.iter().enumerate() {
        report(progress, Stage::Reading, done, total, &entry.path)?;
        if is_page(&entry.path) {
            let page = read_page(tree, &entry.path, limits, &mut set)?;
            set.pages.push(page);
        } else if entry.len > limits.attachment_bytes {
            return Err(too_large(&entry.path, limits.attachment_bytes));
        } else {
            let key = format!("file:{}", entry.path);
            set.attachments.push(ImportAttachment { key, path: entry.path.clone(), len: entry.len });
        }
    }
    if set.pages.is_empty() {
        return Err(ImportError::file(
            tree.title(),
            "holds no Markdown file",
            "Choose the folder that holds the `.md` files.",
        ));
    }
    link(&mut set, progress)?;
    Ok(set)
}

/// Reads a single Markdown file.
pub(crate) fn extract_page(
    tree: &dyn FileTree,
    limits: &Limits,
    progress: &mut OnProgress<'_>,
) -> Result<ImportSet, ImportError> {
    let file = match tree.primary() {
        Some(file) => file.to_owned(),
        None => tree
            .list()?
            .entries
            .into_iter()
            .map(|entry| entry.path)
            .find(|file| is_page(file))
            .ok_or_else(|| {
                ImportError::file(tree.title(), "holds no Markdown file", "Choose a file that ends in `.md`.")
            })?,
    };
    report(progress, Stage::Reading, 0, 1, &file)?;
    let mut set = ImportSet { source_title: path::name(&file).to_owned(), ..ImportSet::default() };
    let page = read_page(tree, &file, limits, &mut set)?;
    set.pages.push(page);
    link(&mut set, progress)?;
    Ok(set)
}

fn describe_skipped(listing: &Listing, set: &mut ImportSet) {
    let mut note = |what: &str, names: &[String]| {
        if !names.is_empty() {
            let some: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
            let more = if names.len() > 5 { ", \u{2026}" } else { "" };
            set.note("", None, format!("{} {what}: {}{more}.", names.len(), some.join(", ")));
        }
    };
    note("hidden files and folders were skipped", &listing.hidden);
    note("symbolic links were not followed", &listing.links);
}

fn read_page(
    tree: &dyn FileTree,
    file: &str,
    limits: &Limits,
    set: &mut ImportSet,
) -> Result<ImportPage, ImportError> {
    let raw = read_text(tree, file, limits)?;
    if raw.chars().count() > PAGE_MAX_CHARS {
        let reason = format!("has more than {PAGE_MAX_CHARS} characters");
        return Err(ImportError::file(file, reason, "Split it into several pages."));
    }
    let text = split(&raw);
    let front = front::read(file, &text, limits).unwrap_or_else(|error| {
        let line = error.refusal().and_then(|refusal| refusal.line);
        let reason = error.refusal().map_or_else(String::new, |refusal| refusal.reason.clone());
        set.note(file, line, format!("The front matter was kept but not understood: it {reason}."));
        front::Front::default()
    });
    let scan = links::scan(&text.body);
    let kind = infer::kind(front.kind.as_deref(), &tree.title(), file, &scan.headings);
    let mut fields = BTreeMap::new();
    if kind == PageKind::Adr
        && let Some(status) = infer::status(front.status.as_deref(), &text.body, &scan.headings)
    {
        fields.insert("status".to_owned(), status.to_owned());
    }
    let first =
        scan.headings.first().filter(|heading| heading.level == 1).map(|heading| heading.text.clone());
    let title = [front.title, first, Some(path::stem(file).to_owned())].into_iter().flatten();
    let title = title.map(|title| line_text(&title, 200)).find(|title| !title.is_empty());
    let offset = text.front_lines();
    let mut found = links::wiki_links(&text.front_matter);
    found.iter_mut().for_each(|link| link.in_front_matter = true);
    found.extend(scan.links.into_iter().map(|mut link| {
        link.line = link.line.saturating_add(offset);
        link
    }));
    let tags: BTreeSet<String> =
        front.tags.into_iter().chain(scan.tags).filter_map(|tag| tag_text(&tag)).collect();
    let aliases = front.aliases.iter().map(|alias| line_text(alias, 200)).filter(|alias| !alias.is_empty());
    Ok(ImportPage {
        key: format!("page:{file}"),
        path: file.to_owned(),
        title: title.unwrap_or_else(|| "Untitled".to_owned()),
        kind,
        fields,
        tags,
        aliases: aliases.collect(),
        links: found,
        text,
    })
}

fn link(set: &mut ImportSet, progress: &mut OnProgress<'_>) -> Result<(), ImportError> {
    let mut index = LinkIndex::default();
    for page in &set.pages {
        index.add_page(&page.path, &page.key, page.aliases.iter().map(String::as_str));
    }
    for file in &set.attachments {
        index.add_file(&file.path, &file.key);
    }
    let total = set.pages.len();
    for done in 0..total {
        let Some(page) = set.pages.get_mut(done) else { break };
        report(progress, Stage::Linking, done, total, &page.path)?;
        for link in &mut page.links {
            let reason = match links::resolve(link, &page.path, &index) {
                Resolution::Found { key, .. } => {
                    link.resolved = Some(key);
                    continue;
                }
                Resolution::Missing => "There is no such page or file in the source.",
                Resolution::Outside => "It leads outside the source and was not followed.",
            };
            set.dangling.push(Dangling {
                from: page.key.clone(),
                to: link.target.clone(),
                what: link.kind.as_str().to_owned(),
                reason: reason.to_owned(),
                file: page.path.clone(),
                line: link.line,
            });
        }
    }
    Ok(())
}
