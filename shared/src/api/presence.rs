//! Commands of presence: who is where at this moment. Nothing of it is stored.

use serde::{Deserialize, Serialize};

use super::Person;
use crate::model::DocumentId;

/// A stretch of a text, in UTF-16 code units; where both ends are equal, a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextStretch {
    /// Where it was begun.
    pub anchor: u32,
    /// Where the cursor stands.
    pub head: u32,
}

/// Says where the person of this device is. It holds for 45 seconds: an open interface says it again and again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresenceSetParams {
    /// The element, page or diagram that is shown; nothing in particular if none.
    #[serde(default)]
    pub document: Option<DocumentId>,
    /// The cursor in its long text.
    #[serde(default)]
    pub cursor: Option<TextStretch>,
    /// The selected cards, if it is a diagram; the first 32 are told.
    #[serde(default)]
    pub selected: Vec<DocumentId>,
    /// Whether the interface is being closed or does not tell any more.
    #[serde(default)]
    pub away: bool,
}

/// Lists who is there. Only those who tell where they are see others.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresenceListParams {}

/// Somebody who is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresentView {
    /// Who.
    pub person: Person,
    /// The device in hexadecimal.
    pub device: String,
    /// What they look at, if this device may know and it is here.
    pub document: Option<DocumentId>,
    /// Their cursor in its long text.
    pub cursor: Option<TextStretch>,
    /// The cards that they selected.
    pub selected: Vec<DocumentId>,
}

/// Who is there, other devices of the same person included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceList {
    /// By name.
    pub items: Vec<PresentView>,
}
