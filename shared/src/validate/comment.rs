//! Checks of what people say in comments.

use super::{FieldError, check_text};
use crate::model::{COMMENT_MAX_CHARS, MENTIONS_MAX, Said};

/// Checks a comment: 1 to 10,000 characters, not only white space, and no more mentions than fit.
///
/// Both sides run it: who writes before writing, who reads before showing.
pub fn check_comment(said: &Said) -> Result<(), FieldError> {
    if said.text.trim().is_empty() {
        return Err(FieldError::new("text", "is empty", "Write something, or take the comment away."));
    }
    if said.mentions.len() > MENTIONS_MAX {
        return Err(FieldError::new(
            "text",
            format!("mentions {} members, {MENTIONS_MAX} are allowed", said.mentions.len()),
            "Mention those who have to do something.",
        ));
    }
    let chars = said.text.chars().count();
    if chars > COMMENT_MAX_CHARS {
        return Err(FieldError::new(
            "text",
            format!("has {chars} characters, {COMMENT_MAX_CHARS} are allowed"),
            "Write a page, and link it here.",
        ));
    }
    check_text("text", &said.text, COMMENT_MAX_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_says_something_and_not_too_much() {
        let said = |text: &str, mentions| Said {
            text: text.into(),
            at_ms: 0,
            mentions: vec![String::new(); mentions],
        };
        assert!(check_comment(&said("Fine.", MENTIONS_MAX)).is_ok());
        assert!(check_comment(&said(" \n", 0)).is_err());
        assert!(check_comment(&said("a\0b", 0)).is_err());
        assert!(check_comment(&said("Fine.", MENTIONS_MAX + 1)).is_err());
        assert!(check_comment(&said(&"x".repeat(COMMENT_MAX_CHARS), 0)).is_ok());
        assert!(check_comment(&said(&"x".repeat(COMMENT_MAX_CHARS + 1), 0)).is_err());
    }
}
