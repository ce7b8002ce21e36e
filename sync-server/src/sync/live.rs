//! Telling those who listen: one dispatcher for each workspace that anybody follows, reading what was committed.
//!
//! A wake-up says only "look": what is told is read from the store in its order, so that nothing is told before it is
//! durable and nothing is skipped. A listener that falls behind reads on from the store by itself.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::body::Bytes;
use groundplan_shared::{
    auth::Clearance,
    wire::{
        AccountId, DeviceId, ServerFrame, WorkspaceId,
        cbor::Blob,
        frames::{Feed, FeedItem},
    },
};
use tokio::sync::{Notify, OnceCell, broadcast};

use crate::store::{Announcement, FeedFrom, LogRow, PageLimit, Store, StoreResult, StoredEnvelope};

/// Events that a listener may fall behind before it reads on from the store.
const BACKLOG: usize = 64;
const PAGE: PageLimit = PageLimit { rows: 256, bytes: 384 * 1024 };
const LOG_PAGE: usize = 64;
/// How long wake-ups for other replicas are gathered: Postgres stalls when notified at each commit.
const GATHER: Duration = Duration::from_millis(10);

/// What happened in a workspace.
pub enum Event {
    /// Entries were appended to its log.
    Log(Vec<LogRow>),
    /// Envelopes were stored.
    Stored(Box<StoredBatch>),
    /// A device sent a sealed presence message.
    Presence(DeviceId, Vec<u8>),
}

/// Envelopes in feed order, with their frames, which are encoded once for all listeners of equal clearance.
pub struct StoredBatch {
    workspace: WorkspaceId,
    envelopes: Vec<StoredEnvelope>,
    frames: [OnceLock<Option<Bytes>>; 16],
}

impl StoredBatch {
    fn new(workspace: WorkspaceId, envelopes: Vec<StoredEnvelope>) -> Self {
        Self { workspace, envelopes, frames: Default::default() }
    }

    /// The last position in it.
    pub fn last(&self) -> u64 {
        self.envelopes.last().map_or(0, |envelope| envelope.ws_seq)
    }

    /// The frame for a listener who has everything up to `after`; `None` if there is nothing in it for them.
    pub fn frame(&self, after: u64, clearance: Clearance) -> Option<Bytes> {
        let starts_after = self.envelopes.first().is_some_and(|envelope| envelope.ws_seq > after);
        match self.frames.get(usize::from(clearance.bits())) {
            Some(shared) if starts_after => shared.get_or_init(|| self.encode(after, clearance)).clone(),
            _ => self.encode(after, clearance),
        }
    }

    fn encode(&self, after: u64, clearance: Clearance) -> Option<Bytes> {
        let wanted =
            |envelope: &&StoredEnvelope| envelope.ws_seq > after && clearance.allows(envelope.compartment);
        let items: Vec<FeedItem> = self.envelopes.iter().filter(wanted).cloned().map(item).collect();
        if items.is_empty() {
            return None;
        }
        let frame = Feed { workspace: self.workspace, items, more: false, head_ws_seq: self.last() };
        Some(ServerFrame::Feed(frame).encode().into())
    }
}

/// An envelope as it travels.
pub fn item(stored: StoredEnvelope) -> FeedItem {
    FeedItem {
        ws_seq: stored.ws_seq,
        document: stored.document,
        doc_seq: stored.doc_seq,
        link: stored.link,
        log_index: stored.log_index,
        envelope: Blob(stored.bytes),
    }
}

/// A workspace that somebody follows.
pub struct Room {
    events: broadcast::Sender<Arc<Event>>,
    wake: Arc<Notify>,
    from: OnceCell<()>,
}

impl Room {
    /// Tells everybody present something that is not stored.
    pub fn tell(&self, event: Event) {
        // Nobody is there to hear it: fine.
        let _ = self.events.send(Arc::new(event));
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // Lets the dispatcher see that nobody listens any more.
        self.wake.notify_one();
    }
}

/// All rooms, and what ends sessions.
pub struct Live {
    store: Arc<dyn Store>,
    rooms: Mutex<HashMap<WorkspaceId, Weak<Room>>>,
    sessions: broadcast::Sender<AccountId>,
    outgoing: Mutex<HashSet<Announcement>>,
    gathered: Notify,
    has_replicas: AtomicBool,
}

impl Live {
    /// Begins, with the tasks that talk to other replicas where there can be any.
    ///
    /// # Errors
    /// What the store says.
    pub async fn start(store: Arc<dyn Store>) -> StoreResult<Arc<Self>> {
        let live = Arc::new(Self {
            store: Arc::clone(&store),
            rooms: Mutex::default(),
            sessions: broadcast::channel(256).0,
            outgoing: Mutex::default(),
            gathered: Notify::new(),
            has_replicas: false.into(),
        });
        if let Some(mut heard) = store.announcements().await? {
            live.has_replicas.store(true, Ordering::Relaxed);
            let weak = Arc::downgrade(&live);
            tokio::spawn(async move {
                while let Some(news) = heard.recv().await {
                    let Some(live) = weak.upgrade() else { return };
                    live.hear(news);
                }
            });
            tokio::spawn(speak(Arc::downgrade(&live)));
        }
        Ok(live)
    }

