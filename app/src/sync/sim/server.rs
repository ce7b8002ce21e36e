//! The model server: the wire's meaning with the real validators and no store.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_shared::envelope::{self, Outer, OuterError, Standing};
use groundplan_shared::membership::{self, MembershipState};
use groundplan_shared::wire::frames::{
    Accepted, ClientFrame, Feed, FeedItem, LogDelta, LogResult, Outcome, ProblemFrame, Pull, PullResult,
    Push, PushResult, Refused, ServerFrame, Subscribe,
};
use groundplan_shared::wire::{
    DeviceId, DocumentId, EnvelopeId, Hash, Incarnation, ProblemCode, ServerId, StreamId,
};

/// Items in a frame: few, so that histories have many frames.
const PAGE: usize = 3;

#[derive(Clone)]
pub(super) struct ModelServer {
    pub(super) id: ServerId,
    pub(super) incarnation: Incarnation,
    pub(super) state: MembershipState,
    pub(super) entries: Vec<Vec<u8>>,
    pub(super) feed: Vec<FeedItem>,
    ids: BTreeMap<EnvelopeId, usize>,
    heads: BTreeMap<DocumentId, (u64, Hash)>,
    streams: BTreeMap<(DeviceId, StreamId), (u64, EnvelopeId)>,
    /// What each live subscription was sent: log length, feed position.
    sessions: BTreeMap<usize, (u64, u64)>,
}

fn refuse(code: ProblemCode) -> Outcome {
    Outcome::Refused(Refused { code, message: code.to_string(), retry_ms: None })
}

impl ModelServer {
    pub(super) fn new(genesis: &[u8]) -> Self {
        Self {
            id: ServerId([1; 16]),
            incarnation: Incarnation([2; 16]),
            state: membership::start(genesis).unwrap(),
            entries: vec![genesis.to_vec()],
            feed: Vec::new(),
            ids: BTreeMap::new(),
            heads: BTreeMap::new(),
            streams: BTreeMap::new(),
            sessions: BTreeMap::new(),
        }
    }

    pub(super) fn drop_session(&mut self, replica: usize) {
        self.sessions.remove(&replica);
    }

    /// Appends an entry; false if the head moved.
    pub(super) fn append(&mut self, entry: &[u8]) -> bool {
        match membership::apply(&self.state, entry) {
            Ok(state) => {
                self.state = state;
                self.entries.push(entry.to_vec());
                true
            }
            Err(refusal) => {
                assert!(refusal.is_stale(), "the simulation builds valid entries only: {refusal}");
                false
            }
        }
    }

    /// What a live subscription is owed now.
    pub(super) fn owed(&mut self, replica: usize) -> Vec<ServerFrame> {
        let workspace = self.state.workspace();
        let Some((log, position)) = self.sessions.get_mut(&replica) else { return Vec::new() };
        let mut frames = Vec::new();
        if *log < self.entries.len() as u64 {
            let entries = self.entries[*log as usize..].iter().map(|e| e.clone().into()).collect();
            frames.push(ServerFrame::LogDelta(LogDelta {
                workspace,
                first_index: *log,
                entries,
                more: false,
            }));
            *log = self.entries.len() as u64;
        }
        while *position < self.feed.len() as u64 {
            let from = *position as usize;
            let items: Vec<FeedItem> = self.feed[from..].iter().take(PAGE).cloned().collect();
            *position += items.len() as u64;
            frames.push(ServerFrame::Feed(Feed {
                workspace,
                items,
                more: *position < self.feed.len() as u64,
                head_ws_seq: self.feed.len() as u64,
            }));
        }
        frames
    }

    pub(super) fn handle(
        &mut self,
        replica: usize,
        device: DeviceId,
        frame: ClientFrame,
    ) -> Vec<ServerFrame> {
        match frame {
            ClientFrame::Subscribe(subscribe) => self.subscribe(replica, &subscribe),
            ClientFrame::Push(push) => vec![ServerFrame::PushResult(self.push(device, &push))],
            ClientFrame::Pull(pull) => vec![ServerFrame::PullResult(self.pull(&pull))],
            ClientFrame::AppendLog(append) => {
                let fits = self.append(&append.entry);
                let refused = (!fits).then(|| Refused {
                    code: ProblemCode::LogHeadMoved,
                    message: "moved".to_owned(),
                    retry_ms: None,
                });
                vec![ServerFrame::LogResult(LogResult {
                    request: append.request,
                    head_index: self.state.head_index(),
                    head_hash: self.state.head_hash(),
                    refused,
                })]
            }
            ClientFrame::Ping(number) => vec![ServerFrame::Pong(number)],
            ClientFrame::Unsubscribe(_) => {
                self.drop_session(replica);
                Vec::new()
            }
            ClientFrame::Hello(_) | ClientFrame::Credit(_) | ClientFrame::Presence(_) => Vec::new(),
        }
    }

