//! Taking apart what was typed.

use groundplan_shared::proof::{Check, left_out};

const MAX_WORDS: usize = 16;

/// One word or phrase that must occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// As typed, without quotes and private-use characters.
    pub text: String,
    /// Whether its last word may go on.
    pub prefix: bool,
}

impl Word {
    /// The word as FTS5 expression. Quoted, so that no character of it is syntax.
    pub(super) fn expression(&self) -> String {
        if left_out(Check::Quoting) {
            return self.text.clone();
        }
        format!("\"{}\"{}", self.text, if self.prefix { "*" } else { "" })
    }
}

/// What was typed, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    pub words: Vec<Word>,
    pub kind: Option<String>,
    pub tag: Option<String>,
    /// The words as typed, for comparing with whole names.
    pub phrase: String,
}

/// Takes the typed text apart.
pub(super) fn parse(text: &str) -> Query {
    let mut query = Query::default();
    // Private-use characters begin the words of facets.
    let text: String = text.chars().filter(|c| !('\u{e000}'..='\u{f8ff}').contains(c)).collect();
    let mut add = |text: &str, prefix| {
        if text.chars().any(char::is_alphanumeric) && query.words.len() < MAX_WORDS {
            query.words.push(Word { text: text.to_owned(), prefix });
        }
    };
    let (mut kind, mut tag) = (None, None);
    for (index, part) in text.split('"').enumerate() {
        if index % 2 == 1 {
            add(part, false);
            continue;
        }
        for word in part.split_whitespace() {
            if let Some(word) = word.strip_prefix("kind:") {
                kind = Some(word.to_owned());
            } else if let Some(word) = word.strip_prefix("tag:").or_else(|| word.strip_prefix('#')) {
                tag = Some(word.to_owned());
            } else {
                add(word, true);
            }
        }
    }
    query.phrase = query.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    query.kind = kind;
    query.tag = tag;
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        parse(text).words.iter().map(Word::expression).collect()
    }

    #[test]
    fn nothing_typed_is_syntax() {
        assert_eq!(words("order serv"), ["\"order\"*", "\"serv\"*"]);
        assert_eq!(words("NEAR(a b) -x AND"), ["\"NEAR(a\"*", "\"b)\"*", "\"-x\"*", "\"AND\"*"]);
        assert_eq!(words("\"two words\" more"), ["\"two words\"", "\"more\"*"]);
        assert_eq!(words("** -- \u{e002}"), Vec::<String>::new());
        assert_eq!(words("\u{e002}component"), ["\"component\"*"]);
        assert_eq!(parse("kind:component #core pay").kind.as_deref(), Some("component"));
        assert_eq!(parse("kind:component #core pay").tag.as_deref(), Some("core"));
        assert_eq!(parse("kind:component #core pay now").phrase, "pay now");
    }
}
