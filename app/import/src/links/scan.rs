//! One pass over a Markdown text: its links, tags and headings.

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

use super::{Lines, LinkKind, PageLink, target, wiki};

/// A heading of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// Its text without markup.
    pub text: String,
    /// Line, counted from 1.
    pub line: u32,
    /// First byte after it, where its section begins.
    pub end: usize,
}

/// What a Markdown text holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// Links inside the source, in order; none to other places.
    pub links: Vec<PageLink>,
    /// Tags written `#tag`, without `#`.
    pub tags: BTreeSet<String>,
    /// Headings in order.
    pub headings: Vec<Heading>,
}

/// Scans a Markdown text without its front matter.
pub fn scan(text: &str) -> Scan {
    let lines = Lines::of(text);
    let mut walk = Walk {
        lines: &lines,
        mask: Vec::new(),
        open: Vec::new(),
        links: Vec::new(),
        headings: Vec::new(),
        heading: None,
    };
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        walk.event(event, range);
    }
    let Walk { mut mask, links: markdown, headings, .. } = walk;
    comments(text, &mut mask);
    let mask = Mask::of(mask);
    let mut links = wiki::find(text, &lines, &|at| mask.covers(at));
    let covered = Mask::of(links.iter().map(|link| link.start..link.end).collect());
    links.extend(markdown.into_iter().filter(|link| !covered.covers(link.start) && !mask.covers(link.start)));
    links.sort_by_key(|link| (link.start, link.end));
    let taken = Mask::of(links.iter().map(|link| link.start..link.end).collect());
    let tags = tags(text, |at| mask.covers(at) || taken.covers(at));
    Scan { links, tags, headings }
}

struct Walk<'a> {
    lines: &'a Lines,
    mask: Vec<Range<usize>>,
    open: Vec<Option<PageLink>>,
    links: Vec<PageLink>,
    headings: Vec<Heading>,
    heading: Option<Heading>,
}

impl Walk<'_> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Code(code) => {
                self.text(&code);
                self.mask.push(range);
            }
            Event::Start(Tag::CodeBlock(_) | Tag::HtmlBlock) | Event::InlineHtml(_) => self.mask.push(range),
            Event::Text(text) => self.text(&text),
            Event::Start(Tag::Heading { level, .. }) => {
                let line = self.lines.at(range.start);
                self.heading =
                    Some(Heading { level: level as u8, text: String::new(), line, end: range.end });
            }
            Event::End(TagEnd::Heading(_)) => self.headings.extend(self.heading.take()),
            Event::Start(Tag::Link { link_type, dest_url, .. }) => {
                self.begin(LinkKind::Markdown, link_type, &dest_url, range);
            }
            Event::Start(Tag::Image { link_type, dest_url, .. }) => {
                self.begin(LinkKind::Image, link_type, &dest_url, range);
            }
            Event::End(TagEnd::Link | TagEnd::Image) => self.links.extend(self.open.pop().flatten()),
            _ => {}
        }
    }

    fn begin(&mut self, kind: LinkKind, written: LinkType, url: &str, range: Range<usize>) {
        let target = match written {
            LinkType::Autolink | LinkType::Email => None,
            _ => target::read(url),
        };
        self.open.push(target.map(|target| PageLink {
            kind,
            target: target.path,
            heading: target.heading,
            alias: None,
            in_front_matter: false,
            start: range.start,
            end: range.end,
            line: self.lines.at(range.start),
            resolved: None,
        }));
    }

    fn text(&mut self, text: &str) {
        if let Some(heading) = &mut self.heading {
            heading.text.push_str(text);
        }
        if let Some(Some(link)) = self.open.last_mut() {
            link.alias.get_or_insert_default().push_str(text);
        }
    }
}

/// Adds `%% comments %%` that are closed.
fn comments(text: &str, mask: &mut Vec<Range<usize>>) {
    let code = Mask::of(mask.clone());
    let mut open = None;
    for (at, _) in text.match_indices("%%") {
        if code.covers(at) {
            continue;
        }
        match open.take() {
            Some(start) => mask.push(start..at + 2),
            None => open = Some(at),
        }
    }
}

fn tags(text: &str, skip: impl Fn(usize) -> bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices('#') {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        if before.is_some_and(|c| !c.is_whitespace()) || skip(at) {
            continue;
        }
        let rest = text.get(at + 1..).unwrap_or_default();
        let part = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/');
        let tag: String = rest.chars().take_while(part).take(100).collect();
        let tag = tag.trim_end_matches('/');
        if tag.chars().any(|c| !c.is_numeric()) {
            found.insert(tag.to_owned());
        }
    }
    found
}

