//! A person's device: a fresh profile folder, the command line, and the local agent as a long-lived process.

use std::io::Read;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::Process;
use crate::{http, programs};

/// A device with its own profile.
pub struct Device {
    /// How the story calls it.
    pub name: String,
    folder: Arc<TempDir>,
    agent: Option<Agent>,
}

struct Agent {
    process: Process,
    address: String,
    cookie: String,
}

/// What a command of the command line did.
#[derive(Debug)]
pub struct Said {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Why a call did not answer with a value.
#[derive(Debug)]
pub enum CallError {
    /// The agent answered with an error: HTTP status and `ApiError`.
    Refused(u16, Value),
    /// The connection broke: nothing is known about the call.
    Broken(std::io::Error),
}

impl Device {
    /// Makes a device with an empty profile and no process.
    pub fn new(name: &str) -> Self {
        let folder = Arc::new(TempDir::new().expect("a folder for a device"));
        Self { name: name.to_owned(), folder, agent: None }
    }

    /// Returns the same device for another process of its person: the same profile, no agent.
    pub fn sibling(&self) -> Self {
        Self { name: self.name.clone(), folder: Arc::clone(&self.folder), agent: None }
    }

    /// Makes a device and starts its agent.
    pub fn with_agent(name: &str) -> Self {
        let mut device = Self::new(name);
        device.start();
        device.ask("settings/set", json!({ "device_name": name }));
        device
    }

    /// Returns the folder of the profile.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self) -> Command {
        let mut command = programs::groundplan();
        command.arg("--data-dir").arg(self.folder.path().join("profile"));
        // What a machine remembers beside the profile: one machine a device.
        command.env("XDG_STATE_HOME", self.folder.path().join("machine"));
        command
    }

    /// Returns a command of the command line that is not started yet.
    pub fn prepared(&self, words: &[&str]) -> Command {
        let mut command = self.command();
        command.args(words);
        command
    }

    /// Runs a command of the command line to its end.
    ///
    /// # Panics
    /// If the program does not start.
    pub fn cli(&self, words: &[&str]) -> Said {
        self.cli_with(words, |_| {})
    }

    /// Like [`Device::cli`], with a last change to how it is started.
    ///
    /// # Panics
    /// If the program does not start.
    pub fn cli_with(&self, words: &[&str], prepare: impl FnOnce(&mut Command)) -> Said {
        let mut command = self.command();
        command.args(words).stdin(std::process::Stdio::null());
        prepare(&mut command);
        said(&mut command)
    }

    /// Runs a command that must succeed, and returns what it printed.
    ///
    /// # Panics
    /// If it fails.
    pub fn done(&self, words: &[&str]) -> String {
        let said = self.cli(words);
        assert_eq!(said.code, 0, "{}: groundplan {words:?}\n{}{}", self.name, said.out, said.err);
        said.out
    }

    /// Starts a command of the command line and lets it run.
    pub fn background(&self, words: &[&str]) -> Process {
        self.background_with(words, |_| {})
    }

    /// Like [`Device::background`], with a last change to how it is started.
    pub fn background_with(&self, words: &[&str], prepare: impl FnOnce(&mut Command)) -> Process {
        let mut command = self.command();
        prepare(command.args(words));
        Process::start(&mut command, &self.folder.path().join("background.log"))
    }

    /// Starts the agent and opens a session with its one-time link.
    ///
    /// # Panics
    /// If it does not come up.
    pub fn start(&mut self) {
        self.start_with(|_| {});
    }

    /// Like [`Device::start`], with a last change to how the agent is started.
    ///
    /// # Panics
    /// If it does not come up.
    pub fn start_with(&mut self, prepare: impl FnOnce(&mut Command)) {
        self.agent = None;
        let log = self.folder.path().join("agent.log");
        let mut command = self.command();
        prepare(command.env("GROUNDPLAN_LOG", "info").arg("agent"));
        let process = Process::start(&mut command, &log);
        let link =
            process.wait_for("the link of the agent", |line| line.strip_prefix("http://").map(str::to_owned));
        let (address, path) = link.split_once('/').expect("a link has a path");
        let opened = http::request(address, "GET", &format!("/{path}"), &[], b"").expect("the link opens");
        let cookie = opened.header("set-cookie").and_then(|cookie| cookie.split(';').next());
        let cookie = cookie.expect("a session").to_owned();
        self.agent = Some(Agent { process, address: address.to_owned(), cookie });
    }