    fn subscribe(&mut self, replica: usize, subscribe: &Subscribe) -> Vec<ServerFrame> {
        let index = subscribe.log_index.unwrap();
        if self.state.hash_at(index) != Some(subscribe.log_head) {
            return vec![ServerFrame::Problem(ProblemFrame {
                code: ProblemCode::LogUnknown,
                message: "the log differs".to_owned(),
                retry_after_ms: None,
                fatal: false,
                request: None,
                workspace: Some(subscribe.workspace),
            })];
        }
        self.sessions.insert(replica, (index + 1, subscribe.ws_seq));
        let mut frames = self.owed(replica);
        if !frames.iter().any(|frame| matches!(frame, ServerFrame::Feed(_))) {
            frames.push(ServerFrame::Feed(Feed {
                workspace: subscribe.workspace,
                items: Vec::new(),
                more: false,
                head_ws_seq: self.feed.len() as u64,
            }));
        }
        frames
    }

    fn pull(&self, pull: &Pull) -> PullResult {
        let items = self.feed.iter().filter(|item| item.document == pull.document);
        let items: Vec<FeedItem> = items.filter(|item| item.doc_seq > pull.after_doc_seq).cloned().collect();
        let more = items.len() > pull.limit as usize;
        PullResult {
            request: pull.request,
            items: items.into_iter().take(pull.limit as usize).collect(),
            more,
        }
    }

    fn push(&mut self, device: DeviceId, push: &Push) -> PushResult {
        assert!(push.atomic);
        let mut streams = self.streams.clone();
        let mut fault = None;
        let mut outers: Vec<Outer> = Vec::new();
        for bytes in &push.envelopes {
            let outer = envelope::parse_outer(bytes).expect("clients send envelopes");
            if !self.ids.contains_key(&outer.id) {
                fault = fault.or(self.fault(device, &outer, &mut streams));
            }
            outers.push(outer);
        }
        let outcomes = match fault {
            Some(code) => {
                let known = |outer: &Outer| self.ids.get(&outer.id).map(|at| self.accepted(*at));
                outers.iter().map(|outer| known(outer).unwrap_or_else(|| refuse(code))).collect()
            }
            None => {
                self.streams = streams;
                let pairs = outers.iter().zip(&push.envelopes);
                pairs.map(|(outer, bytes)| self.store(outer, bytes)).collect()
            }
        };
        PushResult { request: push.request, outcomes }
    }

    fn fault(
        &self,
        device: DeviceId,
        outer: &Outer,
        streams: &mut BTreeMap<(DeviceId, StreamId), (u64, EnvelopeId)>,
    ) -> Option<ProblemCode> {
        let header = &outer.header;
        assert_eq!(header.author, device);
        match envelope::verify_outer(outer, &self.state, Standing::Offered) {
            Ok(()) => {}
            Err(OuterError::EpochStale) => return Some(ProblemCode::EpochStale),
            Err(OuterError::LogAhead) => return Some(ProblemCode::LogUnknown),
            Err(other) => panic!("a client sent an envelope that fails: {other}"),
        }
        let end = streams.entry((header.author, header.stream)).or_insert((0, EnvelopeId::ZERO));
        if (header.dev_seq, header.previous) != (end.0 + 1, end.1) {
            return Some(ProblemCode::StreamGap);
        }
        *end = (header.dev_seq, outer.id);
        None
    }

    fn accepted(&self, at: usize) -> Outcome {
        let item = &self.feed[at];
        let envelope = envelope::parse_outer(&item.envelope).unwrap().id;
        Outcome::Accepted(Accepted {
            envelope,
            doc_seq: item.doc_seq,
            link: item.link,
            ws_seq: item.ws_seq,
            log_index: item.log_index,
        })
    }

    fn store(&mut self, outer: &Outer, bytes: &[u8]) -> Outcome {
        if let Some(at) = self.ids.get(&outer.id) {
            return self.accepted(*at);
        }
        let document = outer.header.document;
        let (doc_seq, previous) = self.heads.get(&document).copied().unwrap_or((0, Hash::ZERO));
        let (doc_seq, log_index) = (doc_seq + 1, self.state.head_index());
        let link = envelope::link(&previous, &outer.id, doc_seq, log_index);
        self.heads.insert(document, (doc_seq, link));
        let at = self.feed.len();
        self.feed.push(FeedItem {
            ws_seq: at as u64 + 1,
            document,
            doc_seq,
            link,
            log_index,
            envelope: bytes.to_vec().into(),
        });
        self.ids.insert(outer.id, at);
        self.accepted(at)
    }

    /// Documents that exist.
    pub(super) fn documents(&self) -> BTreeSet<DocumentId> {
        self.heads.keys().copied().collect()
    }
}