/// Ranges of bytes, sorted and joined.
struct Mask(Vec<Range<usize>>);

impl Mask {
    fn of(mut ranges: Vec<Range<usize>>) -> Self {
        ranges.sort_by_key(|range| range.start);
        let mut joined: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match joined.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => joined.push(range),
            }
        }
        Self(joined)
    }

    fn covers(&self, at: usize) -> bool {
        let after = self.0.partition_point(|range| range.start <= at);
        after.checked_sub(1).and_then(|n| self.0.get(n)).is_some_and(|range| at < range.end)
    }
}

#[cfg(test)]
mod tests {
    use super::super::links;
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> Vec<String> {
        let part =
            |name: &str, value: Option<&str>| value.map_or(String::new(), |value| format!(" {name}={value}"));
        links(text)
            .iter()
            .map(|l| {
                let (h, a) = (part("h", l.heading.as_deref()), part("a", l.alias.as_deref()));
                format!("{} {} {}{h}{a}", l.line, l.kind.as_str(), l.target)
            })
            .collect()
    }

    #[test]
    fn finds_every_form() {
        let text = "[[Target#Head|alias]] [[#own]]\n![[x.png|300]] [[folder/Note]]\n\
                    [a *b*](../b%20c.md#d) ![i](<./i j.png> \"t\") [r][ref]\n\n| [[T\\|A]] |\n|---|\n\n[ref]: r.md\n";
        assert_eq!(
            shown(text),
            [
                "1 wiki-link Target h=Head a=alias",
                "1 wiki-link  h=own",
                "2 embed x.png a=300",
                "2 wiki-link folder/Note",
                "3 link ../b c.md h=d a=a b",
                "3 image ./i j.png a=i",
                "3 link r.md a=r",
                "5 wiki-link T a=A",
            ]
        );
    }

    #[test]
    fn ignores_code_comments_escapes_and_other_places() {
        let text = "`[[a]]` ``x ` [[b]]`` \\[[c]] <!-- [[d]] --> %% [[e]] %% [x](https://y) <https://z> [[ ]]\n\n\
                    ```md\n[[f]]\n```\n\n    [[g]]\n\n<div>\n[[h]]\n</div>\n\n~~~\n[i](j.md)\n";
        assert_eq!(shown(text), Vec::<String>::new());
        assert_eq!(shown("[[[a]] [[b [[c]] [[d\n]]"), ["1 wiki-link a", "1 wiki-link c"]);
        assert_eq!(shown("100 %% [[a]]"), ["1 wiki-link a"], "an open comment hides nothing");
    }

    #[test]
    fn finds_tags_and_headings() {
        let scan =
            scan("# One `two`\n\n#tag #a/b, (#no) x#no #123 #1a `#no` [[x#no]] #\u{fc}ber\n\nSub\n---\n");
        assert_eq!(
            scan.tags.iter().map(String::as_str).collect::<Vec<_>>(),
            ["1a", "a/b", "tag", "\u{fc}ber"]
        );
        let headings: Vec<_> = scan.headings.iter().map(|h| (h.level, h.text.as_str(), h.line)).collect();
        assert_eq!(headings, [(1, "One two", 1), (2, "Sub", 5)]);
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        for text in ["[[", "[[a|", "![[", "[[a]]", "`", "%%", "[a](", "![", "#a ", "<!-- ", "> "] {
            let long = text.repeat(200_000 / text.len());
            let begun = std::time::Instant::now();
            scan(&long);
            assert!(begun.elapsed().as_secs() < 10, "{text}: {:?}", begun.elapsed());
        }
    }

    proptest! {
        #[test]
        fn spans_lie_inside_the_text(text in r"([\[\]!|#`%\\\n ()<>a-c\u{e9}\u{1F600}-]|\[\[|\]\]|%%|```|<!--|-->){0,80}") {
            let mut last = 0;
            for link in links(&text) {
                let span = text.get(link.start..link.end);
                prop_assert!(span.is_some_and(|span| span.starts_with(['[', '!'])));
                prop_assert!(link.start >= last);
                prop_assert!(link.line as usize <= text.matches('\n').count() + 1);
                last = link.start;
            }
        }

        #[test]
        fn a_written_link_is_read_back(target in "[a-zA-Z\u{e9} ]{1,12}[a-z]", alias in "[a-z]{1,5}") {
            let text = format!("x [[{target}#h|{alias}]] y");
            let found = links(&text);
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!(found[0].target.as_str(), target.trim());
            prop_assert_eq!(found[0].alias.as_deref(), Some(alias.as_str()));
        }
    }
}
