//! How good a passphrase is, in a word: for the hint beside the field. The core decides what is accepted.

use groundplan_shared::api::PASSPHRASE_MIN_CHARS;

/// In a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Nothing typed yet.
    Empty,
    /// So many characters are missing.
    Short(usize),
    /// Guessed soon by whoever has the files.
    Weak,
    /// Holds for a while.
    Fair,
    /// Holds.
    Strong,
}

/// Estimates by length and variety. Several words beat a short puzzle of signs.
pub fn strength(text: &str) -> Strength {
    let letters: Vec<char> = text.chars().collect();
    if letters.is_empty() {
        return Strength::Empty;
    }
    if letters.len() < PASSPHRASE_MIN_CHARS {
        return Strength::Short(PASSPHRASE_MIN_CHARS - letters.len());
    }
    // A letter like the one before, or next to it in the alphabet, adds little.
    let steps = letters.windows(2).filter(|pair| u32::from(pair[0]).abs_diff(u32::from(pair[1])) > 1).count();
    let mut different = letters.clone();
    super::order::by(&mut different, |a, b| a < b);
    different.dedup();
    let kinds = [
        letters.iter().any(|letter| letter.is_lowercase()),
        letters.iter().any(|letter| letter.is_uppercase()),
        letters.iter().any(char::is_ascii_digit),
        letters.iter().any(|letter| !letter.is_alphanumeric()),
    ];
    let kinds = kinds.iter().filter(|kind| **kind).count();
    let worth = steps.min(different.len() * 2) + 2 * kinds;
    match worth {
        0..=12 => Strength::Weak,
        13..=19 => Strength::Fair,
        _ => Strength::Strong,
    }
}

impl Strength {
    /// How many of three marks are filled.
    pub const fn marks(self) -> usize {
        match self {
            Self::Empty | Self::Short(_) => 0,
            Self::Weak => 1,
            Self::Fair => 2,
            Self::Strong => 3,
        }
    }

    /// The sentence beside the field.
    pub fn sentence(self) -> String {
        use crate::text::{count, t};
        match self {
            Self::Empty => t("passphrase.rule").to_owned(),
            Self::Short(missing) => count("passphrase.short", missing as u64, &[]),
            Self::Weak => t("passphrase.weak").to_owned(),
            Self::Fair => t("passphrase.fair").to_owned(),
            Self::Strong => t("passphrase.strong").to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_varied_is_strong() {
        for (text, expected) in [
            ("", Strength::Empty),
            ("seven77", Strength::Short(1)),
            ("aaaaaaaaaaaaaaaa", Strength::Weak),
            ("abcdefghijkl", Strength::Weak),
            ("password", Strength::Weak),
            ("correct horse", Strength::Fair),
            ("correct horse battery staple", Strength::Strong),
            ("tr0ub4dor&3X!q9", Strength::Strong),
        ] {
            assert_eq!(strength(text), expected, "{text}");
        }
    }
}
