//! A program in the background whose output is read line by line, and which never outlives its test.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long a program may take to get ready on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running program; killed when dropped.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
}

impl Process {
    /// Starts a program whose log goes to the end of a file.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let log = File::options().create(true).append(true).open(log).expect("a log file");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let output = child.stdout.take().expect("standard output is piped");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // The test may have stopped listening; the pipe must be drained all the same.
                let _ = sender.send(line);
            }
        });
        Self { child, lines }
    }

    /// Waits for a line and returns what `pick` makes of it.
    ///
    /// # Panics
    /// If the program ends or says nothing such in time.
    pub fn wait_for<T>(&self, what: &str, pick: impl Fn(&str) -> Option<T>) -> T {
        self.look_for(pick).unwrap_or_else(|error| panic!("the program did not print {what}: {error}"))
    }

    /// Like [`Process::wait_for`] for a program that may end before it says anything such.
    ///
    /// # Errors
    /// It ended, or says nothing such in time.
    pub fn look_for<T>(&self, pick: impl Fn(&str) -> Option<T>) -> Result<T, RecvTimeoutError> {
        let until = Instant::now() + PATIENCE;
        loop {
            let line = self.lines.recv_timeout(until.saturating_duration_since(Instant::now()))?;
            if let Some(found) = pick(&line) {
                return Ok(found);
            }
        }
    }

    /// Says whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until it ends by itself; says whether it reported success.
    pub fn ended_well(&mut self) -> bool {
        self.child.wait().is_ok_and(|status| status.success())
    }

    /// Waits until it ends by itself, but not for longer than this.
    pub fn ends_within(&self, longest: Duration) {
        let until = Instant::now() + longest;
        // Its output is closed when it ends.
        while self.lines.recv_timeout(until.saturating_duration_since(Instant::now())).is_ok() {}
    }

    /// Stops it in its tracks, so that it does nothing until [`Process::resume`].
    ///
    /// # Panics
    /// If there is no such process.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    ///
    /// # Panics
    /// If there is no such process.
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").arg(signal).arg(self.child.id().to_string()).status();
        assert!(status.is_ok_and(|status| status.success()), "kill {signal} works");
    }

    /// Ends it at once, as `SIGKILL` does: nothing is flushed, nothing is said.
    pub fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
