//! Bounds on what an import reads, and how it reports progress.

use std::ops::ControlFlow;

use crate::ImportError;

/// Bounds on one import. The defaults are those of the product; tests tighten them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest text file, in bytes.
    pub text_bytes: u64,
    /// Largest attachment, in bytes.
    pub attachment_bytes: u64,
    /// Most files in the source.
    pub files: usize,
    /// Most bytes in the source.
    pub total_bytes: u64,
    /// Deepest folder nesting.
    pub path_depth: usize,
    /// Most YAML nodes of one document after expansion of its aliases.
    pub yaml_nodes: usize,
    /// Most bytes of YAML scalars of one document after expansion of its aliases.
    pub yaml_bytes: usize,
    /// Deepest YAML nesting after expansion of its aliases.
    pub yaml_depth: usize,
    /// Longest chain of `extends`.
    pub extends_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text_bytes: 8 << 20,
            attachment_bytes: 64 << 20,
            files: 20_000,
            total_bytes: 512 << 20,
            path_depth: 32,
            yaml_nodes: 100_000,
            yaml_bytes: 32 << 20,
            yaml_depth: 64,
            extends_depth: 32,
        }
    }
}

/// What the services of a compose file become.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ServiceKinds {
    /// Databases become data stores, brokers become channels, everything else components.
    #[default]
    Inferred,
    /// Every service becomes a component; what it is stays in the component's type.
    Components,
}

/// How a source is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Bounds.
    pub limits: Limits,
    /// What the services of a compose file become.
    pub services: ServiceKinds,
}

/// What an import is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Finding the files.
    Listing,
    /// Reading and parsing them.
    Reading,
    /// Resolving references between what they hold.
    Linking,
}

/// A report of progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// What is being done.
    pub stage: Stage,
    /// How many files are done in this stage.
    pub done: usize,
    /// How many there are; 0 while unknown.
    pub total: usize,
    /// The file at hand, or nothing.
    pub file: &'a str,
}

/// The caller's progress function: return `Break` to cancel.
pub type OnProgress<'a> = dyn FnMut(Progress<'_>) -> ControlFlow<()> + 'a;

pub(crate) fn report(
    progress: &mut OnProgress<'_>,
    stage: Stage,
    done: usize,
    total: usize,
    file: &str,
) -> Result<(), ImportError> {
    match progress(Progress { stage, done, total, file }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ImportError::Cancelled),
    }
}
