//! `agent`: serves the interface to a browser on this machine.

use std::sync::Arc;

use groundplan_shared::api::{ApiError, ErrorCode};

use super::output::Output;
use super::{Arguments, Command, open};
use crate::agent::{Agent, AgentOptions};

pub(super) async fn run(arguments: &Arguments, output: &Output) -> Result<(), ApiError> {
    let Command::Agent { port, ui_dir } = &arguments.command else { return Ok(()) };
    let host = open::long_lived(arguments).await?;
    let options = AgentOptions { port: *port, ui_dir: ui_dir.clone() };
    let agent = Agent::bind(Arc::clone(&host), options).await.map_err(|error| {
        ApiError::new(
            ErrorCode::StoreBusy,
            format!("The agent cannot listen on 127.0.0.1:{port}: {error}."),
            "Choose another --port, or 0 for any free one.",
        )
    })?;
    if let Err(error) = host.app().await {
        output.note(&format!("{} The page says what to do.", error.message));
    }
    let printer = *output;
    agent.on_link(move |link| {
        printer.text(&format!("Open this link in a browser on this machine (it works once):\n{link}"))
    });
    agent.serve(shutdown()).await.map_err(|error| {
        ApiError::new(ErrorCode::StoreBusy, format!("The agent stopped: {error}."), "Start it again.")
    })
}

async fn shutdown() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
