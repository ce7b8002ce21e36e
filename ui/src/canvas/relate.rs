//! Which relations two elements can have in a diagram, the likeliest first.

use groundplan_shared::model::{ElementKind, RelationKind, relation_allowed};

/// Kinds of relations that may lead from one element to another and are drawn as a line.
#[must_use]
pub fn kinds(source: ElementKind, target: ElementKind) -> Vec<RelationKind> {
    let likely = match target {
        ElementKind::Channel => RelationKind::Publishes,
        ElementKind::Api => RelationKind::Consumes,
        ElementKind::DataAsset => RelationKind::Processes,
        _ => RelationKind::Uses,
    };
    let mut kinds: Vec<RelationKind> = RelationKind::ALL
        .iter()
        .copied()
        .filter(|kind| kind.is_drawn() && relation_allowed(*kind, source, Some(target)))
        .collect();
    crate::state::order::by_key(&mut kinds, |kind| *kind != likely);
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_comes_first() {
        use ElementKind as K;
        use RelationKind as R;
        for (source, target, first) in [
            (K::Component, K::Component, Some(R::Uses)),
            (K::Component, K::Channel, Some(R::Publishes)),
            (K::Component, K::Api, Some(R::Consumes)),
            (K::Component, K::Datastore, Some(R::Uses)),
            (K::Actor, K::System, Some(R::Uses)),
            (K::Team, K::Component, None),
            (K::Datastore, K::DataAsset, Some(R::Stores)),
        ] {
            assert_eq!(kinds(source, target).first().copied(), first, "{source} to {target}");
        }
    }
}
