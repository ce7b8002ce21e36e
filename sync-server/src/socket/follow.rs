//! What flows to a socket: for each workspace that it follows, the log, then the feed, then what happens.
//!
//! Frames with items cost credit, which the client grants as it takes them in: a slow client makes its feeds wait here,
//! and nothing of it piles up in memory.

use std::{collections::HashMap, sync::Arc};

use axum::body::Bytes;
use groundplan_shared::{
    auth::Clearance,
    wire::{
        Hash, ProblemCode, ServerFrame, WorkspaceId,
        cbor::Blob,
        frames::{Feed, LogDelta, PresenceFrom, Pull, PullResult, Subscribe},
    },
};
use tokio::{
    sync::{Semaphore, broadcast, mpsc},
    task::JoinHandle,
};

use super::session::{Disconnected, problem};
use crate::{
    app::App,
    caller::Session,
    metrics::Held,
    problem::Refusal,
    store::{FeedFrom, PageLimit},
    sync::{
        Standing,
        live::{Event, Room, item},
        log,
    },
};

/// Credit that a client may hold.
const CREDIT: usize = 100_000;
/// Pulls of one socket at once.
const PULLS: usize = 8;
const PAGE: PageLimit = PageLimit { rows: 1024, bytes: 512 * 1024 };

/// Something for the client.
pub(super) enum Outgoing {
    /// An encoded frame.
    Frame(Bytes),
    /// Are you there?
    Ping,
    /// The end, with code and reason.
    Close(u16, &'static str),
}

/// Everything that a socket follows.
pub(super) struct Following {
    app: App,
    caller: Session,
    out: mpsc::Sender<Outgoing>,
    credit: Arc<Semaphore>,
    pulls: Arc<Semaphore>,
    feeds: HashMap<WorkspaceId, (Arc<Room>, Task)>,
}

/// A task that ends with its handle.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Following {
    pub(super) fn new(app: App, caller: Session, out: mpsc::Sender<Outgoing>) -> Self {
        Self {
            app,
            caller,
            out,
            credit: Arc::new(Semaphore::new(0)),
            pulls: Arc::new(Semaphore::new(PULLS)),
            feeds: HashMap::new(),
        }
    }

    /// Grants frames with items.
    pub(super) fn grant(&self, count: u32) -> Result<(), Refusal> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if self.credit.available_permits().saturating_add(count) > CREDIT {
            let detail =
                format!("more credit was granted than {CREDIT} frames; grant as frames are taken in");
            return Err(Refusal::new(ProblemCode::ProtocolViolation, detail));
        }
        self.credit.add_permits(count);
        Ok(())
    }

    /// Begins to follow a workspace; one that was followed is followed anew from the given place.
    pub(super) async fn begin(&mut self, request: Subscribe) -> Result<(), Refusal> {
        let id = request.workspace;
        self.feeds.remove(&id);
        let most = usize::try_from(self.app.config.limits.subscriptions_per_socket).unwrap_or(usize::MAX);
        if self.feeds.len() >= most {
            let detail =
                format!("this connection follows {most} workspaces, which is the most; end one first");
            return Err(Refusal::new(ProblemCode::QuotaExceeded, detail));
        }
        let (row, state) = self.app.memberships.at_head(&*self.app.store, id).await?;
        let standing = Standing::of(&state, &self.caller);
        if matches!(standing, Standing::Stranger | Standing::Unproven) {
            return Err(standing.refusal());
        }
        let until = match standing {
            Standing::ShutOut(index) => Some(index),
            _ => None,
        };
        let there = request.log_index.map_or(Some(Hash::ZERO), |index| state.hash_at(index));
        if there != Some(request.log_head) || request.ws_seq > row.last_ws_seq {
            let detail = "this server has another membership log, or less of the feed, than this device has seen; \
                 keep working, and compare with the other members before pushing";
            return Err(Refusal::new(ProblemCode::LogUnknown, detail));
        }
        self.grant(request.credit)?;
        // Listening begins before anything is read: what is committed meanwhile is heard.
        let (room, events) = self.app.live.enter(id).await?;
        let feed = Feeding {
            app: self.app.clone(),
            id,
            caller: self.caller,
            out: self.out.clone(),
            credit: Arc::clone(&self.credit),
            next_log: request.log_index.map_or(0, |index| index + 1),
            last_seq: request.ws_seq,
            standing,
            until,
            _counted: self.app.metrics.subscriptions.hold(),
        };
        let task = Task(tokio::spawn(feed.run(events)));
        self.feeds.insert(id, (room, task));
        Ok(())
    }

    /// Ends a subscription.
    pub(super) fn end(&mut self, id: WorkspaceId) {
        self.feeds.remove(&id);
    }

    /// Passes presence on, where the device is present itself.
    pub(super) fn tell(&self, id: WorkspaceId, sealed: Vec<u8>) {
        if let Some((room, task)) = self.feeds.get(&id)
            && !task.0.is_finished()
        {
            room.tell(Event::Presence(self.caller.device, sealed));
        }
    }

    /// Answers a pull beside the conversation, since it may have to wait for credit.
    pub(super) fn pull(&self, request: Pull) -> Result<(), Refusal> {
        let Ok(place) = Arc::clone(&self.pulls).try_acquire_owned() else {
            return Err(Refusal::rate_limited(100));
        };
        let (app, caller, out, credit) =
            (self.app.clone(), self.caller, self.out.clone(), Arc::clone(&self.credit));
        tokio::spawn(async move {
            let frame = match pull(&app, caller, &request).await {
                Ok(result) => {
                    let Ok(permit) = credit.acquire().await else { return };
                    permit.forget();
                    ServerFrame::PullResult(result)
                }
                Err(refusal) => problem(refusal, false, Some(request.request), Some(request.workspace)),
            };
            // The client may have gone meanwhile.
            let _ = out.send(Outgoing::Frame(frame.encode().into())).await;
            drop(place);
        });
        Ok(())
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        // Pulls that wait for credit end.
        self.credit.close();
    }
}

