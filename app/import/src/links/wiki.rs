//! Wiki-links and embeds, found by a single pass over the text.

use super::{Lines, LinkKind, PageLink};

/// Finds wiki-links and embeds in any text, without regard to code or comments: for front matter.
pub fn wiki_links(text: &str) -> Vec<PageLink> {
    find(text, &Lines::of(text), &|_| false)
}

pub(super) fn find(text: &str, lines: &Lines, masked: &dyn Fn(usize) -> bool) -> Vec<PageLink> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = next_open(bytes, at) {
        at = open + 2;
        if masked(open) || escaped(bytes, open) {
            continue;
        }
        let Some(close) = next_close(bytes, at) else { continue };
        let Some(link) = text.get(at..close).and_then(parse) else { continue };
        let embed = open > 0 && bytes.get(open - 1) == Some(&b'!') && !escaped(bytes, open - 1);
        let start = if embed { open - 1 } else { open };
        let kind = if embed { LinkKind::Embed } else { LinkKind::Wiki };
        at = close + 2;
        found.push(PageLink { kind, start, end: at, line: lines.at(start), ..link });
    }
    found
}

/// Finds the last of two or more opening brackets, so that `[[[a]]` is a link after a bracket.
fn next_open(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let mut open = from + rest.windows(2).position(|pair| pair == b"[[")?;
    while bytes.get(open + 2) == Some(&b'[') {
        open += 1;
    }
    Some(open)
}

/// Finds the closing brackets on the same line, unless another link opens before.
fn next_close(bytes: &[u8], from: usize) -> Option<usize> {
    for (at, pair) in bytes.get(from..)?.windows(2).enumerate() {
        match pair {
            b"]]" => return Some(from + at),
            b"[[" | [b'\n', _] => return None,
            _ => {}
        }
    }
    None
}

fn escaped(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or_default();
    before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

fn parse(inner: &str) -> Option<PageLink> {
    let (target, alias) = match inner.split_once('|') {
        // Inside a table the bar is escaped.
        Some((target, alias)) => (target.strip_suffix('\\').unwrap_or(target), Some(alias)),
        None => (inner, None),
    };
    let (target, heading) = match target.split_once('#') {
        Some((target, heading)) => (target, Some(heading)),
        None => (target, None),
    };
    let text = |part: &str| Some(part.trim().to_owned()).filter(|part| !part.is_empty());
    let heading = heading.and_then(text);
    let target = target.trim().to_owned();
    if target.is_empty() && heading.is_none() {
        return None;
    }
    Some(PageLink {
        kind: LinkKind::Wiki,
        target,
        heading,
        alias: alias.and_then(text),
        in_front_matter: false,
        start: 0,
        end: 0,
        line: 1,
        resolved: None,
    })
}
