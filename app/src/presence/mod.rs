//! Who is where at this moment.
//!
//! Lives here: what is told to others and what is believed of them, without I/O or clock (`room`), and what ties it to
//! a connection (`link`). Nothing is stored, here or on the server. Only whoever tells where they are sees others: an
//! interface that is open renews its place, and a program without one tells nothing.
//! Not here: sealing and signing (`groundplan_shared::crypto::safe::presence`).

mod link;
mod room;

pub(crate) use link::Link;
pub(crate) use room::Spot;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use groundplan_shared::model::WorkspaceId;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::env;
use room::Room;

/// How long whoever leaves waits at most for a connection to tell that.
const LEAVING: Duration = Duration::from_millis(500);

/// Everybody who is there, as far as this program knows.
#[derive(Default)]
pub(crate) struct Presence {
    room: Mutex<Option<(WorkspaceId, Room)>>,
    /// Wakes the connection when there is something to tell.
    stirred: Notify,
    /// Wakes whoever leaves when that is on its way.
    told: Notify,
    began: std::sync::OnceLock<Instant>,
}

impl std::fmt::Debug for Presence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Presence").finish_non_exhaustive()
    }
}

impl Presence {
    fn lock(&self) -> MutexGuard<'_, Option<(WorkspaceId, Room)>> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Milliseconds of this program's own monotonic clock.
    fn now(&self) -> u64 {
        let began = *self.began.get_or_init(Instant::now);
        u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Does something with the room of a workspace; another workspace's is left, and a new session begins.
    fn with<T>(&self, workspace: WorkspaceId, f: impl FnOnce(&mut Room, u64) -> T) -> T {
        let now = self.now();
        let mut held = self.lock();
        match &mut *held {
            Some((at, room)) if *at == workspace => f(room, now),
            other => {
                let (_, room) = other.insert((workspace, Room::new(env::random(), now)));
                f(room, now)
            }
        }
    }

    /// Says where the person of this device is; `None`: nowhere any more.
    pub(crate) fn set(&self, workspace: WorkspaceId, spot: Option<Spot>) {
        self.with(workspace, |room, now| room.set(spot, now));
        self.stirred.notify_one();
    }

    /// Says that the person of this device is nowhere any more, and waits a moment until that is on its way. Dropped earlier,
    /// others learn it a little later.
    pub(crate) async fn leave(&self, workspace: WorkspaceId) {
        let told = self.told.notified();
        tokio::pin!(told);
        told.as_mut().enable();
        let shown = self.with(workspace, |room, _| room.is_told());
        self.set(workspace, None);
        if shown {
            // Without a connection there is nobody to tell.
            let _ = tokio::time::timeout(LEAVING, told).await;
        }
    }

    /// Notes that what was due has been sent.
    fn sent(&self) {
        self.told.notify_waiters();
    }

    /// Lists who is there: device, and where.
    pub(crate) fn list(
        &self,
        workspace: WorkspaceId,
    ) -> Vec<(groundplan_shared::wire::DeviceId, Option<groundplan_shared::crypto::safe::presence::Place>)>
    {
        self.with(workspace, |room, now| room.list(now))
    }

    /// Time until something is due, at most `longest`.
    fn wait(&self, workspace: WorkspaceId, longest: Duration) -> Duration {
        let due = self.with(workspace, |room, now| room.due(now).map(|due| due.saturating_sub(now)));
        due.map_or(longest, |ms| Duration::from_millis(ms).min(longest))
    }
}
