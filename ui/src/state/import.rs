//! How far an import is. Kept outside the wizard, because opening the first workspace in the middle of an import
//! builds the frame anew around it, and what was chosen must survive that.

use groundplan_shared::api::{ImportInput, ImportPreview};

/// How far one is.
#[derive(Clone, Default)]
pub enum ImportStep {
    /// Nothing is chosen.
    #[default]
    Choose,
    /// The name of the running job.
    Busy(String),
    /// What would change.
    Preview(Box<(ImportInput, ImportPreview)>),
}

impl ImportStep {
    /// Which of the wizard's three places it is, counted from 0.
    pub fn place(&self) -> u8 {
        match self {
            Self::Choose => 0,
            Self::Busy(_) | Self::Preview(_) => 1,
        }
    }
}
