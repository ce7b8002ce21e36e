//! Targets of Markdown links: external or not, decoded, split from heading and query.

/// A target inside the source.
pub(super) struct Target {
    pub(super) path: String,
    pub(super) heading: Option<String>,
}

/// Reads the target of a Markdown link; `None` for addresses outside the source (anything with a scheme).
pub(super) fn read(url: &str) -> Option<Target> {
    let url = url.trim();
    if url.is_empty() || url.starts_with("//") || has_scheme(url) {
        return None;
    }
    let (rest, heading) = match url.split_once('#') {
        Some((rest, heading)) => (rest, Some(decode(heading)).filter(|heading| !heading.is_empty())),
        None => (url, None),
    };
    let path = decode(rest.split_once('?').map_or(rest, |(path, _)| path));
    if path.is_empty() && heading.is_none() {
        return None;
    }
    Some(Target { path, heading })
}

fn has_scheme(url: &str) -> bool {
    let Some((scheme, _)) = url.split_once(':') else { return false };
    let mut chars = scheme.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-'))
}

/// Decodes `%20` and the like; leaves what is not valid as it is.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = bytes
            .get(at + 1..at + 3)
            .filter(|_| *byte == b'%')
            .and_then(|pair| std::str::from_utf8(pair).ok())
            .filter(|pair| pair.chars().all(|c| c.is_ascii_hexdigit()))
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        out.push(hex.unwrap_or(*byte));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_decoded_and_external_ones_left() {
        let target = read("a%20b.md?raw=true#c%20d").unwrap();
        assert_eq!((target.path.as_str(), target.heading.as_deref()), ("a b.md", Some("c d")));
        assert_eq!(read("50%.md").unwrap().path, "50%.md");
        assert_eq!(read("%+1.md").unwrap().path, "%+1.md");
        assert_eq!(read("%ff.md").unwrap().path, "%ff.md");
        for external in ["https://x", "mailto:a@b", "//x/y", "link:https://x", "", "#", "javascript:x"] {
            assert!(read(external).is_none(), "{external}");
        }
        assert_eq!(read("#top").unwrap().path, "");
    }
}
