//! The arithmetic of an append, shared by both stores: counters, links, chains, quota. No SQL.
//!
//! A store loads what a batch touches, asks the ledger to place each envelope, and writes back what moved, all under
//! the lock of the workspace's row.

use std::collections::{BTreeMap, HashMap};

use groundplan_shared::{
    auth::Compartment,
    envelope::link,
    wire::{DeviceId, DocumentId, EnvelopeId, Hash, StreamId},
};

use super::{
    AppendBatch, Conflict, DocumentHead, NewEnvelope, Placement, StoreError, StoreResult, Workspace,
};

/// The number of a stream's first envelope.
const FIRST_DEV_SEQ: u64 = 1;

/// Names an author's stream in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct StreamKey {
    pub(super) author: DeviceId,
    pub(super) stream: StreamId,
}

/// The last accepted envelope of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StreamTail {
    pub(super) dev_seq: u64,
    pub(super) env_id: EnvelopeId,
}

/// The counters of a workspace while a batch is placed.
pub(super) struct Ledger<'a> {
    batch: &'a AppendBatch,
    first_ws_seq: u64,
    last_ws_seq: u64,
    stored_bytes: u64,
    documents: HashMap<DocumentId, (DocumentHead, bool)>,
    streams: BTreeMap<StreamKey, (Option<StreamTail>, bool)>,
}

impl<'a> Ledger<'a> {
    /// Begins with the locked row; refuses a batch that was verified at another log head.
    pub(super) fn open(workspace: &Workspace, batch: &'a AppendBatch) -> StoreResult<Self> {
        if (workspace.log_length, workspace.log_head) != (batch.log_length, batch.log_head) {
            let moved = Conflict::HeadMoved { length: workspace.log_length, head: workspace.log_head };
            return Err(StoreError::Conflict(moved));
        }
        Ok(Self {
            batch,
            first_ws_seq: workspace.last_ws_seq,
            last_ws_seq: workspace.last_ws_seq,
            stored_bytes: workspace.stored_bytes,
            documents: HashMap::new(),
            streams: BTreeMap::new(),
        })
    }

    pub(super) fn knows_document(&self, document: DocumentId) -> bool {
        self.documents.contains_key(&document)
    }

    pub(super) fn set_document(&mut self, document: DocumentId, head: Option<DocumentHead>) {
        let compartment = Compartment::Public;
        let head = head.unwrap_or(DocumentHead { document, doc_seq: 0, link: Hash::ZERO, compartment });
        self.documents.insert(document, (head, false));
    }

    pub(super) fn knows_stream(&self, key: &StreamKey) -> bool {
        self.streams.contains_key(key)
    }

    pub(super) fn set_stream(&mut self, key: StreamKey, tail: Option<StreamTail>) {
        self.streams.insert(key, (tail, false));
    }

    /// Gives an envelope its place; its document and stream must have been set.
    pub(super) fn place(&mut self, position: usize, envelope: &NewEnvelope) -> StoreResult<Placement> {
        let key = StreamKey { author: envelope.author, stream: envelope.stream };
        let (tail, stream_moved) =
            self.streams.get_mut(&key).ok_or(StoreError::corrupt("ledger without the stream"))?;
        let (expected, previous) =
            tail.map_or((FIRST_DEV_SEQ, EnvelopeId::ZERO), |tail| (tail.dev_seq + 1, tail.env_id));
        if envelope.dev_seq != expected || envelope.previous != previous {
            let last_dev_seq = tail.map_or(0, |tail| tail.dev_seq);
            return Err(StoreError::Conflict(Conflict::ChainBroken { position, last_dev_seq }));
        }
        let size = u64::try_from(envelope.bytes.len()).unwrap_or(u64::MAX);
        let stored_bytes = self.stored_bytes.saturating_add(size);
        if stored_bytes > self.batch.quota_bytes {
            let limit_bytes = self.batch.quota_bytes;
            return Err(StoreError::Conflict(Conflict::QuotaExceeded { limit_bytes }));
        }
        let (head, document_moved) = self
            .documents
            .get_mut(&envelope.document)
            .ok_or(StoreError::corrupt("ledger without the document"))?;
        if head.doc_seq > 0 && head.compartment != envelope.compartment {
            return Err(StoreError::Conflict(Conflict::CompartmentDiffers { position }));
        }
        let log_index = self.batch.log_length.saturating_sub(1);
        head.doc_seq += 1;
        head.link = link(&head.link, &envelope.env_id, head.doc_seq, log_index);
        head.compartment = envelope.compartment;
        *document_moved = true;
        *tail = Some(StreamTail { dev_seq: envelope.dev_seq, env_id: envelope.env_id });
        *stream_moved = true;
        self.stored_bytes = stored_bytes;
        self.last_ws_seq += 1;
        Ok(Placement {
            env_id: envelope.env_id,
            doc_seq: head.doc_seq,
            link: head.link,
            ws_seq: self.last_ws_seq,
            log_index,
            repeated: false,
        })
    }

    pub(super) fn is_unchanged(&self) -> bool {
        self.first_ws_seq == self.last_ws_seq
    }

    pub(super) fn last_ws_seq(&self) -> u64 {
        self.last_ws_seq
    }

    pub(super) fn stored_bytes(&self) -> u64 {
        self.stored_bytes
    }

    /// Document heads that moved.
    pub(super) fn documents(&self) -> impl Iterator<Item = &DocumentHead> {
        self.documents.values().filter(|(_, moved)| *moved).map(|(head, _)| head)
    }

    /// Stream tails that moved.
    pub(super) fn streams(&self) -> impl Iterator<Item = (&StreamKey, &StreamTail)> {
        self.streams
            .iter()
            .filter(|(_, (_, moved))| *moved)
            .filter_map(|(key, (tail, _))| tail.as_ref().map(|tail| (key, tail)))
    }
}
