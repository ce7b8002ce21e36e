//! `cargo xtask run`: from a fresh checkout to the open app, with one command.
//!
//! Which programs exist and what their flags are called is in `programs`; the headless check is in `check`.

mod check;
mod programs;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Instant;

use crate::arguments::RunOptions;
use crate::failure::{Context, Failure, Outcome};
use crate::{paths, say, setup, ui};
use programs::Programs;

/// Where the server listens if nothing else does.
const DEFAULT_PORT: u16 = 7420;

/// Builds everything and launches it; false if the headless check found a fault.
pub fn run(options: &RunOptions) -> Outcome<bool> {
    let start = Instant::now();
    let window = !options.check && !options.browser && has_display();
    if !paths::target().exists() {
        say::step("The first build compiles everything: expect ten minutes or more. Later ones take seconds");
    }
    setup::for_run(window)?;
    ui::build()?;
    let programs = Programs::build(window, options.release)?;
    if options.check {
        return check::run(&programs, options.data_dir.as_deref());
    }
    say::note(&format!("everything is built ({} in all)", say::duration(start.elapsed())));
    launch(&programs, options, window).map(|()| true)
}

fn launch(programs: &Programs, options: &RunOptions, window: bool) -> Outcome<()> {
    let address = free_address(DEFAULT_PORT)?;
    let data_dir = |part: &str| options.data_dir.as_ref().map(|folder| folder.join(part));
    let server_data = data_dir("server").unwrap_or_else(paths::server_data);
    let server = programs.serve(address, &server_data)?;
    let app_data = data_dir("app").unwrap_or_else(paths::app_data);
    say::step(if window { "Running in a window" } else { "Running for a browser" });
    if !window && !options.browser {
        say::note("no display was found (neither DISPLAY nor WAYLAND_DISPLAY is set), so there is no window");
    }
    say::note(&format!("app      data in {}", app_data.display()));
    say::note(&format!("server   http://{address} (optional: the app works without it)"));
    say::note(&format!("         data in {}", server_data.display()));
    let closing = if window { "Ctrl-C, or close the window" } else { "Ctrl-C" };
    say::note(&format!("stop     {closing}; nothing is lost"));
    let mut app = if window {
        programs.desktop(data_dir("app").as_deref())?
    } else {
        programs.agent(data_dir("app").as_deref())?
    };
    let well = app.wait()?;
    drop(server);
    if well { Ok(()) } else { Err(Failure::new("the app ended with an error; its messages are above")) }
}

fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// The preferred port on loopback, or any free one if it is taken.
fn free_address(preferred: u16) -> Outcome<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, preferred))
        .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .context("no free port on 127.0.0.1")?;
    listener.local_addr().context("no free port on 127.0.0.1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_avoided() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let found = free_address(port).unwrap();
        assert!(found.ip().is_loopback());
        assert_ne!(found.port(), port);
    }
}
