//! The model server: the wire's meaning with the real validators and no store.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_shared::auth::{Clearance, Compartment};
use groundplan_shared::envelope::snapshot::Stub;
use groundplan_shared::envelope::{self, Outer, OuterError, Standing};
use groundplan_shared::membership::{self, CutItem, Device, MembershipState, cut_hash};
use groundplan_shared::wire::frames::{
    Accepted, AckResult, ClientFrame, Feed, FeedItem, LogDelta, LogResult, Outcome, ProblemFrame, Pull,
    PullResult, Push, PushResult, Refused, ServerFrame, Subscribe,
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
    heads: BTreeMap<DocumentId, (u64, Hash, Compartment)>,
    devices: BTreeMap<usize, DeviceId>,
    streams: BTreeMap<(DeviceId, StreamId), (u64, EnvelopeId)>,
    /// What each live subscription was sent: log length, feed position.
    sessions: BTreeMap<usize, (u64, u64)>,
    pub(super) compaction: super::compaction::Kept,
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
            devices: BTreeMap::new(),
            streams: BTreeMap::new(),
            sessions: BTreeMap::new(),
            compaction: super::compaction::Kept::default(),
        }
    }

    pub(super) fn drop_session(&mut self, replica: usize) {
        self.sessions.remove(&replica);
    }

    /// Appends an entry, if the head has not moved and the documents have not moved from its rotation cuts.
    pub(super) fn append(&mut self, entry: &[u8]) -> Result<(), ProblemCode> {
        let state = match membership::apply(&self.state, entry) {
            Ok(state) => state,
            Err(refusal) if refusal.is_stale() => return Err(ProblemCode::LogHeadMoved),
            Err(_) => return Err(ProblemCode::Forbidden),
        };
        for compartment in Compartment::ALL {
            let epoch = state.chain(compartment).epochs.last().unwrap();
            if epoch.started_index == state.head_index() && epoch.cut != self.cut(compartment) {
                return Err(ProblemCode::CutMoved);
            }
        }
        self.state = state;
        self.entries.push(entry.to_vec());
        Ok(())
    }

    /// Where the documents of a compartment stand.
    fn cut(&self, compartment: Compartment) -> Hash {
        let of = self.heads.iter().filter(|(_, (.., in_compartment))| *in_compartment == compartment);
        let items: Vec<CutItem> = of
            .map(|(document, (doc_seq, link, _))| CutItem {
                document: *document,
                doc_seq: *doc_seq,
                link: *link,
            })
            .collect();
        cut_hash(&self.state.workspace(), compartment, &items)
    }

    /// The log as a device may see it: to its end, or to the entry that shut the device out.
    fn visible(&self, replica: usize) -> (u64, bool) {
        let Some(device) = self.devices.get(&replica) else { return (self.entries.len() as u64, false) };
        let known = self.state.device(device).filter(|_| self.state.active(device).is_none());
        let removed =
            |known: &Device| self.state.member(&known.member).and_then(|member| member.removed_index);
        let until = known.and_then(|known| known.revoked_index.into_iter().chain(removed(known)).min());
        until.map_or((self.entries.len() as u64, false), |index| (index + 1, true))
    }

    /// What a replica may read.
    fn clearance(&self, replica: usize) -> Clearance {
        let device = self.devices.get(&replica);
        device
            .and_then(|device| self.state.active(device))
            .map_or(Clearance::NONE, |(_, rights)| rights.clearance)
    }

    /// Whether an item is for somebody with a clearance.
    fn is_for(&self, item: &FeedItem, clearance: Clearance) -> bool {
        self.heads.get(&item.document).is_some_and(|(.., compartment)| clearance.allows(*compartment))
    }

    /// What a live subscription is owed now.
    pub(super) fn owed(&mut self, replica: usize) -> Vec<ServerFrame> {
        let workspace = self.state.workspace();
        let (until, shut_out) = self.visible(replica);
        let Some((log, position)) = self.sessions.get_mut(&replica) else { return Vec::new() };
        let mut frames = Vec::new();
        if *log < until {
            let entries =
                self.entries[*log as usize..until as usize].iter().map(|e| e.clone().into()).collect();
            frames.push(ServerFrame::LogDelta(LogDelta {
                workspace,
                first_index: *log,
                entries,
                more: false,
            }));
            *log = until;
        }
        let position = *position;
        if shut_out {
            self.sessions.remove(&replica);
            frames.push(ServerFrame::Problem(ProblemFrame {
                code: ProblemCode::DeviceRevoked,
                message: "shut out".to_owned(),
                retry_after_ms: None,
                fatal: false,
                request: None,
                workspace: Some(workspace),
            }));
            return frames;
        }
        // What lies between an item and the next is not for this reader.
        let clearance = self.clearance(replica);
        let mut left = (position as usize..self.feed.len())
            .filter(|at| self.is_for(&self.feed[*at], clearance))
            .peekable();
        while left.peek().is_some() {
            let taken: Vec<usize> = left.by_ref().take(PAGE).collect();
            let items = taken.iter().map(|at| self.feed[*at].clone()).collect();
            let (more, head_ws_seq) = (left.peek().is_some(), self.feed.len() as u64);
            frames.push(ServerFrame::Feed(Feed { workspace, items, more, head_ws_seq }));
        }
        if let Some((_, position)) = self.sessions.get_mut(&replica) {
            *position = self.feed.len() as u64;
        }
        frames
    }

    pub(super) fn handle(
        &mut self,
        replica: usize,
        device: DeviceId,
        frame: ClientFrame,
    ) -> Vec<ServerFrame> {
        self.devices.insert(replica, device);
        match frame {
            ClientFrame::Push(push) if self.visible(replica).1 => vec![ServerFrame::Problem(ProblemFrame {
                code: ProblemCode::NotFound,
                message: "not found".to_owned(),
                retry_after_ms: None,
                fatal: false,
                request: Some(push.request),
                workspace: Some(push.workspace),
            })],
            ClientFrame::Subscribe(subscribe) => self.subscribe(replica, &subscribe),
            ClientFrame::Push(push) => vec![ServerFrame::PushResult(self.push(device, &push))],
            ClientFrame::Pull(pull) => vec![ServerFrame::PullResult(self.pull(replica, &pull))],
            ClientFrame::AppendLog(append) => {
                let refused = self.append(&append.entry).err().map(|code| Refused {
                    code,
                    message: code.to_string(),
                    retry_ms: None,
                });
                vec![ServerFrame::LogResult(LogResult {
                    request: append.request,
                    head_index: self.state.head_index(),
                    head_hash: self.state.head_hash(),
                    refused,
                })]
            }
            ClientFrame::AckSnapshot(request) => {
                let refused = self.acknowledge(&request.ack).map(|code| Refused {
                    code,
                    message: code.to_string(),
                    retry_ms: None,
                });
                vec![ServerFrame::AckResult(AckResult { request: request.request, refused })]
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
        let known = subscribe.log_index.map_or(Some(Hash::ZERO), |index| self.state.hash_at(index));
        if known != Some(subscribe.log_head) || subscribe.ws_seq > self.feed.len() as u64 {
            return vec![ServerFrame::Problem(ProblemFrame {
                code: ProblemCode::LogUnknown,
                message: "the log differs".to_owned(),
                retry_after_ms: None,
                fatal: false,
                request: None,
                workspace: Some(subscribe.workspace),
            })];
        }
        let next = subscribe.log_index.map_or(0, |index| index + 1);
        self.sessions.insert(replica, (next, subscribe.ws_seq));
        let mut frames = self.owed(replica);
        let problem = |frame: &ServerFrame| matches!(frame, ServerFrame::Feed(_) | ServerFrame::Problem(_));
        if !frames.iter().any(problem) {
            frames.push(ServerFrame::Feed(Feed {
                workspace: subscribe.workspace,
                items: Vec::new(),
                more: false,
                head_ws_seq: self.feed.len() as u64,
            }));
        }
        frames
    }

    fn pull(&self, replica: usize, pull: &Pull) -> PullResult {
        let clearance = self.clearance(replica);
        let all = self.feed.iter().filter(|item| self.is_for(item, clearance));
        let items = all.filter(|item| item.document == pull.document);
        let items: Vec<FeedItem> = items.filter(|item| item.doc_seq > pull.after_doc_seq).cloned().collect();
        let more = items.len() > pull.limit as usize;
        PullResult {
            request: pull.request,
            items: items.into_iter().take(pull.limit as usize).collect(),
            more,
        }
    }

    /// Takes envelopes one by one, as the server does with originals that devices put back.
    fn take_back(&mut self, push: &Push) -> PushResult {
        let take = |bytes: &groundplan_shared::wire::cbor::Blob| {
            let outer = envelope::parse_outer(bytes).expect("clients send envelopes");
            let mut streams = self.streams.clone();
            if !self.ids.contains_key(&outer.id) {
                if let Some(code) = self.fault(outer.header.author, &outer, &mut streams) {
                    return refuse(code);
                }
                self.streams = streams;
            }
            self.store(&outer, bytes)
        };
        PushResult { request: push.request, outcomes: push.envelopes.iter().map(take).collect() }
    }

    fn push(&mut self, device: DeviceId, push: &Push) -> PushResult {
        if !push.atomic {
            return self.take_back(push);
        }
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
            Err(OuterError::NotAllowed) => return Some(ProblemCode::Forbidden),
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
        let stub = Stub::parse(&item.envelope).map(|stub| stub.envelope);
        let envelope = stub.unwrap_or_else(|| envelope::parse_outer(&item.envelope).unwrap().id);
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
        let compartment = outer.header.compartment;
        let (doc_seq, previous, of) =
            self.heads.get(&document).copied().unwrap_or((0, Hash::ZERO, compartment));
        assert_eq!(of, compartment, "clients keep documents in one compartment");
        let (doc_seq, log_index) = (doc_seq + 1, self.state.head_index());
        let link = envelope::link(&previous, &outer.id, doc_seq, log_index);
        self.heads.insert(document, (doc_seq, link, compartment));
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

    /// Puts an envelope at the end of its document as if it had been accepted under an older head of the log, which
    /// only an evil server does.
    pub(super) fn backdate(&mut self, bytes: &[u8], log_index: u64) {
        let outer = envelope::parse_outer(bytes).unwrap();
        let (document, compartment) = (outer.header.document, outer.header.compartment);
        let (doc_seq, previous, _) =
            self.heads.get(&document).copied().unwrap_or((0, Hash::ZERO, compartment));
        let link = envelope::link(&previous, &outer.id, doc_seq + 1, log_index);
        self.heads.insert(document, (doc_seq + 1, link, compartment));
        self.ids.insert(outer.id, self.feed.len());
        self.feed.push(FeedItem {
            ws_seq: self.feed.len() as u64 + 1,
            document,
            doc_seq: doc_seq + 1,
            link,
            log_index,
            envelope: bytes.to_vec().into(),
        });
    }

    /// Documents that exist.
    pub(super) fn documents(&self) -> BTreeSet<DocumentId> {
        self.heads.keys().copied().collect()
    }
}
