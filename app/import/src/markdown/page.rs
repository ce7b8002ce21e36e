//! The text of a page, split so that writing it again gives the same bytes.

use groundplan_shared::model::Eol;

use crate::ImportPage;

/// The text of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageText {
    /// Front matter as written with its `---` lines, with `\n` line ends; empty where there is none.
    pub front_matter: String,
    /// Markdown after it, with `\n` line ends. A missing last line end stays missing.
    pub body: String,
    /// Line ends of the file.
    pub eol: Eol,
    /// Whether the file began with a byte order mark.
    pub bom: bool,
}

/// Splits the text of a file. `render` is its exact inverse.
pub fn split(text: &str) -> PageText {
    let (bom, text) = match text.strip_prefix('\u{feff}') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (text, eol) = normalise(text);
    let at = front_matter_end(&text);
    let (front_matter, body) = text.split_at_checked(at).unwrap_or(("", &text));
    PageText { front_matter: front_matter.to_owned(), body: body.to_owned(), eol, bom }
}

/// Writes the text of a page as the bytes of its file.
///
/// After an edit, a file with mixed line ends keeps `\r\n` on the lines with the same number.
pub fn render(text: &PageText) -> Vec<u8> {
    let crlf = |line: usize| match &text.eol {
        Eol::Lf => false,
        Eol::Crlf => true,
        Eol::Mixed(lines) => u32::try_from(line).is_ok_and(|line| lines.binary_search(&line).is_ok()),
    };
    let mut out = Vec::with_capacity(text.front_matter.len() + text.body.len() + 3);
    if text.bom {
        out.extend_from_slice("\u{feff}".as_bytes());
    }
    let mut line = 0;
    for byte in text.front_matter.bytes().chain(text.body.bytes()) {
        if byte == b'\n' {
            if crlf(line) {
                out.push(b'\r');
            }
            line += 1;
        }
        out.push(byte);
    }
    out
}

/// Writes an imported page as the bytes of its file.
pub fn render_page(page: &ImportPage) -> Vec<u8> {
    render(&page.text)
}

fn normalise(text: &str) -> (String, Eol) {
    let lines = text.matches('\n').count();
    let crlf = text.matches("\r\n").count();
    if crlf == 0 {
        return (text.to_owned(), Eol::Lf);
    }
    let eol = if crlf == lines { Eol::Crlf } else { Eol::Mixed(crlf_lines(text)) };
    (text.replace("\r\n", "\n"), eol)
}

fn crlf_lines(text: &str) -> Vec<u32> {
    let ends = text.split_inclusive('\n').enumerate().filter(|(_, line)| line.ends_with("\r\n"));
    ends.filter_map(|(number, _)| u32::try_from(number).ok()).collect()
}

/// Returns where the front matter ends: after the line that closes it, or 0 where there is none.
fn front_matter_end(text: &str) -> usize {
    let mut end = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        end += line.len();
        match (number, line.trim_end()) {
            (0, "---") => {}
            (0, _) => return 0,
            (_, "---" | "...") => return end,
            _ => {}
        }
    }
    0
}

impl PageText {
    /// Returns the YAML between the `---` lines; `None` where there is no front matter.
    pub fn yaml(&self) -> Option<&str> {
        let (_, rest) = self.front_matter.split_once('\n')?;
        let inner = rest.trim_end();
        let end = inner.len().checked_sub(3)?;
        inner.get(..end)
    }

    /// Returns how many lines precede the body.
    pub(crate) fn front_lines(&self) -> u32 {
        u32::try_from(self.front_matter.matches('\n').count()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn front_matter_is_split_as_written() {
        let text = split("---\na: 1\n---\nbody\n");
        assert_eq!((text.front_matter.as_str(), text.body.as_str()), ("---\na: 1\n---\n", "body\n"));
        assert_eq!(text.yaml(), Some("a: 1\n"));
        assert_eq!(text.front_lines(), 3);
        assert_eq!(split("---\n---").yaml(), Some(""));
        assert_eq!(split("---\nnever closed\n").front_matter, "");
        assert_eq!(split("text\n---\na\n---\n").front_matter, "");
        assert_eq!(split("a\r\nb\nc\r\n").eol, Eol::Mixed(vec![0, 2]));
        assert_eq!(split("\u{feff}a\r\nb").eol, Eol::Crlf);
    }

    proptest! {
        #[test]
        fn rendering_gives_the_same_bytes(text in "(\u{feff})?(---\r?\n)?([a\u{e9}]|\r\n|\n|\r|---|\\.\\.\\.|: ){0,60}") {
            let split = split(&text);
            prop_assert!(!split.body.contains("\r\n") || text.contains("\r\r\n"));
            prop_assert_eq!(render(&split), text.as_bytes());
        }
    }
}
