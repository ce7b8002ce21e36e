//! A snapshot that is larger than an envelope, in parts: its body is encoded and cut, and each part travels as a snapshot
//! of its own that says which whole it belongs to. The parts follow each other in their author's chain, so none can be
//! left out, exchanged or moved; the last one is the snapshot that others judge and acknowledge.
//!
//! Not here: judging what the joined snapshot says (`check`).

use minicbor::{Decode, Encode};

use crate::envelope::body::EnvelopeBody;
use crate::envelope::check::Opened;
use crate::envelope::header::Kind;
use crate::wire::cbor::{self, Blob};
use crate::wire::ids::Hash;
use crate::wire::limits::SNAPSHOT_BYTES;

use crate::crypto::safe::low::hash::sha256;

/// Bytes of a body in one part: with padding, header and signature it stays below the limit of an envelope.
pub const PART_BYTES: usize = 224 * 1024;
/// Most parts of a snapshot.
pub const PARTS: u32 = SNAPSHOT_BYTES.div_ceil(PART_BYTES) as u32;

/// Which part of which whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Part {
    /// Hash of the encoded body that was cut.
    #[n(0)]
    pub whole: Hash,
    /// Which part this is, from 0.
    #[n(1)]
    pub index: u32,
    /// How many there are, at least 2.
    #[n(2)]
    pub count: u32,
}

impl Part {
    /// Says whether the numbers can be right.
    pub(crate) fn is_sound(&self) -> bool {
        (2..=PARTS).contains(&self.count) && self.index < self.count
    }

    /// Says whether it is the part that ends the snapshot.
    pub fn is_last(&self) -> bool {
        self.index + 1 == self.count
    }
}

/// Why parts do not make a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartFault {
    /// They are not the parts of one whole in their order, or some are missing.
    #[error("parts of the snapshot are missing or out of order")]
    Order,
    /// They are by different authors, of different documents, or do not follow each other in their author's chain.
    #[error("the snapshot's parts do not belong together")]
    Foreign,
    /// What they make is not what was cut.
    #[error("the snapshot's parts do not make what its author cut")]
    Whole,
}

fn whole_hash(encoded: &[u8]) -> Hash {
    sha256(&[b"groundplan/snapshot-parts/v1\0", encoded])
}

/// Cuts a snapshot's body into the bodies of its parts; one that fits an envelope stays as it is. `None`: it is larger than
/// a snapshot may be.
pub fn cut(body: EnvelopeBody) -> Option<Vec<EnvelopeBody>> {
    cut_at(body, PART_BYTES)
}

/// Cuts into pieces of so many bytes.
pub fn cut_at(body: EnvelopeBody, piece_bytes: usize) -> Option<Vec<EnvelopeBody>> {
    let encoded = cbor::encode(&body);
    if encoded.len() <= piece_bytes {
        return Some(vec![body]);
    }
    if encoded.len() > SNAPSHOT_BYTES {
        return None;
    }
    let pieces = encoded.chunks(piece_bytes.max(1));
    let (whole, count) = (whole_hash(&encoded), u32::try_from(pieces.len()).ok()?);
    if count > PARTS {
        return None;
    }
    let part = |(index, piece): (u32, &[u8])| EnvelopeBody {
        changes: vec![Blob(piece.to_vec())],
        part: Some(Part { whole, index, count }),
        ..EnvelopeBody::default()
    };
    Some((0..).zip(pieces).map(part).collect())
}