async fn pull(app: &App, caller: Session, request: &Pull) -> Result<PullResult, Refusal> {
    let (_, state) = app.memberships.at_head(&*app.store, request.workspace).await?;
    let standing = Standing::of(&state, &caller);
    if !matches!(standing, Standing::Active(_)) {
        return Err(standing.refusal());
    }
    let from = FeedFrom {
        workspace: request.workspace,
        after: request.after_doc_seq,
        clearance: standing.clearance(),
    };
    let rows = usize::try_from(request.limit).unwrap_or(PAGE.rows).clamp(1, PAGE.rows);
    let page = app.store.document_tail(from, request.document, PageLimit { rows, ..PAGE }).await?;
    let items = page.envelopes.into_iter().map(item).collect();
    Ok(PullResult { request: request.request, items, more: page.more })
}

/// Why a feed ends.
enum Over {
    Disconnected,
    Refused(Refusal),
}

impl From<Disconnected> for Over {
    fn from(_: Disconnected) -> Self {
        Self::Disconnected
    }
}

impl From<Refusal> for Over {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// One workspace on its way to one socket.
struct Feeding {
    app: App,
    id: WorkspaceId,
    caller: Session,
    out: mpsc::Sender<Outgoing>,
    credit: Arc<Semaphore>,
    next_log: u64,
    last_seq: u64,
    standing: Standing,
    /// Index of the last entry that a device that was shut out gets to see.
    until: Option<u64>,
    _counted: Held,
}

impl Feeding {
    async fn run(mut self, events: broadcast::Receiver<Arc<Event>>) {
        if let Err(Over::Refused(refusal)) = self.flow(events).await {
            self.app.metrics.refuse(refusal.code);
            let frame = problem(refusal, false, None, Some(self.id));
            // The client may have gone meanwhile.
            let _ = self.out.send(Outgoing::Frame(frame.encode().into())).await;
        }
    }

    async fn flow(&mut self, mut events: broadcast::Receiver<Arc<Event>>) -> Result<(), Over> {
        self.catch_up(true).await?;
        loop {
            match events.recv().await {
                Ok(event) => self.tell(&event).await?,
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    self.app.metrics.lagged.add(1);
                    self.catch_up(false).await?;
                }
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            }
        }
    }

