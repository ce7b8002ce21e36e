//! Every frame of the socket, both ways.

use std::collections::BTreeSet;

use groundplan_shared::wire::frames::{
    Accepted, AckResult, AckSnapshot, AppendLog, Challenge, Feed, FeedItem, Hello, LogDelta, LogResult,
    Outcome, Presence, PresenceFrom, ProblemFrame, Pull, PullResult, Push, PushResult, Refused, Subscribe,
    Welcome,
};
use groundplan_shared::wire::ids::{
    DeviceId, DocumentId, EnvelopeId, Hash, Incarnation, Nonce, ServerId, Signature, WorkspaceId,
};
use groundplan_shared::wire::{Blob, ClientFrame, ProblemCode, ServerFrame};

use crate::kept::Kept;

const W: WorkspaceId = WorkspaceId([0xab; 16]);

fn blob(byte: u8) -> Blob {
    Blob(vec![byte; 5])
}

/// Numbers every frame of a client; a new one does not compile before it has a vector's place here.
fn client_number(frame: &ClientFrame) -> usize {
    match frame {
        ClientFrame::Hello(_) => 0,
        ClientFrame::Subscribe(_) => 1,
        ClientFrame::Push(_) => 2,
        ClientFrame::Pull(_) => 3,
        ClientFrame::AppendLog(_) => 4,
        ClientFrame::Credit(_) => 5,
        ClientFrame::Ping(_) => 6,
        ClientFrame::Presence(_) => 7,
        ClientFrame::Unsubscribe(_) => 8,
        ClientFrame::AckSnapshot(_) => 9,
    }
}

fn server_number(frame: &ServerFrame) -> usize {
    match frame {
        ServerFrame::Challenge(_) => 0,
        ServerFrame::Welcome(_) => 1,
        ServerFrame::LogDelta(_) => 2,
        ServerFrame::Feed(_) => 3,
        ServerFrame::PushResult(_) => 4,
        ServerFrame::LogResult(_) => 5,
        ServerFrame::PullResult(_) => 6,
        ServerFrame::Problem(_) => 7,
        ServerFrame::Pong(_) => 8,
        ServerFrame::Presence(_) => 9,
        ServerFrame::AckResult(_) => 10,
    }
}

#[test]
fn from_clients() {
    let mut kept = Kept::open("frames_client.json");
    let hello = Hello {
        device: DeviceId([1; 16]),
        answer: Signature([2; 64]),
        access_token: blob(3),
        agent: "groundplan/0.1.0".into(),
    };
    let subscribe =
        |log_index, log_head| Subscribe { workspace: W, log_index, log_head, ws_seq: 70_000, credit: 16 };
    let frames = [
        ("hello", ClientFrame::Hello(hello)),
        ("subscribe", ClientFrame::Subscribe(subscribe(Some(24), Hash([4; 32])))),
        ("subscribe with nothing", ClientFrame::Subscribe(subscribe(None, Hash::ZERO))),
        (
            "push",
            ClientFrame::Push(Push {
                request: 1 << 40,
                workspace: W,
                atomic: true,
                envelopes: vec![blob(5), blob(6)],
            }),
        ),
        (
            "pull",
            ClientFrame::Pull(Pull {
                request: 8,
                workspace: W,
                document: DocumentId([7; 16]),
                after_doc_seq: 255,
                limit: 64,
            }),
        ),
        ("append log", ClientFrame::AppendLog(AppendLog { request: 9, workspace: W, entry: blob(8) })),
        ("credit", ClientFrame::Credit(300)),
        ("ping", ClientFrame::Ping(u64::MAX)),
        ("presence", ClientFrame::Presence(Presence { workspace: W, sealed: blob(9) })),
        ("unsubscribe", ClientFrame::Unsubscribe(W)),
        ("ack snapshot", ClientFrame::AckSnapshot(AckSnapshot { request: 10, workspace: W, ack: blob(11) })),
    ];
    let numbers: BTreeSet<usize> = frames.iter().map(|(_, frame)| client_number(frame)).collect();
    assert!(numbers.into_iter().eq(0..10), "a frame has no vector");
    for (name, frame) in frames {
        let stored = kept.bytes(name, &frame.encode());
        assert_eq!(ClientFrame::decode(&stored), Ok(frame));
    }
    kept.done();
}

