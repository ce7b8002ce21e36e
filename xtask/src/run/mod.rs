//! `cargo xtask run`: from a fresh checkout to the open app, with one command.
//!
//! Which programs exist and what their flags are called is in `programs`; the headless check is in `check`.

mod check;
mod programs;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use crate::arguments::RunOptions;
use crate::failure::{Context, Failure, Outcome};
use crate::{paths, say, setup, ui};
use programs::Programs;

/// Where the server listens if nothing else does.
const DEFAULT_PORT: u16 = 7420;

/// Builds everything and launches it; false if the headless check found a fault.
pub fn run(options: &RunOptions) -> Outcome<bool> {
    let window = !options.check && !options.browser && has_display();
    setup::for_run(window)?;
    ui::build()?;
    let programs = Programs::build(window, options.release)?;
    if options.check {
        return check::run(&programs, options.data_dir.as_deref());
    }
    launch(&programs, options, window).map(|()| true)
}

fn launch(programs: &Programs, options: &RunOptions, window: bool) -> Outcome<()> {
    let address = free_address(DEFAULT_PORT)?;
    let data_dir = |part: &str| options.data_dir.as_ref().map(|folder| folder.join(part));
    let server = programs.serve(address, &data_dir("server").unwrap_or_else(paths::server_data))?;
    say::step(&format!("Server: http://{address} (optional: the app works without one)"));
    let mut app = if window {
        say::step("Opening the desktop window; Ctrl-C or closing it ends everything");
        programs.desktop(data_dir("app").as_deref())?
    } else {
        say::step(
            "Starting the app for the browser; open the address that it prints, Ctrl-C ends everything",
        );
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
