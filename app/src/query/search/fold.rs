//! Words as the tokenizer of the index sees them: lower case, without diacritics.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Folds a character as the tokenizer does; nothing for combining marks.
fn fold_char(c: char) -> impl Iterator<Item = char> {
    std::iter::once(c).nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase)
}

/// Folds a text for comparing and marking.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(fold_char).collect()
}

/// Says whether `fold` and the tokenizer are known to agree on a character: ASCII and the Latin letters of Europe.
fn is_sure(c: char) -> bool {
    c.is_ascii()
        || (('\u{c0}'..='\u{17e}').contains(&c) && c.is_alphabetic() && c != '\u{130}' && c != '\u{149}')
}

/// Splits a typed text into folded words; none where the tokenizer might see other ones.
pub(super) fn words(text: &str) -> Option<Vec<String>> {
    if !text.chars().all(is_sure) {
        return None;
    }
    Some(text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(fold).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded() {
        assert_eq!(words("Über-Größe x_y").unwrap(), ["uber", "große", "x", "y"]);
        assert_eq!(words("заказ"), None);
        assert_eq!(fold("Čeština E\u{301}"), "cestina e");
    }

    #[test]
    fn the_tokenizer_sees_the_same_words() {
        let sql = rusqlite::Connection::open_in_memory().unwrap();
        sql.execute_batch(
            "CREATE VIRTUAL TABLE t USING fts5(a, tokenize = \"unicode61 remove_diacritics 2\");
             CREATE VIRTUAL TABLE v USING fts5vocab(t, instance);",
        )
        .unwrap();
        for (row, c) in ('\0'..'\u{250}').filter(|c| is_sure(*c)).enumerate() {
            let text = format!("a{c}z");
            sql.execute("INSERT INTO t(rowid, a) VALUES (?1, ?2)", (row as i64, &text)).unwrap();
            let mut statement = sql.prepare("SELECT term FROM v WHERE doc = ?1 ORDER BY offset").unwrap();
            let seen: Vec<String> =
                statement.query_map([row as i64], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            assert_eq!(words(&text).unwrap(), seen, "{c:?}");
        }
    }
}
