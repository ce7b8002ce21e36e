//! Checks of single fields.

use std::collections::BTreeMap;

use super::FieldError;
use crate::model::{ElementKind, PropertySpec, PropertyValue, Shape, element_property, relation_property};

/// Longest name or title, in characters.
pub const NAME_MAX_CHARS: usize = 200;
/// Longest tag, in characters.
pub const TAG_MAX_CHARS: usize = 100;
/// Longest description, in characters.
pub const DESCRIPTION_MAX_CHARS: usize = 100_000;
/// Longest page, in characters.
pub const PAGE_MAX_CHARS: usize = 2_000_000;
const PATH_MAX_CHARS: usize = 1_000;
const URL_MAX_CHARS: usize = 2_000;

/// Checks a name or title: 1 to 200 characters on one line, not only white space.
pub fn check_name(field: &str, value: &str) -> Result<(), FieldError> {
    if value.trim().is_empty() {
        return Err(FieldError::new(field, "is empty", "Give it a name of at least one visible character."));
    }
    check_line(field, value, NAME_MAX_CHARS)
}

/// Checks a single line of at most `max_chars` characters without control characters.
pub fn check_line(field: &str, value: &str, max_chars: usize) -> Result<(), FieldError> {
    let chars = value.chars().count();
    if chars > max_chars {
        return Err(FieldError::new(
            field,
            format!("has {chars} characters, {max_chars} are allowed"),
            "Shorten it; longer text belongs in the description.",
        ));
    }
    if value.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(FieldError::new(
            field,
            "contains a line break or another control character",
            "Write it on one line.",
        ));
    }
    Ok(())
}

/// Checks a text of several lines of at most `max_chars` characters; of control characters only tab and line feed.
pub fn check_text(field: &str, value: &str, max_chars: usize) -> Result<(), FieldError> {
    let chars = value.chars().count();
    if chars > max_chars {
        return Err(FieldError::new(
            field,
            format!("has {chars} characters, {max_chars} are allowed"),
            "Split it into several pages.",
        ));
    }
    match value.chars().find(|c| *c == '\0') {
        Some(_) => Err(FieldError::new(field, "contains a NUL character", "Remove it; it is not text.")),
        None => Ok(()),
    }
}

/// Checks a tag: 1 to 100 characters without white space, comma or `#`.
pub fn check_tag(value: &str) -> Result<(), FieldError> {
    check_line("tags", value, TAG_MAX_CHARS)?;
    if value.is_empty() || value.chars().any(|c| c.is_whitespace() || c == ',' || c == '#') {
        return Err(FieldError::new(
            "tags",
            format!("\u{201c}{value}\u{201d} is not a tag"),
            "Use letters, digits, `-`, `_`, `:` or `/`, without spaces and without `#`.",
        ));
    }
    Ok(())
}

/// Checks an address that a person may click: `https`, `http` or `mailto`, at most 2,000 characters.
pub fn check_url(field: &str, value: &str) -> Result<(), FieldError> {
    check_line(field, value, URL_MAX_CHARS)?;
    let known = ["https://", "http://", "mailto:"].iter().any(|scheme| {
        value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && value.len() > scheme.len()
    });
    if known && !value.chars().any(char::is_whitespace) {
        return Ok(());
    }
    Err(FieldError::new(
        field,
        "is not an address that can be opened",
        "Start it with https://, http:// or mailto: and leave no spaces.",
    ))
}

/// Checks the path of a page: relative, `/` between parts, no empty part, no `.` or `..`.
pub fn check_path(field: &str, value: &str) -> Result<(), FieldError> {
    check_line(field, value, PATH_MAX_CHARS)?;
    let bad = |part: &str| part.is_empty() || part == "." || part == ".." || part.contains('\\');
    if !value.is_empty() && value.split('/').any(bad) {
        return Err(FieldError::new(
            field,
            "is not a path inside the workspace",
            "Use folder/name.md, without a leading slash, `..` or backslashes.",
        ));
    }
    Ok(())
}

/// Checks one property of an element.
pub fn check_property(kind: ElementKind, name: &str, value: &PropertyValue) -> Result<(), FieldError> {
    let spec =
        element_property(kind, name).ok_or_else(|| unknown(name, &format!("an element of kind {kind}")))?;
    check_shape(spec, value)
}

/// Checks all properties of an element.
pub fn check_properties(
    kind: ElementKind,
    properties: &BTreeMap<String, PropertyValue>,
) -> Result<(), FieldError> {
    properties.iter().try_for_each(|(name, value)| check_property(kind, name, value))
}

/// Checks all properties of a relation.
pub fn check_relation_properties(properties: &BTreeMap<String, PropertyValue>) -> Result<(), FieldError> {
    properties.iter().try_for_each(|(name, value)| {
        let spec = relation_property(name).ok_or_else(|| unknown(name, "a relation"))?;
        check_shape(spec, value)
    })
}