    /// Kills the agent with `SIGKILL`.
    pub fn kill(&mut self) {
        if let Some(agent) = &mut self.agent {
            agent.process.kill();
        }
        self.agent = None;
    }

    /// Returns the agent's process.
    ///
    /// # Panics
    /// If no agent runs.
    pub fn process(&self) -> &Process {
        &self.agent.as_ref().expect("an agent runs").process
    }

    /// Takes the agent's process out of the device, to be killed by somebody else while calls go on.
    ///
    /// # Panics
    /// If no agent runs.
    pub fn lend_process(&mut self) -> (Process, Caller) {
        let agent = self.agent.take().expect("an agent runs");
        (agent.process, Caller { address: agent.address, cookie: agent.cookie })
    }

    /// Returns what a thread needs to call the agent.
    ///
    /// # Panics
    /// If no agent runs.
    pub fn caller(&self) -> Caller {
        let agent = self.agent.as_ref().unwrap_or_else(|| panic!("{} runs no agent", self.name));
        Caller { address: agent.address.clone(), cookie: agent.cookie.clone() }
    }

    /// Calls a command of the table.
    ///
    /// # Errors
    /// Those of the command, or that the agent went away.
    pub fn call(&self, method: &str, params: Value) -> Result<Value, CallError> {
        self.caller().call(method, params)
    }

    /// Calls a command that must succeed.
    ///
    /// # Panics
    /// If it fails.
    pub fn ask(&self, method: &str, params: Value) -> Value {
        self.call(method, params).unwrap_or_else(|error| panic!("{}: {method}: {error:?}", self.name))
    }

    /// Listens to events as an open page does, for as long as what it returns lives: with the last page of an agent its
    /// person is gone.
    #[must_use = "the page is closed when it is dropped"]
    pub fn page(&self) -> TcpStream {
        let caller = self.caller();
        let headers = [("cookie", caller.cookie.as_str())];
        let mut stream =
            http::send(&caller.address, "GET", "/api/events", &headers, b"").expect("the agent takes a page");
        // The head: from here on the agent knows of the page.
        stream.read_exact(&mut [0; 12]).expect("the agent answers");
        stream
    }

    /// Waits until the agent tells an event, or the time is over.
    pub fn wait_for_event(&self, longest: Duration) {
        let caller = self.caller();
        let headers = [("cookie", caller.cookie.as_str())];
        let Ok(mut stream) = http::send(&caller.address, "GET", "/api/events", &headers, b"") else { return };
        let mut piece = [0; 512];
        if stream.set_read_timeout(Some(longest)).is_ok() {
            // First the head, then an event. Waiting too short costs a turn of the caller's loop, no more.
            let _ = stream.read(&mut piece).and_then(|_| stream.read(&mut piece));
        }
    }
}

/// Calls the agent of a device from any thread.
#[derive(Debug, Clone)]
pub struct Caller {
    address: String,
    cookie: String,
}

impl Caller {
    /// Calls a command of the table.
    ///
    /// # Errors
    /// Those of the command, or that the agent went away.
    pub fn call(&self, method: &str, params: Value) -> Result<Value, CallError> {
        let body = json!({ "method": method, "params": params }).to_string();
        let headers =
            [("cookie", self.cookie.as_str()), ("x-groundplan", "1"), ("content-type", "application/json")];
        let answer = http::request(&self.address, "POST", "/api/call", &headers, body.as_bytes())
            .map_err(CallError::Broken)?;
        let value = serde_json::from_slice(&answer.body).map_err(|error| {
            CallError::Broken(std::io::Error::new(std::io::ErrorKind::InvalidData, error))
        })?;
        if answer.status == 200 { Ok(value) } else { Err(CallError::Refused(answer.status, value)) }
    }
}

/// Runs a command to its end.
///
/// # Panics
/// If it does not start.
pub fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
