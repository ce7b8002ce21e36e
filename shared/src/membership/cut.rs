//! The rotation cut: the hash of where every document of a compartment stood when its key was rotated.
//!
//! Building the list and refusing a moved one is the server's and the client's duty.

use crate::auth::role::Compartment;
use crate::crypto::safe::low::hash::sha256;
use crate::wire::ids::{DocumentId, Hash, WorkspaceId};

/// Where a document stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CutItem {
    /// The document.
    pub document: DocumentId,
    /// Its highest doc_seq.
    pub doc_seq: u64,
    /// Its link there.
    pub link: Hash,
}

/// Hashes the list; the order given does not matter. An empty list has a hash of its own, not zero.
pub fn cut_hash(workspace: &WorkspaceId, compartment: Compartment, items: &[CutItem]) -> Hash {
    let mut sorted = items.to_vec();
    sorted.sort_unstable();
    let mut list = Vec::with_capacity(sorted.len() * 56);
    for item in &sorted {
        list.extend_from_slice(&item.document.0);
        list.extend_from_slice(&item.doc_seq.to_be_bytes());
        list.extend_from_slice(&item.link.0);
    }
    sha256(&[b"groundplan/cut/v1\0", &workspace.0, &[compartment.number()], &list])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_irrelevant_and_content_is_not() {
        let item = |n: u8| CutItem { document: DocumentId([n; 16]), doc_seq: 4, link: Hash([n; 32]) };
        let (w, c) = (WorkspaceId([1; 16]), Compartment::Internal);
        let hash = cut_hash(&w, c, &[item(1), item(2)]);
        assert_eq!(hash, cut_hash(&w, c, &[item(2), item(1)]));
        assert_ne!(hash, cut_hash(&w, Compartment::Public, &[item(1), item(2)]));
        assert_ne!(hash, cut_hash(&w, c, &[item(1), CutItem { doc_seq: 5, ..item(2) }]));
        assert_ne!(cut_hash(&w, c, &[]), Hash::ZERO);
    }
}
