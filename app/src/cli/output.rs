//! Printing: text for people, JSON for programs; errors to standard error.

use std::io::{IsTerminal, Write};

use groundplan_shared::api::ApiError;
use serde::Serialize;

/// Where answers go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Says whether a program reads.
    pub(super) const fn is_json(&self) -> bool {
        self.json
    }

    /// Prints the answer: `value` for programs, what `people` makes for people.
    pub(super) fn answer<T: Serialize>(&self, value: &T, people: impl FnOnce(&T) -> String) {
        if self.json {
            match serde_json::to_string_pretty(value) {
                Ok(text) => self.text(&text),
                Err(error) => self.note(&format!("The answer cannot be written as JSON: {error}")),
            }
        } else {
            let text = people(value);
            if !text.is_empty() {
                self.text(&text);
            }
        }
    }

    /// Prints text to standard output. A reader that went away (`| head`) is no error.
    #[expect(clippy::unused_self, reason = "one way to print")]
    pub(super) fn text(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes());
        if !text.ends_with('\n') {
            let _ = out.write_all(b"\n");
        }
        let _ = out.flush();
    }

    /// Prints a remark to standard error.
    #[expect(clippy::unused_self, reason = "one way to print")]
    pub(super) fn note(&self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// Prints an error to standard error.
    pub(super) fn error(&self, error: &ApiError) {
        if self.json {
            let text = serde_json::to_string(&serde_json::json!({ "error": error })).unwrap_or_default();
            self.note(&text);
        } else {
            let (bold, plain) =
                if std::io::stderr().is_terminal() { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
            self.note(&format!("{bold}{}{plain}\n{}", error.message, error.hint));
        }
    }
}

/// Lays rows out in columns, two spaces apart.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
            .min(60)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:width$}  "));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Keeps what others wrote from steering the terminal.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_nothing_steers_the_terminal() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        assert_eq!(table(&[row(&["a", "bb"]), row(&["ccc", "d"])]), "a    bb\nccc  d\n");
        assert_eq!(plain("a\u{1b}[31mb"), "a\u{fffd}[31mb");
    }
}
