//! What a long-running program (window or agent) keeps an eye on: synchronisation of whatever workspace is open,
//! edits that another process made to the same store, workspaces that it made, and the workspace's name.
//!
//! Not here: one-shot commands of the command line, which synchronise when asked.

use std::sync::{Arc, Weak};
use std::time::Duration;

use groundplan_shared::api::Event;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::MissedTickBehavior;

use crate::ops;
use crate::runtime::App;

/// How soon an edit of another process is noticed. Looking costs one pragma.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl App {
    /// Starts synchronising and watching; ends when the profile is closed or the runtime ends. Call once, inside the
    /// runtime.
    pub fn keep_watch(self: &Arc<Self>) {
        self.start_sync();
        // Watching keeps nothing open.
        let (events, app) = (self.subscribe(), Arc::downgrade(self));
        tokio::spawn(async move { follow(events, &app).await });
        let app = Arc::downgrade(self);
        tokio::spawn(async move { look(&app).await });
    }
}

/// Follows the program's own events.
async fn follow(mut events: Receiver<Event>, app: &Weak<App>) {
    loop {
        let event = events.recv().await;
        let Some(app) = app.upgrade() else { return };
        match event {
            Ok(Event::Workspaces) | Err(RecvError::Lagged(_)) => app.start_sync(),
            Ok(Event::Changed { remote: true, .. }) => {
                let renamed = tokio::task::spawn_blocking(move || ops::workspace::refresh_name(&app)).await;
                if let Ok(Err(error)) = renamed {
                    tracing::warn!(error.code = ?error.code, "the workspace's name was not taken over");
                }
            }
            Ok(_) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

/// Looks whether another process wrote to the open workspace; while none is open, whether it made one.
async fn look(app: &Weak<App>) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut profile = None;
    loop {
        ticks.tick().await;
        let Some(app) = app.upgrade() else { return };
        let Some(open) = app.open_now() else {
            let looked = Arc::clone(&app);
            match tokio::task::spawn_blocking(move || looked.profile().version()).await {
                Ok(Ok(version)) => {
                    if profile.replace(version).is_some_and(|before| before != version) {
                        app.emit(Event::Workspaces);
                    }
                }
                Ok(Err(error)) => tracing::warn!(error = %error, "the profile could not be looked at"),
                Err(_) => return,
            }
            continue;
        };
        let looked = Arc::clone(&open);
        match tokio::task::spawn_blocking(move || looked.refresh()).await {
            Ok(Ok(true)) => {
                app.emit(Event::Changed { workspace: open.id(), documents: Vec::new(), remote: false });
                open.dirty().notify_one();
            }
            Ok(Ok(false)) => {}
            Ok(Err(error)) => tracing::warn!(error = %error, "the store could not be looked at"),
            Err(_) => return,
        }
    }
}