    fn hear(&self, news: Option<Announcement>) {
        match news {
            Some(Announcement::Workspace(id)) => self.wake_room(id),
            // Nobody is connected: nothing to end.
            Some(Announcement::Sessions(account)) => drop(self.sessions.send(account)),
            None => {
                let rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
                rooms.values().filter_map(Weak::upgrade).for_each(|room| room.wake.notify_one());
            }
        }
    }

    /// Tells that something was committed in a workspace.
    pub fn wake(&self, id: WorkspaceId) {
        self.wake_room(id);
        self.announce(Announcement::Workspace(id));
    }

    /// Tells that sessions of an account ended.
    pub fn end_sessions(&self, account: AccountId) {
        let _ = self.sessions.send(account);
        self.announce(Announcement::Sessions(account));
    }

    /// Accounts of which sessions ended.
    pub fn ended_sessions(&self) -> broadcast::Receiver<AccountId> {
        self.sessions.subscribe()
    }

    fn wake_room(&self, id: WorkspaceId) {
        let room = self.rooms.lock().unwrap_or_else(PoisonError::into_inner).get(&id).and_then(Weak::upgrade);
        if let Some(room) = room {
            room.wake.notify_one();
        }
    }

    fn announce(&self, announcement: Announcement) {
        if !self.has_replicas.load(Ordering::Relaxed) {
            return;
        }
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner).insert(announcement);
        self.gathered.notify_one();
    }

    /// Enters a room: events from now on. What is stored before the first event must be read from the store, after
    /// this returns.
    ///
    /// # Errors
    /// What the store says.
    pub async fn enter(
        self: &Arc<Self>,
        id: WorkspaceId,
    ) -> StoreResult<(Arc<Room>, broadcast::Receiver<Arc<Event>>)> {
        let room = self.room(id);
        let events = room.events.subscribe();
        room.from
            .get_or_try_init(async || {
                let row = self.store.workspace(id).await?;
                let (store, weak, wake) =
                    (Arc::clone(&self.store), Arc::downgrade(&room), Arc::clone(&room.wake));
                let dispatcher =
                    Dispatcher { store, id, room: weak, next_log: row.log_length, last_seq: row.last_ws_seq };
                tokio::spawn(dispatcher.run(wake));
                Ok(())
            })
            .await?;
        Ok((room, events))
    }

    fn room(&self, id: WorkspaceId) -> Arc<Room> {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = rooms.get(&id).and_then(Weak::upgrade) {
            return room;
        }
        if rooms.len() > 1024 && rooms.len().is_power_of_two() {
            rooms.retain(|_, room| room.strong_count() > 0);
        }
        let room = Arc::new(Room {
            events: broadcast::channel(BACKLOG).0,
            wake: Arc::default(),
            from: OnceCell::new(),
        });
        rooms.insert(id, Arc::downgrade(&room));
        room
    }
}

/// Sends gathered announcements until the server has gone.
async fn speak(live: Weak<Live>) {
    loop {
        let Some(strong) = live.upgrade() else { return };
        // Looks up now and then whether the server has gone.
        let waited = tokio::time::timeout(Duration::from_secs(5), strong.gathered.notified()).await;
        if waited.is_err() {
            continue;
        }
        tokio::time::sleep(GATHER).await;
        let taken = std::mem::take(&mut *strong.outgoing.lock().unwrap_or_else(PoisonError::into_inner));
        let list: Vec<_> = taken.into_iter().collect();
        if let Err(error) = strong.store.announce(&list).await {
            tracing::warn!(store.error = %error, "other replicas could not be woken; they look by themselves");
        }
    }
}

struct Dispatcher {
    store: Arc<dyn Store>,
    id: WorkspaceId,
    room: Weak<Room>,
    next_log: u64,
    last_seq: u64,
}

impl Dispatcher {
    async fn run(mut self, wake: Arc<Notify>) {
        loop {
            wake.notified().await;
            loop {
                let Some(room) = self.room.upgrade() else { return };
                match self.step(&room).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        tracing::warn!(store.error = %error, "the feed of a workspace could not be read; again soon");
                        drop(room);
                        tokio::time::sleep(Duration::from_millis(250)).await;
                    }
                }
            }
        }
    }

    /// Reads and tells one page; tells whether there may be more.
    async fn step(&mut self, room: &Room) -> StoreResult<bool> {
        let from = FeedFrom { workspace: self.id, after: self.last_seq, clearance: Clearance::ALL };
        let page = self.store.feed(from, PAGE).await?;
        // Entries are read after envelopes and told before them: an envelope never names an entry not yet told.
        loop {
            let rows = self.store.log_entries(self.id, self.next_log, LOG_PAGE).await?;
            let Some(last) = rows.last() else { break };
            self.next_log = last.index + 1;
            room.tell(Event::Log(rows));
        }
        if let Some(last) = page.envelopes.last() {
            self.last_seq = last.ws_seq;
            room.tell(Event::Stored(Box::new(StoredBatch::new(self.id, page.envelopes))));
        }
        Ok(page.more)
    }
}