/// Joins opened parts, in their order, to the snapshot that was cut. It has the header and id of the last part.
///
/// # Errors
/// [`PartFault`].
pub fn join(parts: &[Opened]) -> Result<Opened, PartFault> {
    let last = parts.last().ok_or(PartFault::Order)?;
    let of = last.body.part.filter(|part| part.is_sound() && part.is_last()).ok_or(PartFault::Order)?;
    if parts.len() != of.count as usize {
        return Err(PartFault::Order);
    }
    let mut encoded = Vec::new();
    for (index, opened) in (0..).zip(parts) {
        if opened.body.part != Some(Part { index, ..of }) {
            return Err(PartFault::Order);
        }
        let (header, end) = (&opened.header, &last.header);
        let same = header.kind == Kind::Snapshot
            && (header.author, header.document) == (end.author, end.document)
            && (header.stream, header.compartment) == (end.stream, end.compartment)
            && header.seen == end.seen;
        if !same {
            return Err(PartFault::Foreign);
        }
        for piece in &opened.body.changes {
            encoded.extend_from_slice(piece);
        }
    }
    let chained = parts.windows(2).all(|pair| match pair {
        [before, after] => after.header.previous == before.id,
        _ => true,
    });
    if !chained {
        return Err(PartFault::Foreign);
    }
    if whole_hash(&encoded) != of.whole {
        return Err(PartFault::Whole);
    }
    let body: EnvelopeBody =
        cbor::decode_canonical(&encoded, SNAPSHOT_BYTES).map_err(|_| PartFault::Whole)?;
    if body.part.is_some() || !body.fits(Kind::Snapshot) {
        return Err(PartFault::Whole);
    }
    Ok(Opened { header: last.header.clone(), id: last.id, body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::role::Compartment;
    use crate::envelope::body::{Author, Covers};
    use crate::envelope::header::{Header, LogPoint, SUITE_1, Seen, VERSION_1};
    use crate::wire::ids::{DeviceId, DocumentId, EnvelopeId, Incarnation, StreamId, WorkspaceId};

    fn whole(bytes: usize) -> EnvelopeBody {
        let manifest = vec![Author { device: DeviceId([1; 16]), changes: vec![Hash([2; 32])], folded: None }];
        let covers = Covers { doc_seq: 3, link: Hash([8; 32]), manifest, save: Some(Hash([9; 32])) };
        let save = (0..bytes).map(|n| (n / 7) as u8).collect();
        EnvelopeBody { changes: vec![Blob(save)], covers: Some(covers), ..EnvelopeBody::default() }
    }

    fn opened(bodies: Vec<EnvelopeBody>) -> Vec<Opened> {
        let mut previous = EnvelopeId([40; 32]);
        let open = |(at, body): (u8, EnvelopeBody)| {
            let id = EnvelopeId([100 + at; 32]);
            let header = Header {
                version: VERSION_1,
                suite: SUITE_1,
                kind: Kind::Snapshot,
                workspace: WorkspaceId([1; 16]),
                document: DocumentId([2; 16]),
                compartment: Compartment::Internal,
                epoch: 1,
                author: DeviceId([1; 16]),
                stream: StreamId::from_slice(b"stream-1").unwrap(),
                dev_seq: 7 + u64::from(at),
                previous: std::mem::replace(&mut previous, id),
                log: LogPoint { index: 0, hash: Hash([4; 32]) },
                seen: Some(Seen { incarnation: Incarnation([3; 16]), doc_seq: 3, link: Hash([8; 32]) }),
                salt: Hash([5; 32]),
                commitment: Hash([6; 32]),
            };
            Opened { header, id, body }
        };
        (0..).zip(bodies).map(open).collect()
    }

    fn parts() -> Vec<Opened> {
        opened(cut(whole(3 * PART_BYTES)).unwrap())
    }

    #[test]
    fn what_was_cut_is_joined_and_what_fits_is_not_cut() {
        assert_eq!(cut(whole(100)), Some(vec![whole(100)]));
        let parts = parts();
        assert_eq!(parts.len(), 4);
        assert!(parts.iter().all(|part| part.body.fits(Kind::Snapshot) && !part.body.fits(Kind::Change)));
        let joined = join(&parts).unwrap();
        assert_eq!(joined.body, whole(3 * PART_BYTES));
        assert_eq!(joined.id, parts.last().unwrap().id);
        assert_eq!(cut(whole(SNAPSHOT_BYTES)), None, "larger than any snapshot");
    }

    #[test]
    fn a_missing_a_swapped_and_a_repeated_part_make_nothing() {
        let whole = parts();
        for missing in 0..whole.len() {
            let mut parts = whole.clone();
            parts.remove(missing);
            assert_eq!(join(&parts), Err(PartFault::Order), "without {missing}");
        }
        for (a, b) in [(0, 1), (1, 2), (2, 3), (0, 3)] {
            let mut parts = whole.clone();
            parts.swap(a, b);
            assert_eq!(join(&parts), Err(PartFault::Order), "{a} and {b}");
        }
        let mut parts = whole.clone();
        parts.insert(1, whole[1].clone());
        assert_eq!(join(&parts), Err(PartFault::Order));
        assert_eq!(join(&[]), Err(PartFault::Order));
    }

    #[test]
    fn parts_of_somebody_else_or_with_something_between_do_not_belong_together() {
        type Change = fn(&mut Opened);
        let changes: [Change; 6] = [
            |part| part.header.author = DeviceId([2; 16]),
            |part| part.header.document = DocumentId([3; 16]),
            |part| part.header.stream = StreamId::from_slice(b"stream-2").unwrap(),
            |part| part.header.compartment = Compartment::Public,
            |part| part.header.seen = None,
            |part| part.header.previous = EnvelopeId([1; 32]),
        ];
        for (at, change) in changes.into_iter().enumerate() {
            let mut parts = parts();
            change(&mut parts[1]);
            assert_eq!(join(&parts), Err(PartFault::Foreign), "change {at}");
        }
    }

    #[test]
    fn a_changed_piece_or_a_whole_that_is_none_is_refused() {
        let mut changed = parts();
        changed[2].body.changes[0].0[5] ^= 1;
        assert_eq!(join(&changed), Err(PartFault::Whole));
        // A whole that is itself a part.
        let inner = cut(whole(2 * PART_BYTES)).unwrap().remove(0);
        assert_eq!(join(&opened(cut_at(inner, 100 * 1024).unwrap())), Err(PartFault::Whole));
        for part in [
            Part { whole: Hash([1; 32]), index: 2, count: 2 },
            Part { whole: Hash([1; 32]), index: 0, count: 1 },
        ] {
            let body =
                EnvelopeBody { changes: vec![Blob(vec![1])], part: Some(part), ..EnvelopeBody::default() };
            assert!(!body.fits(Kind::Snapshot));
        }
    }
}