    /// Reads on from the store: log first, then feed. The first time, both heads are told even if nothing is new.
    async fn catch_up(&mut self, first: bool) -> Result<(), Over> {
        let mut tell_log = first;
        loop {
            let mut page = log::read(&self.app, self.id, self.next_log).await?;
            if let Some(until) = self.until {
                let left = (until + 1).saturating_sub(self.next_log);
                page.entries.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                page.head.index = page.head.index.min(until);
            }
            if page.entries.is_empty() && !tell_log {
                break;
            }
            tell_log = false;
            self.next_log = page.next_index();
            let more = page.has_more();
            let (first_index, entries) = (page.first_index, page.entries);
            self.item(ServerFrame::LogDelta(LogDelta { workspace: self.id, first_index, entries, more }))
                .await?;
            if !more {
                break;
            }
        }
        self.look_at_standing().await?;
        let mut tell_feed = first;
        loop {
            let clearance = self.standing.clearance();
            let head_ws_seq = self.app.store.workspace(self.id).await.map_err(Refusal::from)?.last_ws_seq;
            let from = FeedFrom { workspace: self.id, after: self.last_seq, clearance };
            let page = self.app.store.feed(from, PAGE).await.map_err(Refusal::from)?;
            let last = page.envelopes.last().map(|envelope| envelope.ws_seq);
            if last.is_none() && !tell_feed {
                return Ok(());
            }
            tell_feed = false;
            let more = page.more;
            // What lies between the last item and the head is not for this reader.
            let seen =
                if more { last.unwrap_or(self.last_seq) } else { last.unwrap_or_default().max(head_ws_seq) };
            self.last_seq = self.last_seq.max(seen);
            let items = page.envelopes.into_iter().map(item).collect();
            let head_ws_seq = head_ws_seq.max(self.last_seq);
            self.item(ServerFrame::Feed(Feed { workspace: self.id, items, more, head_ws_seq })).await?;
            if !more {
                return Ok(());
            }
        }
    }

    async fn tell(&mut self, event: &Event) -> Result<(), Over> {
        match event {
            Event::Log(rows) => {
                let fresh: Vec<_> = rows.iter().filter(|row| row.index >= self.next_log).collect();
                let Some(first) = fresh.first() else { return Ok(()) };
                if first.index > self.next_log {
                    return self.catch_up(false).await;
                }
                let (first_index, count) = (self.next_log, fresh.len() as u64);
                let entries = fresh.into_iter().map(|row| Blob(row.entry.clone())).collect();
                self.next_log = first_index + count;
                let delta = LogDelta { workspace: self.id, first_index, entries, more: false };
                self.item(ServerFrame::LogDelta(delta)).await?;
                self.look_at_standing().await
            }
            Event::Stored(batch) => {
                let clearance = self.standing.clearance();
                if batch.last() <= self.last_seq || clearance == Clearance::NONE {
                    return Ok(());
                }
                let frame = batch.frame(self.last_seq, clearance);
                self.last_seq = batch.last();
                match frame {
                    Some(frame) => Ok(self.spend(frame).await?),
                    None => Ok(()),
                }
            }
            Event::Presence(device, sealed) => {
                if *device != self.caller.device && matches!(self.standing, Standing::Active(_)) {
                    let presence =
                        PresenceFrom { workspace: self.id, device: *device, sealed: Blob(sealed.clone()) };
                    let frame = ServerFrame::Presence(presence).encode().into();
                    // Presence is worth nothing later: a client that is busy misses it.
                    let _ = self.out.try_send(Outgoing::Frame(frame));
                }
                Ok(())
            }
        }
    }

    /// Looks again what the device may see, since the log has changed; one that was shut out hears that it was.
    async fn look_at_standing(&mut self) -> Result<(), Over> {
        let found = self.app.memberships.at_head(&*self.app.store, self.id).await;
        let (_, state) = found.map_err(Refusal::from)?;
        self.standing = match Standing::of(&state, &self.caller) {
            Standing::ShutOut(_) | Standing::Stranger => return Err(Refusal::shut_out().into()),
            Standing::Unproven => return Err(Standing::Unproven.refusal().into()),
            standing => standing,
        };
        Ok(())
    }

    async fn item(&self, frame: ServerFrame) -> Result<(), Disconnected> {
        self.spend(frame.encode().into()).await
    }

    /// Sends a frame with items, which costs one credit.
    async fn spend(&self, frame: Bytes) -> Result<(), Disconnected> {
        self.credit.acquire().await.map_err(|_| Disconnected)?.forget();
        self.out.send(Outgoing::Frame(frame)).await.map_err(|_| Disconnected)
    }
}
