//! Round trips, limits and mutations of frames.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::wire::cbor::Blob;
use crate::wire::ids::{
    DeviceId, DocumentId, EnvelopeId, Hash, Incarnation, Nonce, ServerId, Signature, WorkspaceId, to_hex,
};
use crate::wire::limits;
use crate::wire::problem::ProblemCode;

fn push(sizes: &[usize]) -> ClientFrame {
    let envelopes = sizes.iter().map(|size| Blob(vec![7; *size])).collect();
    ClientFrame::Push(Push { request: 1, workspace: WorkspaceId([1; 16]), atomic: true, envelopes })
}

fn client_frame() -> impl Strategy<Value = ClientFrame> {
    let blob = || vec(any::<u8>(), 0..300).prop_map(Blob);
    prop_oneof![
        (any::<[u8; 16]>(), any::<[u8; 32]>(), blob(), ".{0,40}").prop_map(|(device, half, token, agent)| {
            let mut answer = [0; 64];
            answer[..32].copy_from_slice(&half);
            let (device, answer) = (DeviceId(device), Signature(answer));
            ClientFrame::Hello(Hello { device, answer, access_token: token, agent })
        }),
        (any::<[u8; 16]>(), any::<Option<u64>>(), any::<[u8; 32]>(), any::<u64>(), any::<u32>()).prop_map(
            |(workspace, log_index, head, ws_seq, credit)| {
                let (workspace, log_head) = (WorkspaceId(workspace), Hash(head));
                ClientFrame::Subscribe(Subscribe { workspace, log_index, log_head, ws_seq, credit })
            }
        ),
        (any::<u64>(), any::<bool>(), vec(blob(), 0..20)).prop_map(|(request, atomic, envelopes)| {
            ClientFrame::Push(Push { request, workspace: WorkspaceId([1; 16]), atomic, envelopes })
        }),
        any::<u32>().prop_map(ClientFrame::Credit),
        any::<u64>().prop_map(ClientFrame::Ping),
        any::<[u8; 16]>().prop_map(|id| ClientFrame::Unsubscribe(WorkspaceId(id))),
    ]
}

fn server_frame() -> impl Strategy<Value = ServerFrame> {
    let item = (any::<u64>(), any::<u64>(), vec(any::<u8>(), 0..300)).prop_map(|(ws_seq, doc_seq, bytes)| {
        FeedItem {
            ws_seq,
            document: DocumentId([2; 16]),
            doc_seq,
            link: Hash([3; 32]),
            log_index: 4,
            envelope: Blob(bytes),
        }
    });
    let refused = (0..ProblemCode::ALL.len(), ".{0,40}", any::<Option<u64>>())
        .prop_map(|(code, message, retry_ms)| Refused { code: ProblemCode::ALL[code], message, retry_ms });
    let accepted = any::<u64>().prop_map(|n| Accepted {
        envelope: EnvelopeId([5; 32]),
        doc_seq: n,
        link: Hash([6; 32]),
        ws_seq: n,
        log_index: n,
    });
    let outcome = prop_oneof![accepted.prop_map(Outcome::Accepted), refused.prop_map(Outcome::Refused)];
    prop_oneof![
        any::<[u8; 32]>().prop_map(|nonce| ServerFrame::Challenge(Challenge {
            server: ServerId([1; 16]),
            incarnation: Incarnation([2; 16]),
            nonce: Nonce(nonce),
        })),
        (vec(item, 0..10), any::<bool>(), any::<u64>()).prop_map(|(items, more, head_ws_seq)| {
            ServerFrame::Feed(Feed { workspace: WorkspaceId([1; 16]), items, more, head_ws_seq })
        }),
        (any::<u64>(), vec(outcome, 0..20))
            .prop_map(|(request, outcomes)| ServerFrame::PushResult(PushResult { request, outcomes })),
        any::<u64>().prop_map(ServerFrame::Pong),
    ]
}

