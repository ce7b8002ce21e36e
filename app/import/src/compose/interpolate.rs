//! Variables in values: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:+other}`, `$$`.
//!
//! An unset variable without a default stays as `${NAME}`, so that people see what the file says.

use std::collections::HashMap;

const DEPTH: usize = 8;
const LONGEST: usize = 64 << 10;

/// Values of variables, from the `.env` file beside the compose file.
#[derive(Debug, Default)]
pub(super) struct Variables(HashMap<String, String>);

impl Variables {
    /// Reads a `.env` file. Lines that it does not understand are skipped, as docker's own syntax is wider.
    pub(super) fn read(text: &str) -> Self {
        let pairs = text.lines().filter_map(|line| {
            let line = line.trim_start_matches('\u{feff}').trim();
            let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
            let name = name.trim();
            let known = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            known.then(|| (name.to_owned(), unquote(value.trim())))
        });
        let mut found = Self::default();
        for (name, value) in pairs {
            // A later line may use an earlier one.
            let value = found.fill(&value);
            found.0.insert(name, value);
        }
        found
    }

    /// Returns the value of a variable that is passed on without a value.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Replaces the variables in a text.
    pub(super) fn fill(&self, text: &str) -> String {
        if !text.contains('$') {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        self.fill_into(text, &mut out, DEPTH);
        out
    }

    fn fill_into(&self, text: &str, out: &mut String, depth: usize) {
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            if out.len() > LONGEST || depth == 0 {
                return;
            }
            if let Some(tail) = after.strip_prefix('$') {
                out.push('$');
                rest = tail;
            } else if let Some((inner, tail)) = after.strip_prefix('{').and_then(braced) {
                self.braces(inner, out, depth);
                rest = tail;
            } else {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                let (name, tail) = after.split_at_checked(end).unwrap_or((after, ""));
                if name.is_empty() {
                    out.push('$')
                } else {
                    self.value(name, out)
                }
                rest = tail;
            }
        }
        out.push_str(rest);
    }

    fn value(&self, name: &str, out: &mut String) {
        match self.get(name) {
            Some(value) => out.push_str(value),
            None => {
                out.push_str("${");
                out.push_str(name);
                out.push('}');
            }
        }
    }

    fn braces(&self, inner: &str, out: &mut String, depth: usize) {
        let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
        let (name, operator) = inner.split_at_checked(end).unwrap_or((inner, ""));
        let (colon, operator) = match operator.strip_prefix(':') {
            Some(rest) => (true, rest),
            None => (false, operator),
        };
        let set = self.get(name).filter(|value| !colon || !value.is_empty());
        let mut operator = operator.chars();
        match (operator.next(), set) {
            (Some('-'), None) | (Some('+'), Some(_)) => self.fill_into(operator.as_str(), out, depth - 1),
            (Some('+'), None) => {}
            (_, Some(value)) => out.push_str(value),
            (_, None) => self.value(name, out),
        }
    }
}

/// Splits `NAME:-${OTHER}}rest` at the brace that closes it.
fn braced(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices().take(LONGEST) {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some((text.get(..at)?, text.get(at + 1..)?)),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn unquote(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some((inner, _)) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return inner.to_owned();
        }
    }
    value.split(" #").next().unwrap_or(value).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled() {
        let vars = Variables::read("# c\nA=1\nexport B='x # y'\nE=\nC=${A}2 # c\nbad line\n");
        let fill = |text: &str| vars.fill(text);
        assert_eq!(fill("$A ${B} ${C}"), "1 x # y 12");
        assert_eq!(fill("${N:-d} ${N-d} ${N:-${A}} ${A:-d} ${E:-d} ${E-d}|"), "d d 1 1 d |");
        assert_eq!(fill("$N ${N} ${N:?gone} $$A $ ${open"), "${N} ${N} ${N} $A $ ${open");
        assert_eq!(fill("${A:+x} ${N:+x}|"), "x |");
    }

    #[test]
    fn hostile_values_stay_small() {
        let deep = "${A:-".repeat(10_000);
        assert!(Variables::default().fill(&deep).len() <= deep.len());
        let vars = Variables::read(&format!("A={}", "x".repeat(50_000)));
        assert!(vars.fill(&"$A".repeat(10_000)).len() < 200_000);
    }
}