fn server_frames() -> Vec<(&'static str, ServerFrame)> {
    let item = FeedItem {
        ws_seq: 100,
        document: DocumentId([1; 16]),
        doc_seq: 3,
        link: Hash([2; 32]),
        log_index: 4,
        envelope: blob(3),
    };
    let accepted =
        Accepted { envelope: EnvelopeId([4; 32]), doc_seq: 5, link: Hash([6; 32]), ws_seq: 7, log_index: 8 };
    let refused = |retry_ms| Refused {
        code: ProblemCode::RateLimited,
        message: "too many at once; wait".into(),
        retry_ms,
    };
    let result = |refused| LogResult { request: 2, head_index: 12, head_hash: Hash([7; 32]), refused };
    let problem = |known: bool| ProblemFrame {
        code: ProblemCode::Malformed,
        message: "the frame cannot be read".into(),
        retry_after_ms: known.then_some(1000),
        fatal: !known,
        request: known.then_some(3),
        workspace: known.then_some(W),
    };
    vec![
        (
            "challenge",
            ServerFrame::Challenge(Challenge {
                server: ServerId([1; 16]),
                incarnation: Incarnation([2; 16]),
                nonce: Nonce([3; 32]),
            }),
        ),
        ("welcome", ServerFrame::Welcome(Welcome { expires_ms: 1_800_000_000_000, push_window: 4 })),
        (
            "log delta",
            ServerFrame::LogDelta(LogDelta {
                workspace: W,
                first_index: 3,
                entries: vec![blob(1), blob(2)],
                more: true,
            }),
        ),
        (
            "feed",
            ServerFrame::Feed(Feed {
                workspace: W,
                items: vec![item.clone()],
                more: false,
                head_ws_seq: 100,
            }),
        ),
        (
            "push result",
            ServerFrame::PushResult(PushResult {
                request: 1,
                outcomes: vec![
                    Outcome::Accepted(accepted),
                    Outcome::Refused(refused(Some(50))),
                    Outcome::Refused(refused(None)),
                ],
            }),
        ),
        ("log result", ServerFrame::LogResult(result(None))),
        ("log result, refused", ServerFrame::LogResult(result(Some(refused(None))))),
        ("pull result", ServerFrame::PullResult(PullResult { request: 6, items: vec![item], more: true })),
        ("problem with a request", ServerFrame::Problem(problem(true))),
        ("problem with the connection", ServerFrame::Problem(problem(false))),
        ("pong", ServerFrame::Pong(0)),
        (
            "presence",
            ServerFrame::Presence(PresenceFrom { workspace: W, device: DeviceId([8; 16]), sealed: blob(9) }),
        ),
        ("ack result", ServerFrame::AckResult(AckResult { request: 10, refused: None })),
        (
            "ack result, refused",
            ServerFrame::AckResult(AckResult { request: 11, refused: Some(refused(None)) }),
        ),
    ]
}

#[test]
fn from_servers() {
    let mut kept = Kept::open("frames_server.json");
    let frames = server_frames();
    let numbers: BTreeSet<usize> = frames.iter().map(|(_, frame)| server_number(frame)).collect();
    assert!(numbers.into_iter().eq(0..11), "a frame has no vector");
    for (name, frame) in frames {
        let stored = kept.bytes(name, &frame.encode());
        assert_eq!(ServerFrame::decode(&stored), Ok(frame));
    }
    kept.done();
}

#[test]
fn problem_codes() {
    let mut kept = Kept::open("problems.json");
    for code in ProblemCode::ALL {
        let stored = kept.bytes(code.as_str(), &groundplan_shared::wire::cbor::encode(code));
        assert_eq!(groundplan_shared::wire::cbor::decode_canonical(&stored, 8), Ok(*code));
    }
    kept.done();
}