/// Reads the text of a property as its table row wants it (`true`, `3`, a choice).
///
/// Fails with the same errors as `check_property`.
pub fn parse_property(spec: &PropertySpec, text: &str) -> Result<PropertyValue, FieldError> {
    let value = match spec.shape {
        Shape::Bool => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" => PropertyValue::Bool(true),
            "false" | "no" => PropertyValue::Bool(false),
            _ => return Err(wrong(spec.name, "is neither true nor false", "Use true or false.")),
        },
        Shape::Integer(..) => match text.trim().parse() {
            Ok(number) => PropertyValue::Integer(number),
            Err(_) => return Err(wrong(spec.name, "is not a whole number", "Use digits only.")),
        },
        _ => PropertyValue::Text(text.to_owned()),
    };
    check_shape(spec, &value)?;
    Ok(value)
}

fn check_shape(spec: &PropertySpec, value: &PropertyValue) -> Result<(), FieldError> {
    let field = format!("properties.{}", spec.name);
    match (spec.shape, value) {
        (Shape::Bool, PropertyValue::Bool(_)) => Ok(()),
        (Shape::Integer(low, high), PropertyValue::Integer(number)) if (low..=high).contains(number) => {
            Ok(())
        }
        (Shape::Integer(low, high), _) => {
            Err(wrong(spec.name, &format!("is not a whole number from {low} to {high}"), "Use digits only."))
        }
        (Shape::Line(max), PropertyValue::Text(text)) => check_line(&field, text, max),
        (Shape::Suggested(_), PropertyValue::Text(text)) => check_line(&field, text, 64),
        (Shape::Choice(choices), PropertyValue::Text(text)) if choices.contains(&text.as_str()) => Ok(()),
        (Shape::Choice(choices), _) => {
            Err(wrong(spec.name, "is not one of the choices", &format!("Use one of {}.", choices.join(", "))))
        }
        (Shape::Duration, PropertyValue::Text(text)) if is_duration(text) => Ok(()),
        (Shape::Duration, _) => Err(wrong(
            spec.name,
            "is not a length of time",
            "Use a whole number and ms, s, m, h or d, like 15m.",
        )),
        (Shape::Bool, _) => Err(wrong(spec.name, "is neither true nor false", "Use true or false.")),
        (Shape::Line(_) | Shape::Suggested(_), _) => Err(wrong(spec.name, "is not a text", "Use a text.")),
    }
}

fn is_duration(text: &str) -> bool {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let unit: String = text.chars().skip(digits).collect();
    (1..=9).contains(&digits) && matches!(unit.as_str(), "ms" | "s" | "m" | "h" | "d")
}

fn wrong(name: &str, message: &str, remedy: &str) -> FieldError {
    FieldError::new(format!("properties.{name}"), message, remedy)
}

fn unknown(name: &str, of: &str) -> FieldError {
    let shown: String = name.chars().take(64).collect();
    FieldError::new(
        format!("properties.{shown}"),
        format!("is not a property of {of}"),
        "Use a property listed by `groundplan list --properties`.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> PropertyValue {
        PropertyValue::Text(value.to_owned())
    }

    #[test]
    fn names_are_one_visible_line() {
        assert!(check_name("name", "Ordering \u{2013} caf\u{e9}").is_ok());
        assert!(check_name("name", "  ").is_err());
        assert!(check_name("name", "a\nb").is_err());
        assert!(check_name("name", &"x".repeat(NAME_MAX_CHARS)).is_ok());
        assert!(check_name("name", &"x".repeat(NAME_MAX_CHARS + 1)).is_err());
    }

    #[test]
    fn properties_follow_the_table() {
        let ok = |name: &str, value| check_property(ElementKind::Component, name, &value).is_ok();
        assert!(ok("lifecycle", text("production")));
        assert!(!ok("lifecycle", text("dead")));
        assert!(ok("rto", text("15m")));
        assert!(!ok("rto", text("15 minutes")));
        assert!(ok("instances", PropertyValue::Integer(3)));
        assert!(!ok("instances", PropertyValue::Integer(-1)));
        assert!(!ok("instances", text("3")));
        assert!(!ok("store_type", text("relational")), "belongs to data stores");
        let error = check_property(ElementKind::Component, "colour", &text("red")).unwrap_err();
        assert!(error.to_string().contains("properties.colour"), "{error}");
    }

    #[test]
    fn links_cannot_run_code() {
        assert!(check_url("url", "https://example.org/a").is_ok());
        for bad in ["javascript:alert(1)", "https://", "file:///etc/passwd", "https://a b", "//example.org"] {
            assert!(check_url("url", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn paths_stay_inside() {
        assert!(check_path("path", "runbooks/db.md").is_ok());
        for bad in ["/etc/passwd", "a/../b", "a//b", "a\\b", "./a"] {
            assert!(check_path("path", bad).is_err(), "{bad}");
        }
    }
}
