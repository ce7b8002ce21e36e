//! Relations and the table of pairs that make sense.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ElementKind as K;
use super::{DocumentId, ElementKind, PropertyValue, RelationId, RelationKind, Source};

/// A typed, directed relation, stored with its source element.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Relation {
    /// Its random id.
    pub id: RelationId,
    /// What it says.
    pub kind: RelationKind,
    /// The element or page it points to; may dangle after a deletion, which is a finding and not an error.
    pub target: DocumentId,
    /// Values of the properties in `relation_properties`.
    #[serde(default)]
    pub properties: BTreeMap<String, PropertyValue>,
    /// Where it came from, if imported.
    #[serde(default)]
    pub source: Option<Source>,
}

const ACTIVE: &[K] = &[K::Actor, K::System, K::Component, K::Datastore, K::Channel, K::Check];
const PASSIVE: &[K] = &[K::System, K::Component, K::Datastore, K::Channel, K::Api, K::Node];

/// Says whether a relation of this kind may lead from one kind of element to another.
///
/// `target` is `None` for a page.
pub fn relation_allowed(kind: RelationKind, source: ElementKind, target: Option<ElementKind>) -> bool {
    use RelationKind as R;
    let Some(target) = target else {
        return matches!(kind, R::DocumentedBy | R::DecidedBy | R::HandledBy);
    };
    match kind {
        R::PartOf => part_of_allowed(source, target),
        R::Uses => ACTIVE.contains(&source) && PASSIVE.contains(&target),
        R::Provides => matches!(source, K::System | K::Component) && target == K::Api,
        R::Consumes => matches!(source, K::Actor | K::System | K::Component) && target == K::Api,
        R::Publishes | R::Subscribes => matches!(source, K::System | K::Component) && target == K::Channel,
        R::Stores => {
            // A database or queue keeps its data in a file store (a volume), too.
            matches!(source, K::System | K::Component | K::Datastore | K::Channel)
                && matches!(target, K::Datastore | K::DataAsset)
        }
        R::Processes => matches!(source, K::System | K::Component) && target == K::DataAsset,
        R::RunsOn => {
            matches!(source, K::System | K::Component | K::Datastore | K::Channel | K::Node)
                && matches!(target, K::Node | K::Environment)
        }
        R::Inside => !matches!(source, K::Team | K::DataAsset) && target == K::Boundary,
        R::OwnedBy => source != K::Team && target == K::Team,
        R::MonitoredBy => target == K::Check,
        R::Supersedes => source == target,
        R::DocumentedBy | R::DecidedBy | R::HandledBy => false,
    }
}

fn part_of_allowed(source: ElementKind, target: ElementKind) -> bool {
    match target {
        K::Domain => matches!(source, K::Domain | K::System | K::Team),
        K::System => {
            matches!(source, K::System | K::Component | K::Datastore | K::Channel | K::Api | K::Check)
        }
        K::Component => matches!(source, K::Component | K::Datastore | K::Channel | K::Api),
        K::Datastore => matches!(source, K::Datastore | K::DataAsset),
        K::Channel => source == K::Channel,
        K::DataAsset => source == K::DataAsset,
        K::Environment | K::Node => source == K::Node,
        K::Boundary => source == K::Boundary,
        K::Team => source == K::Team,
        K::Actor | K::Api | K::Check => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_follow_the_model() {
        use RelationKind as R;
        assert!(relation_allowed(R::PartOf, K::Component, Some(K::System)));
        assert!(!relation_allowed(R::PartOf, K::System, Some(K::Component)));
        assert!(relation_allowed(R::Publishes, K::Component, Some(K::Channel)));
        assert!(!relation_allowed(R::Publishes, K::Component, Some(K::Datastore)));
        assert!(relation_allowed(R::HandledBy, K::Component, None));
        assert!(!relation_allowed(R::Uses, K::Component, None));
    }
}
