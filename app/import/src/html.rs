//! Markdown as HTML that cannot do anything: built tag by tag from a closed list, every text escaped, raw HTML
//! shown as text, links only to pages of the workspace and to `https`, `http` and `mailto` addresses, nothing
//! fetched (images become links).
//!
//! Here rather than in the interface, because a parser of Markdown is a tenth of what a first visit may download.
//!
//! Not here: parsing (pulldown-cmark) and finding what a link means (the caller knows).

use std::fmt::Write as _;

use groundplan_shared::proof::{Check, left_out};
use groundplan_shared::validate::check_url;
use pulldown_cmark::{Alignment, CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};

/// What a link inside the workspace leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Address inside the interface, beginning with a slash.
    pub url: String,
    /// Name of what is there.
    pub name: String,
}

/// A picture that is shown in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its bytes as a `data:` address: nothing is fetched for it.
    pub data_url: String,
    /// What is said where it cannot be seen and the page has no words for it.
    pub name: String,
}

/// Renders Markdown. `resolve` finds the target of a wiki-link or relative link by its text as written.
pub fn render(text: &str, resolve: impl Fn(&str) -> Option<Target>) -> String {
    render_with_pictures(text, resolve, |_| None)
}

/// Renders Markdown; `picture` finds the bytes of an embedded picture by its target as written.
pub fn render_with_pictures(
    text: &str,
    resolve: impl Fn(&str) -> Option<Target>,
    picture: impl Fn(&str) -> Option<Picture>,
) -> String {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_WIKILINKS;
    let mut writer = Writer {
        out: String::with_capacity(text.len() * 2),
        resolve,
        picture,
        open: None,
        links: Vec::new(),
        columns: Vec::new(),
        column: 0,
        in_head: false,
        level: 1,
    };
    for event in Parser::new_ext(text, options) {
        writer.event(event);
    }
    writer.out
}

struct Writer<F, P> {
    out: String,
    resolve: F,
    picture: P,
    /// The picture whose words are being read, and how many more images they are inside of.
    open: Option<(Picture, String, usize)>,
    /// Closing tags of open links.
    links: Vec<&'static str>,
    /// How the columns of the present table are aligned.
    columns: Vec<Alignment>,
    column: usize,
    in_head: bool,
    level: u8,
}

