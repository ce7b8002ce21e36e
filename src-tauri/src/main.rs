//! The desktop shell: one window with the embedded UI, one command into the client core, one event out of it.
//!
//! No product logic lives here. Commands only decode, hand over and encode; `bridge` is the only file that knows
//! the client core.

// Keeps a console window from opening beside the app on Windows.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod bridge;
mod commands;
mod dialog;
mod events;
mod options;
#[cfg(target_os = "linux")]
mod revive;
mod window;

use std::process::ExitCode;

use clap::Parser;
use tauri::{Manager, RunEvent};

use bridge::Core;
use options::Options;

fn main() -> ExitCode {
    let options = Options::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("GROUNDPLAN_LOG").unwrap_or_else(|_| "warn".into()),
        )
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr)
        .init();
    let built = tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![commands::call, commands::pick])
        .setup(move |app| {
            app.manage(Core::new(options.into_profile(), app.handle().clone()));
            window::open(app.handle())?;
            Ok(())
        })
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            app.run(|app, event| {
                if let RunEvent::Exit = event {
                    app.state::<Core>().leave();
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(error.message = %error, "the window cannot be opened: {error}");
            ExitCode::FAILURE
        }
    }
}
