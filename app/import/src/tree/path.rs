//! Paths inside a source: checked, joined and never leading outside.

use crate::ImportError;

/// Checks a path: relative, `/` between parts, no `.`, `..`, empty part, backslash, drive or control character.
pub(crate) fn check(path: &str, depth: usize) -> Result<(), ImportError> {
    let refuse = |reason: String, remedy: &str| Err(ImportError::file(shown(path), reason, remedy));
    let stay = "Use a path inside the imported folder.";
    if path.is_empty() || path.starts_with('/') || has_drive(path) {
        return refuse("is not a relative path inside the source".into(), stay);
    }
    if path.chars().any(char::is_control) || path.contains('\\') {
        return refuse("has a control character or a backslash in its name".into(), "Rename it.");
    }
    if path.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        return refuse("leads outside the source or has an empty part".into(), stay);
    }
    if path.split('/').count() > depth {
        return refuse(format!("is nested deeper than {depth} folders"), "Move it further up.");
    }
    if path.chars().count() > 1_000 {
        return refuse("is longer than 1,000 characters".into(), "Shorten the names of its folders.");
    }
    Ok(())
}

fn has_drive(path: &str) -> bool {
    let mut chars = path.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.next() == Some(':')
        && matches!(chars.next(), Some('/' | '\\') | None)
}

fn shown(path: &str) -> String {
    path.chars().take(200).flat_map(char::escape_default).collect()
}

/// Joins a target to the folder of a file; `None` where it is absolute or leads outside the source.
pub(crate) fn join(from_file: &str, target: &str) -> Option<String> {
    if target.starts_with('/') || target.contains('\\') || has_drive(target) {
        return None;
    }
    let mut parts: Vec<&str> = from_file.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}

/// Returns the last part of a path.
pub(crate) fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Returns the folder of a file; empty at the root.
pub(crate) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Returns the last part without its extension.
pub(crate) fn stem(path: &str) -> &str {
    let name = name(path);
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

/// Returns the extension in lower case; empty where there is none.
pub(crate) fn extension(path: &str) -> String {
    match name(path).rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension.to_ascii_lowercase(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        assert!(check("a/b c/d.md", 32).is_ok());
        for bad in ["", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "C:/x", "C:\\x", "a\\b", "a\0b"] {
            assert!(check(bad, 32).is_err(), "{bad:?}");
        }
        assert!(check("a/b/c", 2).is_err());
    }

    #[test]
    fn joining_resolves_dots_and_refuses_to_escape() {
        assert_eq!(join("a/b/c.md", "../d.md").as_deref(), Some("a/d.md"));
        assert_eq!(join("a/b/c.md", "./d/./e.md").as_deref(), Some("a/b/d/e.md"));
        assert_eq!(join("c.md", "d.md").as_deref(), Some("d.md"));
        assert_eq!(join("a/c.md", "../../x"), None);
        assert_eq!(join("a/c.md", "/etc/passwd"), None);
        assert_eq!(extension("a/B.MD"), "md");
        assert_eq!(extension("a/.env"), "");
        assert_eq!(stem("a/b.c.md"), "b.c");
    }
}
