//! Why an import was refused: which file, where in it, and what to do.
//!
//! Not here: things that an import survives; those are notes and dangling references of the `ImportSet`.

use std::fmt;

/// A refused import. Nothing of it was applied: extraction is all or nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// A file or folder cannot be imported.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// The caller's progress function asked to stop.
    #[error("The import was cancelled; nothing was changed")]
    Cancelled,
}

/// What was refused, where and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Path inside the source, or the name of the source itself.
    pub file: String,
    /// Line, counted from 1, where it is known.
    pub line: Option<u32>,
    /// Column in characters, counted from 1, where it is known.
    pub column: Option<u32>,
    /// What is wrong.
    pub reason: String,
    /// What to do about it, as a sentence.
    pub remedy: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        write!(f, ": {}. {}", self.reason, self.remedy)
    }
}

/// A place in a file; line and column count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Line.
    pub line: u32,
    /// Column in characters.
    pub column: u32,
}

impl ImportError {
    /// Refuses a file as a whole.
    pub fn file(file: impl Into<String>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::build(file.into(), None, None, reason.into(), remedy.into())
    }

    /// Refuses a file at a line.
    pub fn line(
        file: impl Into<String>,
        line: u32,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::build(file.into(), Some(line), None, reason.into(), remedy.into())
    }

    /// Refuses a file at a place.
    pub fn at(
        file: impl Into<String>,
        mark: Mark,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::build(file.into(), Some(mark.line), Some(mark.column), reason.into(), remedy.into())
    }

    fn build(file: String, line: Option<u32>, column: Option<u32>, reason: String, remedy: String) -> Self {
        Self::Refused(Box::new(Refusal { file, line, column, reason, remedy }))
    }

    /// Returns what was refused; `None` for a cancelled import.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Cancelled => None,
        }
    }
}
