//! Presence on a connection: seals what is to be told, opens what arrives, and tells interfaces that it changed.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use groundplan_shared::api::{ApiError, Event};
use groundplan_shared::auth::Compartment;
use groundplan_shared::crypto::safe::{DeviceKeys, PresenceBond, open_presence, seal_presence, sealed_under};
use groundplan_shared::wire::Blob;
use groundplan_shared::wire::frames::{ClientFrame, Presence as PresenceFrame, PresenceFrom};
use ring::rand::SystemRandom;
use tokio::time::timeout;

use super::room::Tell;
use crate::core::Workspace;
use crate::identity::membership::{blocking, sync_failed};
use crate::runtime::App;
use crate::sync::workspace::wire_workspace;
use crate::sync::{Machine, run};

/// Longest time between two looks.
const LOOK: Duration = Duration::from_secs(20);

/// Ties the presence of a workspace to its connection.
pub(crate) struct Link {
    app: Weak<App>,
    workspace: Arc<Workspace>,
    machine: Arc<Mutex<Machine>>,
}

impl Link {
    pub(crate) fn new(app: Weak<App>, workspace: Arc<Workspace>, machine: Arc<Mutex<Machine>>) -> Self {
        Self { app, workspace, machine }
    }

    /// Waits until something may be due.
    pub(crate) async fn wait(&self) {
        let Some(app) = self.app.upgrade() else { return std::future::pending().await };
        let longest = app.net.presence.wait(self.workspace.id(), LOOK).max(Duration::from_millis(10));
        // Over or woken: both mean to look.
        let _ = timeout(longest, app.net.presence.stirred.notified()).await;
    }

    /// Says whether somebody looks at the workspace here, and nobody elsewhere.
    pub(crate) fn alone(&self) -> bool {
        let Some(app) = self.app.upgrade() else { return false };
        app.net.presence.with(self.workspace.id(), |room, now| room.is_alone(now))
    }

    /// Returns the frames to send now.
    pub(crate) async fn turn(&self) -> Vec<ClientFrame> {
        let Some(app) = self.app.upgrade() else { return Vec::new() };
        let workspace = self.workspace.id();
        let (tells, differs) =
            app.net.presence.with(workspace, |room, now| (room.turn(now), room.differs(now)));
        if differs {
            app.emit(Event::Presence { workspace });
        }
        if tells.is_empty() {
            return Vec::new();
        }
        let (machine, files, keys) =
            (Arc::clone(&self.machine), Arc::clone(&self.workspace), Arc::clone(app.device().keys()));
        let sealed = blocking(move || {
            let machine = machine.lock().unwrap_or_else(PoisonError::into_inner);
            seal(&machine, &files, &keys, &tells)
        });
        match sealed.await {
            Ok(frames) => frames,
            Err(error) => {
                tracing::debug!(error.code = ?error.code, "presence was not told");
                Vec::new()
            }
        }
    }

    /// Notes that the frames of a turn were sent.
    pub(crate) fn sent(&self) {
        if let Some(app) = self.app.upgrade() {
            app.net.presence.sent();
        }
    }

    /// Takes a message that the server passed on; what does not open is as if it had not come.
    pub(crate) async fn heard(&self, frame: PresenceFrom) {
        let Some(app) = self.app.upgrade() else { return };
        let workspace = self.workspace.id();
        if frame.workspace != wire_workspace(workspace)
            || !app.net.presence.with(workspace, |room, now| room.admits(now))
        {
            return;
        }
        let (machine, files, device) = (Arc::clone(&self.machine), Arc::clone(&self.workspace), frame.device);
        let opened = blocking(move || {
            let machine = machine.lock().unwrap_or_else(PoisonError::into_inner);
            let state = machine.log().state();
            run(&*files, |tx| {
                let Some((compartment, epoch)) = sealed_under(&frame.sealed) else { return Ok(None) };
                let Some(key) = tx.key(compartment, epoch)? else { return Ok(None) };
                Ok(open_presence(&frame.sealed, state, device, &key))
            })
            .map_err(sync_failed)
        });
        let Ok(Some(message)) = opened.await else { return };
        app.net.presence.with(workspace, |room, now| room.heard(device, message, now));
        app.net.presence.stirred.notify_one();
    }
}

fn seal(
    machine: &Machine,
    files: &Workspace,
    keys: &DeviceKeys,
    tells: &[Tell],
) -> Result<Vec<ClientFrame>, ApiError> {
    let state = machine.log().state();
    let workspace = state.workspace();
    let mut frames = Vec::new();
    for tell in tells {
        let number = tell.compartment.unwrap_or(Compartment::Public.number());
        let Some(compartment) = Compartment::ALL.into_iter().find(|one| one.number() == number) else {
            continue;
        };
        let epoch = state.chain(compartment).current();
        let Some(key) = run(files, |tx| tx.key(compartment, epoch)).map_err(sync_failed)? else { continue };
        let bond = PresenceBond { workspace, device: keys.id(), compartment, epoch };
        match seal_presence(&key, keys, &bond, &tell.message, &SystemRandom::new()) {
            Ok(sealed) => {
                frames.push(ClientFrame::Presence(PresenceFrame { workspace, sealed: Blob(sealed) }))
            }
            Err(error) => tracing::debug!(%error, "a presence message was not sealed"),
        }
    }
    Ok(frames)
}