impl<F: Fn(&str) -> Option<Target>, P: Fn(&str) -> Option<Picture>> Writer<F, P> {
    fn event(&mut self, event: Event<'_>) {
        if self.open.is_some() {
            return self.words(event);
        }
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::InlineMath(text) | Event::DisplayMath(text) => self.text(&text),
            Event::Code(text) => {
                self.out.push_str("<code>");
                self.text(&text);
                self.out.push_str("</code>");
            }
            // A comment says nothing to a reader; everything else of raw HTML is shown as what it is: text.
            Event::Html(html) | Event::InlineHtml(html) => {
                if !html.trim_start().starts_with("<!--") {
                    self.text(&html);
                }
            }
            Event::SoftBreak => self.out.push('\n'),
            Event::HardBreak => self.out.push_str("<br>"),
            Event::Rule => self.out.push_str("<hr>"),
            Event::TaskListMarker(done) => {
                let mark = if done { "\u{2611} " } else { "\u{2610} " };
                self.out.push_str(mark);
            }
            Event::FootnoteReference(name) => self.text(&name),
        }
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                c => self.out.push(c),
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.out.push_str("<p>"),
            Tag::Heading { level, .. } => {
                // The page's own title is the first level, and screen readers want no level left out.
                self.level = (level as u8 + 1).min(6).min(self.level + 1);
                let level = self.level;
                let _ = write!(self.out, "<h{level}>");
            }
            Tag::BlockQuote(_) => self.out.push_str("<blockquote>"),
            Tag::CodeBlock(kind) => {
                self.out.push_str("<pre tabindex=\"0\"><code");
                if let CodeBlockKind::Fenced(language) = &kind
                    && !language.is_empty()
                {
                    self.out.push_str(" data-language=\"");
                    self.text(language);
                    self.out.push('"');
                }
                self.out.push('>');
            }
            Tag::List(Some(first)) if first != 1 => {
                let _ = write!(self.out, "<ol start=\"{first}\">");
            }
            Tag::List(Some(_)) => self.out.push_str("<ol>"),
            Tag::List(None) => self.out.push_str("<ul>"),
            Tag::Item => self.out.push_str("<li>"),
            Tag::Emphasis => self.out.push_str("<em>"),
            Tag::Strong => self.out.push_str("<strong>"),
            Tag::Strikethrough => self.out.push_str("<del>"),
            Tag::Table(columns) => {
                self.columns = columns;
                self.out.push_str("<div class=\"table\" tabindex=\"0\"><table>");
            }
            Tag::TableHead => {
                self.in_head = true;
                self.column = 0;
                self.out.push_str("<thead><tr>");
            }
            Tag::TableRow => {
                self.column = 0;
                self.out.push_str("<tr>");
            }
            Tag::TableCell => {
                let name = if self.in_head { "th" } else { "td" };
                let align = match self.columns.get(self.column) {
                    Some(Alignment::Right) => " class=\"right\"",
                    Some(Alignment::Center) => " class=\"center\"",
                    _ => "",
                };
                let _ = write!(self.out, "<{name}{align}>");
                self.column += 1;
            }
            Tag::Link { link_type, dest_url, .. } => self.link(&dest_url, link_type, false),
            Tag::Image { link_type, dest_url, .. } => self.link(&dest_url, link_type, true),
            _ => {}
        }
    }

    /// Collects the words of a picture: its text without marks.
    fn words(&mut self, event: Event<'_>) {
        let Some((picture, words, inside)) = &mut self.open else { return };
        match event {
            Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) => words.push_str(&text),
            Event::SoftBreak | Event::HardBreak => words.push(' '),
            Event::Start(Tag::Image { .. }) => *inside += 1,
            Event::End(TagEnd::Image) if *inside > 0 => *inside -= 1,
            Event::End(TagEnd::Image) => {
                let (picture, words) = (picture.clone(), std::mem::take(words));
                self.open = None;
                self.show(&picture, &words);
            }
            _ => {}
        }
    }

    fn show(&mut self, picture: &Picture, words: &str) {
        self.out.push_str("<img src=\"");
        self.text(&picture.data_url);
        self.out.push_str("\" alt=\"");
        // Obsidian writes a width where the words would stand: `![[plan.png|300]]` or `300x200`.
        let (width, height) = words.split_once('x').map_or((words, None), |(w, h)| (w, Some(h)));
        let number = |text: &str| text.parse::<u16>().ok().filter(|n| (1..=4096).contains(n));
        let size = number(width).filter(|_| height.is_none_or(|height| number(height).is_some()));
        self.text(if size.is_some() || words.trim().is_empty() { &picture.name } else { words });
        self.out.push('"');
        if let Some(width) = size {
            let _ = write!(self.out, " width=\"{width}\"");
        }
        self.out.push('>');
    }

    fn link(&mut self, url: &str, kind: LinkType, image: bool) {
        if image && let Some(picture) = (self.picture)(url) {
            self.open = Some((picture, String::new(), 0));
            return;
        }
        if image && left_out(Check::RemoteImages) {
            self.show(&Picture { data_url: url.to_owned(), name: String::new() }, "");
            self.links.push("");
            return;
        }
        let wiki = matches!(kind, LinkType::WikiLink { .. });
        if !wiki && check_url("url", url).is_ok() {
            self.out.push_str("<a rel=\"noopener noreferrer\" target=\"_blank\" href=\"");
            self.text(url);
            self.out.push_str("\">");
            self.links.push("</a>");
        } else if let Some(target) = (self.resolve)(url) {
            self.out.push_str("<a href=\"");
            self.text(&target.url);
            self.out.push_str("\" title=\"");
            self.text(&target.name);
            self.out.push_str("\">");
            self.links.push("</a>");
        } else {
            self.out.push_str(if image { "<span class=\"image\">" } else { "<span class=\"dangling\">" });
            self.links.push("</span>");
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => self.out.push_str("</p>\n"),
            TagEnd::Heading(_) => {
                let level = self.level;
                let _ = write!(self.out, "</h{level}>");
            }
            TagEnd::BlockQuote(_) => self.out.push_str("</blockquote>"),
            TagEnd::CodeBlock => self.out.push_str("</code></pre>"),
            TagEnd::List(ordered) => self.out.push_str(if ordered { "</ol>" } else { "</ul>" }),
            TagEnd::Item => self.out.push_str("</li>"),
            TagEnd::Emphasis => self.out.push_str("</em>"),
            TagEnd::Strong => self.out.push_str("</strong>"),
            TagEnd::Strikethrough => self.out.push_str("</del>"),
            TagEnd::Table => self.out.push_str("</tbody></table></div>"),
            TagEnd::TableHead => {
                self.in_head = false;
                self.out.push_str("</tr></thead><tbody>");
            }
            TagEnd::TableRow => self.out.push_str("</tr>"),
            TagEnd::TableCell => self.out.push_str(if self.in_head { "</th>" } else { "</td>" }),
            TagEnd::Link | TagEnd::Image => self.out.push_str(self.links.pop().unwrap_or_default()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        render(text, |_| None)
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(plain(text).trim(), expected, "{text}");
    }

    #[test]
    fn pictures_of_the_workspace_are_shown_and_no_others() {
        let picture = |written: &str| {
            (written == "plan.png")
                .then(|| Picture { data_url: "data:image/png;base64,AA==".into(), name: "plan.png".into() })
        };
        let draw = |text: &str| render_with_pictures(text, |_| None, picture);
        let img = |rest: &str| format!("<p><img src=\"data:image/png;base64,AA==\" alt={rest}></p>");
        let check = |text: &str, rest: &str| assert_eq!(draw(text).trim(), img(rest), "{text}");
        check("![The *plan* \"<b>\"](plan.png)", "\"The plan &quot;&lt;b&gt;&quot;\"");
        check("![[plan.png]]", "\"plan.png\"");
        check("![[plan.png|300]]", "\"plan.png\" width=\"300\"");
        check("![[plan.png|300x200]]", "\"plan.png\" width=\"300\"");
        check("![](plan.png)", "\"plan.png\"");
        for other in
            ["![x](https://evil.example/a.png)", "![x](other.png)", "![x](data:image/png;base64,AA==)"]
        {
            assert!(!draw(other).contains("<img"), "{other}");
        }
    }

    #[test]
    fn common_marks_are_drawn() {
        check("a *b* **c** `d<`", "<p>a <em>b</em> <strong>c</strong> <code>d&lt;</code></p>");
        check("# Title", "<h2>Title</h2>");
        assert!(plain("### Deep\n#### Deeper\n## Up").contains("<h2>Deep</h2><h3>Deeper</h3><h3>Up</h3>"));
        check("- [x] done", "<ul><li>\u{2611} done</li></ul>");
        assert!(plain("|a|b|\n|-|-:|\n|1|2|").contains("<td class=\"right\">2</td>"));
        assert!(
            plain("```rust\nlet a = \"<\";\n```")
                .contains("<code data-language=\"rust\">let a = &quot;&lt;&quot;;")
        );
    }

    #[test]
    fn links_lead_only_where_they_may() {
        let find = |text: &str| {
            (text == "Checkout")
                .then(|| Target { url: "/page/1".to_owned(), name: "Check \"out\"".to_owned() })
        };
        let html = render("[[Checkout|pay]] [[gone]] [x](Checkout)", find);
        assert!(html.contains("<a href=\"/page/1\" title=\"Check &quot;out&quot;\">pay</a>"), "{html}");
        assert!(html.contains("<span class=\"dangling\">gone</span>"), "{html}");
        assert!(plain("[a](https://example.org)").contains("rel=\"noopener noreferrer\""));
        for bad in
            ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "//evil.example"]
        {
            let html = plain(&format!("[a]({bad}) ![b]({bad}) <{bad}>"));
            assert!(!html.contains("href"), "{bad}: {html}");
        }
    }

    #[test]
    fn nothing_that_acts_gets_through() {
        let attacks = [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "a <b onclick=alert(1)>b</b>",
            "[x](https://e.org/\"onmouseover=\"alert(1))",
            "[x](<https://e.org/ \"><script>>)",
            "```\"><script>alert(1)</script>\nx\n```",
            "![x\"><svg onload=alert(1)>](y)",
            "<svg><script>alert(1)</script></svg>",
            "[[x\"><img src=x onerror=alert(1)>]]",
            "|<img src=x onerror=a>|\n|-|\n|b|",
        ];
        for attack in attacks {
            assert_only_known_tags(&plain(attack), attack);
        }
    }

    /// Every `<` starts a tag of the closed list, and quotes stand only where we write them.
    fn assert_only_known_tags(html: &str, attack: &str) {
        const KNOWN: &[&str] = &[
            "p",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "blockquote",
            "pre",
            "code",
            "ol",
            "ul",
            "li",
            "em",
            "strong",
            "del",
            "div",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "a",
            "span",
            "br",
            "hr",
        ];
        for piece in html.split('<').skip(1) {
            let tag = piece.split('>').next().unwrap_or_default();
            let name: String =
                tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
            assert!(KNOWN.contains(&name.as_str()), "{attack}: {html}");
            let attributes = tag.split_once(' ').map(|(_, rest)| rest).unwrap_or_default();
            for attribute in attributes.split("\" ").filter(|part| !part.is_empty()) {
                let name = attribute.split('=').next().unwrap_or_default();
                let known = ["href", "rel", "target", "title", "class", "tabindex", "start", "data-language"];
                assert!(known.contains(&name), "{attack}: {html}");
            }
        }
    }

    #[test]
    fn comments_say_nothing() {
        check("<!-- hidden -->", "");
    }
}