proptest! {
    #[test]
    fn client_frames_round_trip_and_no_part_of_one_is_one(frame in client_frame(), cut in any::<prop::sample::Index>()) {
        let bytes = frame.encode();
        prop_assert_eq!(ClientFrame::decode(&bytes), Ok(frame));
        prop_assert!(ClientFrame::decode(&bytes[..cut.index(bytes.len())]).is_err());
        prop_assert!(ClientFrame::decode(&[bytes.as_slice(), &[0]].concat()).is_err());
    }

    #[test]
    fn server_frames_round_trip_and_no_part_of_one_is_one(frame in server_frame(), cut in any::<prop::sample::Index>()) {
        let bytes = frame.encode();
        prop_assert_eq!(ServerFrame::decode(&bytes), Ok(frame));
        prop_assert!(ServerFrame::decode(&bytes[..cut.index(bytes.len())]).is_err());
    }

    #[test]
    fn a_flipped_bit_never_panics_and_never_passes_for_the_original(
        frame in client_frame(), at in any::<prop::sample::Index>(), bit in 0..8u8,
    ) {
        let mut bytes = frame.encode();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert_ne!(ClientFrame::decode(&bytes), Ok(frame));
    }

    #[test]
    fn junk_never_panics(bytes in vec(any::<u8>(), 0..400)) {
        let _ = (ClientFrame::decode(&bytes).is_ok(), ServerFrame::decode(&bytes).is_ok());
    }
}

#[test]
fn limits_hold_at_their_edges() {
    let whole = |frame: &ClientFrame| ClientFrame::decode(&frame.encode()).map(|_| ());
    assert_eq!(whole(&push(&[1; limits::PUSH_ENVELOPES])), Ok(()));
    assert_eq!(whole(&push(&[1; limits::PUSH_ENVELOPES + 1])), Err(CodecError::TooMany));
    assert_eq!(whole(&push(&[limits::ENVELOPE_BYTES; 2])), Ok(()));
    let over = |limit_bytes| Err(CodecError::TooLarge { limit_bytes });
    assert_eq!(whole(&push(&[limits::ENVELOPE_BYTES + 1])), over(limits::ENVELOPE_BYTES));
    assert_eq!(whole(&push(&[limits::ENVELOPE_BYTES, limits::ENVELOPE_BYTES, 1])), over(limits::PUSH_BYTES));
    assert_eq!(ClientFrame::decode(&vec![1; limits::FRAME_BYTES + 1]).map(|_| ()), over(limits::FRAME_BYTES));
    let entry = |size| AppendLog { request: 1, workspace: WorkspaceId([1; 16]), entry: Blob(vec![0; size]) };
    assert_eq!(
        whole(&ClientFrame::AppendLog(entry(limits::ENTRY_BYTES))),
        Ok(()),
        "the largest entry fits a frame"
    );
    assert_eq!(whole(&ClientFrame::AppendLog(entry(limits::ENTRY_BYTES + 1))), over(limits::ENTRY_BYTES));
}

#[test]
fn a_claimed_length_allocates_nothing() {
    // A push whose list claims 2^32 - 1 envelopes, in a dozen bytes.
    let bytes = [1, 0x82, 2, 0x81, 0xa4, 0, 1, 3, 0x9a, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(ClientFrame::decode(&bytes), Err(CodecError::Malformed));
    let nested = [&[1, 0x82, 2][..], &[0x81; 100_000]].concat();
    assert_eq!(ClientFrame::decode(&nested), Err(CodecError::Malformed));
}

#[test]
fn other_versions_are_named() {
    assert_eq!(ClientFrame::decode(&[2, 0]), Err(CodecError::Version { version: 2 }));
    assert_eq!(ClientFrame::decode(&[]), Err(CodecError::Malformed));
}

#[test]
fn vectors_are_kept_for_ever() {
    let check = |frame: ClientFrame, expected: &str| assert_eq!(to_hex(&frame.encode()), expected);
    check(ClientFrame::Ping(7), "0182068107");
    check(ClientFrame::Credit(300), "0182058119012c");
    let envelopes = vec![Blob(vec![1, 2])];
    let push = Push { request: 9, workspace: WorkspaceId([0xab; 16]), atomic: false, envelopes };
    check(
        ClientFrame::Push(push),
        "0182028 1a40009 0150abababababababababababababababab 02f4 0381420102".replace(' ', "").as_str(),
    );
}
