//! Identifiers: random UUIDs (version 7) as newtypes, so that one cannot be given for another.
//!
//! Ids are made by `app` (this crate has no randomness) and are never derived from names: a rename breaks nothing.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Says that a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\u{201c}{text}\u{201d} is not a {what} id: use the 36-character form shown by `groundplan list --json`"
)]
pub struct IdError {
    /// What kind of id was expected.
    pub what: &'static str,
    /// The text that was given, shortened to 64 characters.
    pub text: String,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }
            /// Returns the UUID.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
            /// Makes an id of 16 bytes, most significant first.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
            /// Returns the 16 bytes, most significant first.
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0.into_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::try_parse(text)
                    .map(Self)
                    .map_err(|_| IdError { what: $what, text: text.chars().take(64).collect() })
            }
        }
    )*};
}

ids! {
    /// Names a workspace.
    WorkspaceId = "workspace";
    /// Names a document: an element, a page, a view or the settings of a workspace.
    DocumentId = "element, page or view";
    /// Names a relation, inside the workspace of its source element.
    RelationId = "relation";
    /// Names an endpoint, inside its API element.
    EndpointId = "endpoint";
    /// Names a link, inside its element.
    LinkId = "link";
    /// Names an import source.
    SourceId = "import source";
    /// Names an attachment, inside its page or element.
    AttachmentId = "attachment";
    /// Names a comment, inside its thread.
    CommentId = "comment";
    /// Names a profile on a device.
    ProfileId = "profile";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_prints_and_refuses_the_rest() {
        let id = DocumentId::from_bytes([7; 16]);
        assert_eq!(id.to_string().parse::<DocumentId>(), Ok(id));
        let error = "web".parse::<DocumentId>().unwrap_err();
        assert!(error.to_string().contains("\u{201c}web\u{201d}"), "{error}");
    }
}
