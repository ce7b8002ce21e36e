//! Which of the documents of a thing counts: one rule that needs nothing but what the documents say, so that all
//! who can read the same ones choose the same.
//!
//! A document goes on in another if it says so. Where it cannot be read here, the other's word is enough; where it can,
//! it is not, so that nobody without clearance takes a thing over. Of several that end the line, one that is not deleted
//! counts before one that is, then the one of the highest compartment, then the one with the smallest id.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use groundplan_shared::auth::Compartment;
use groundplan_shared::model::DocumentId;

/// A document of a thing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its compartment.
    pub(crate) compartment: u8,
    /// Whether it can be read here.
    pub(crate) here: bool,
    /// Whether it is deleted.
    pub(crate) deleted: bool,
    /// The document that it says it was made from.
    pub(crate) from: Option<DocumentId>,
    /// The documents that it says go on with the thing.
    pub(crate) moved: Vec<(DocumentId, u8)>,
}

/// Chooses the document that counts. `holds` says whether a compartment can be read here: what could be and has not
/// arrived does not count yet.
pub(crate) fn choose(
    thing: DocumentId,
    members: &BTreeMap<DocumentId, Member>,
    holds: impl Fn(u8) -> bool,
) -> Option<(DocumentId, Member)> {
    // Whoever may read everything needs nobody's word.
    let sees_all = Compartment::ALL.into_iter().all(|compartment| holds(compartment.number()));
    let mut all = members.clone();
    let mut next: BTreeMap<DocumentId, BTreeSet<DocumentId>> = BTreeMap::new();
    for (id, member) in members {
        for (child, compartment) in &member.moved {
            if members.contains_key(child) || !holds(*compartment) {
                next.entry(*id).or_default().insert(*child);
                all.entry(*child).or_insert(Member { compartment: *compartment, ..Member::default() });
            }
        }
        let claimed = member.from.filter(|from| !sees_all && !members.contains_key(from) && !member.deleted);
        if let Some(from) = claimed {
            next.entry(from).or_default().insert(*id);
        }
    }
    let mut reached: BTreeSet<DocumentId> = BTreeSet::new();
    let roots = next.keys().filter(|id| !members.contains_key(*id)).chain([&thing]);
    let mut open: Vec<DocumentId> = roots.copied().collect();
    while let Some(id) = open.pop() {
        if reached.insert(id) {
            open.extend(next.get(&id).into_iter().flatten());
        }
    }
    let ends = |id: &&DocumentId| !next.contains_key(*id);
    let known: Vec<&DocumentId> = reached.iter().filter(|id| all.contains_key(*id)).collect();
    // In a circle nothing ends the line.
    let circle = !known.iter().any(ends);
    let chosen = known.into_iter().filter(|id| circle || ends(id));
    let best = chosen.max_by_key(|id| {
        let member = all.get(*id);
        let (compartment, deleted) = member.map_or((0, true), |member| (member.compartment, member.deleted));
        (!deleted, compartment, Reverse(**id))
    })?;
    Some((*best, all.get(best)?.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> DocumentId {
        DocumentId::from_bytes([n; 16])
    }

    fn member(compartment: u8, from: Option<u8>, moved: &[(u8, u8)]) -> Member {
        let moved = moved.iter().map(|(child, compartment)| (id(*child), *compartment)).collect();
        Member { compartment, here: true, deleted: false, from: from.map(id), moved }
    }

    fn chosen(members: &[(u8, Member)], clearance: u8) -> Option<(u8, bool)> {
        let members = members.iter().map(|(n, member)| (id(*n), member.clone())).collect();
        choose(id(1), &members, |compartment| compartment <= clearance)
            .map(|(id, member)| (id.to_bytes()[0], member.here))
    }

    #[test]
    fn the_end_of_the_line_counts() {
        let alone = [(1, member(1, None, &[]))];
        assert_eq!(chosen(&alone, 3), Some((1, true)));
        let up = [(1, member(1, None, &[(2, 3)])), (2, member(3, Some(1), &[]))];
        assert_eq!(chosen(&up, 3), Some((2, true)));
        assert_eq!(chosen(&up[..1], 1), Some((2, false)), "without clearance: something is there");
        assert_eq!(chosen(&up[..1], 3), Some((1, true)), "what has not arrived does not count yet");
        let down = [
            (1, member(1, None, &[(2, 3)])),
            (2, member(3, Some(1), &[(3, 1)])),
            (3, member(1, Some(2), &[])),
        ];
        assert_eq!(chosen(&down, 3), Some((3, true)));
        let without = [down[0].clone(), down[2].clone()];
        assert_eq!(chosen(&without, 1), Some((3, true)), "the lower one's word is enough for those without");
        assert_eq!(chosen(&down[2..], 0), Some((3, true)), "the first need not be here");
    }

    #[test]
    fn two_that_move_at_once_agree_on_the_stricter() {
        let both = [
            (1, member(1, None, &[(2, 3), (3, 2)])),
            (2, member(3, Some(1), &[])),
            (3, member(2, Some(1), &[])),
        ];
        assert_eq!(chosen(&both, 3), Some((2, true)));
        let without = [both[0].clone(), both[2].clone()];
        assert_eq!(chosen(&without, 2), Some((2, false)), "also whoever can read only the looser");
        let mut same = both.clone();
        same[2].1.compartment = 3;
        assert_eq!(chosen(&same, 3), Some((2, true)), "then the smaller id");
    }

    #[test]
    fn nobody_without_clearance_takes_a_thing_over() {
        let taken =
            [(1, member(1, None, &[(2, 3)])), (2, member(3, Some(1), &[])), (4, member(1, Some(2), &[]))];
        assert_eq!(chosen(&taken, 3), Some((2, true)), "the one that it claims to continue does not say so");
        let undone = [(1, member(1, None, &[])), (2, member(3, Some(1), &[]))];
        assert_eq!(chosen(&undone, 3), Some((1, true)), "a move that was taken back");
    }

    #[test]
    fn a_living_one_counts_before_a_deleted_one_and_circles_end() {
        let mut both = [
            (1, member(1, None, &[(2, 3), (3, 2)])),
            (2, member(3, Some(1), &[])),
            (3, member(2, Some(1), &[])),
        ];
        both[1].1.deleted = true;
        assert_eq!(chosen(&both, 3), Some((3, true)));
        let circle = [(1, member(1, None, &[(2, 3)])), (2, member(3, Some(1), &[(1, 1)]))];
        assert_eq!(chosen(&circle, 3), Some((2, true)));
        assert_eq!(chosen(&[], 3), None);
    }

    proptest::proptest! {
        #[test]
        fn what_is_chosen_does_not_depend_on_what_does_not_belong(
            edges in proptest::collection::vec((1u8..8, 1u8..8, 0u8..4, proptest::bool::ANY), 0..12),
            dead in proptest::collection::btree_set(1u8..8, 0..4),
        ) {
            let mut members: BTreeMap<DocumentId, Member> = (1..8)
                .map(|n| (id(n), Member { deleted: dead.contains(&n), ..member(n % 4, None, &[]) }))
                .collect();
            for (parent, child, compartment, claimed) in edges {
                if claimed {
                    members.get_mut(&id(child)).unwrap().from = Some(id(parent));
                } else {
                    members.get_mut(&id(parent)).unwrap().moved.push((id(child), compartment));
                }
            }
            let all = choose(id(1), &members, |_| true).unwrap();
            assert!(all.1.here);
            // Whatever claims to come from one that is here and does not say so changes nothing.
            members.insert(id(9), member(3, Some(1), &[]));
            assert_eq!(choose(id(1), &members, |_| true).unwrap(), all);
        }
    }
}
