//! User names of server accounts: one normal form on both sides.

/// Longest user name, in bytes.
pub const USERNAME_BYTES: usize = 64;

/// The text cannot be a user name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a user name has 1 to {USERNAME_BYTES} letters, digits and . _ - @ +; choose another")]
pub struct UsernameError;

/// Normalises a user name: no surrounding space, ASCII lower case. OPAQUE binds this form.
///
/// # Errors
/// [`UsernameError`] for anything but 1 to 64 of `a–z 0–9 . _ - @ +`.
pub fn normalise_username(text: &str) -> Result<String, UsernameError> {
    let name = text.trim().to_ascii_lowercase();
    let fits = (1..=USERNAME_BYTES).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-@+".contains(&b));
    if fits { Ok(name) } else { Err(UsernameError) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_all_spellings() {
        let check =
            |text, expected: Option<&str>| assert_eq!(normalise_username(text).ok().as_deref(), expected);
        check(" Ada.L@example.com ", Some("ada.l@example.com"));
        check("", None);
        check("a b", None);
        check("ädа", None);
        assert_eq!(normalise_username(&"a".repeat(65)), Err(UsernameError));
        check("a\n", Some("a"));
        check("a\nb", None);
    }
}
