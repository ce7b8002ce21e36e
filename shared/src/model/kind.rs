//! The closed lists of kinds: documents, elements, relations, pages and views.
//!
//! Each has one stored spelling (`as_str`), used in documents, the local API, the command line and exports.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Says that a text names no kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\u{201c}{text}\u{201d} is no {what}: use one of {known}")]
pub struct UnknownKind {
    /// The list that was searched.
    pub what: &'static str,
    /// The text that was given, shortened to 64 characters.
    pub text: String,
    /// The known spellings, separated by commas.
    pub known: String,
}

macro_rules! kinds {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every kind, in the order in which lists show them.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// Returns the stored spelling.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownKind;
            fn from_str(text: &str) -> Result<Self, UnknownKind> {
                match text {
                    $($text => Ok($name::$variant),)*
                    _ => Err(UnknownKind {
                        what: $what,
                        text: text.chars().take(64).collect(),
                        known: [$($text),*].join(", "),
                    }),
                }
            }
        }
    };
}

kinds! {
    /// What a document holds.
    DocumentKind, "kind of document" {
        /// An element with its outgoing relations and endpoints.
        Element = "element",
        /// A page: text, decision, runbook or postmortem.
        Page = "page",
        /// A diagram: scope, filters and stored positions.
        View = "view",
        /// The settings of the workspace and its import sources.
        Settings = "settings",
        /// A thread of comments about something else.
        Thread = "thread",
    }
}

kinds! {
    /// Kinds of elements, as in MODEL.
    ElementKind, "element kind" {
        /// A person or role outside the systems.
        Actor = "actor",
        /// An area of the business.
        Domain = "domain",
        /// What one team would name as a whole.
        System = "system",
        /// A deployable or a part of one; nests.
        Component = "component",
        /// A database, file store or search index.
        Datastore = "datastore",
        /// A queue, topic, stream or bus.
        Channel = "channel",
        /// A contract that a component provides.
        Api = "api",
        /// A kind of data, with its classification.
        DataAsset = "data_asset",
        /// Where things run: a stage.
        Environment = "environment",
        /// Where things run: a machine, cluster or region; nests.
        Node = "node",
        /// A trust boundary.
        Boundary = "boundary",
        /// An owner.
        Team = "team",
        /// A probe of an endpoint.
        Check = "check",
    }
}

kinds! {
    /// Kinds of relations, as in MODEL; directed from source to target.
    RelationKind, "relation kind" {
        /// The source is a part of the target; one parent only.
        PartOf = "part_of",
        /// The source calls or needs the target.
        Uses = "uses",
        /// The source offers the API.
        Provides = "provides",
        /// The source calls the API.
        Consumes = "consumes",
        /// The source writes to the channel.
        Publishes = "publishes",
        /// The source reads from the channel.
        Subscribes = "subscribes",
        /// The source keeps data in the target, or holds the data asset.
        Stores = "stores",
        /// The source works on the data asset.
        Processes = "processes",
        /// The source is deployed on the target.
        RunsOn = "runs_on",
        /// The source lies inside the boundary.
        Inside = "inside",
        /// The target team answers for the source.
        OwnedBy = "owned_by",
        /// The page describes the source.
        DocumentedBy = "documented_by",
        /// The decision shaped the source.
        DecidedBy = "decided_by",
        /// The runbook restores the source.
        HandledBy = "handled_by",
        /// The check watches the source.
        MonitoredBy = "monitored_by",
        /// The source takes the place of the target.
        Supersedes = "supersedes",
    }
}

kinds! {
    /// Kinds of pages.
    PageKind, "page kind" {
        /// Any text.
        Doc = "doc",
        /// An architecture decision record.
        Adr = "adr",
        /// Ordered steps for operations.
        Runbook = "runbook",
        /// What was learnt from an incident.
        Postmortem = "postmortem",
    }
}

kinds! {
    /// Kinds of diagrams.
    ViewKind, "view kind" {
        /// All systems and actors.
        Landscape = "landscape",
        /// One system and what surrounds it.
        Context = "context",
        /// The containers of one system.
        Container = "container",
        /// The parts of one container.
        Component = "component",
        /// What runs where.
        Deployment = "deployment",
        /// Data assets and where they flow.
        DataFlow = "data_flow",
        /// One scenario, step by step.
        Dynamic = "dynamic",
        /// What depends on what.
        Dependency = "dependency",
    }
}

impl RelationKind {
    /// Says whether the relation is drawn as an edge (rather than as nesting or as a note in the inspector).
    pub const fn is_drawn(self) -> bool {
        matches!(
            self,
            Self::Uses
                | Self::Provides
                | Self::Consumes
                | Self::Publishes
                | Self::Subscribes
                | Self::Stores
                | Self::Processes
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_reads_back() {
        for kind in ElementKind::ALL {
            assert_eq!(kind.as_str().parse::<ElementKind>(), Ok(*kind));
            assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{kind}\""));
        }
        for kind in RelationKind::ALL {
            assert_eq!(kind.as_str().parse::<RelationKind>(), Ok(*kind));
        }
        let error = "sevice".parse::<ElementKind>().unwrap_err();
        assert!(error.to_string().contains("component"), "{error}");
    }
}
