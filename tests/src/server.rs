//! The real server as a process, on the embedded store or on Postgres, with wires that outlive it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use groundplan_server::testing::postgres;
use tempfile::TempDir;

use crate::device::{Said, said};
use crate::process::Process;
use crate::programs;
use crate::wire::Wire;

/// Where the server keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// SQLite in the data folder.
    Embedded,
    /// A fresh database of the test run's Postgres.
    Postgres,
}

/// What a server had when it was taken.
pub enum Backup {
    /// The files of the data folder.
    Files(TempDir),
    /// A Postgres database.
    Database(String),
}

fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder that can be read") {
        let entry = entry.expect("a folder that can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_files(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file that can be copied");
        }
    }
}

/// A server; killed when dropped.
pub struct Server {
    folder: TempDir,
    database: Option<String>,
    process: Arc<Mutex<Option<Process>>>,
    wires: Vec<Wire>,
    address: Option<SocketAddr>,
    settings: Vec<(&'static str, String)>,
}

impl Server {
    /// Starts a server with open registration.
    ///
    /// # Panics
    /// If it does not start, or Postgres is asked for and absent.
    pub fn start(store: Store) -> Self {
        Self::start_on((store == Store::Postgres).then(postgres::database))
    }

    /// Starts a server with open registration on a Postgres database, or on the embedded store.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_on(database: Option<String>) -> Self {
        let folder = TempDir::new().expect("a folder for the server");
        let (process, wires, settings) = (Arc::default(), Vec::new(), Vec::new());
        let mut server = Self { folder, database, process, wires, address: None, settings };
        server.restart();
        server
    }

    /// Starts it again with this environment variable, and ever after.
    ///
    /// # Panics
    /// If it does not start.
    pub fn restart_with(&mut self, name: &'static str, value: &str) {
        self.settings.retain(|(known, _)| *known != name);
        self.settings.push((name, value.to_owned()));
        self.restart();
    }

    /// Returns a new wire to the server.
    pub fn wire(&mut self) -> Wire {
        let wire = Wire::new();
        wire.lead_to(self.address);
        self.wires.push(wire.clone());
        wire
    }

    /// Returns the folder of the embedded store.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Returns the file that everything the server logged is in, at level debug.
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    /// Returns the address of the Postgres database.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// Starts it (again) and leads every wire to it.
    ///
    /// # Panics
    /// If it does not start.
    pub fn restart(&mut self) {
        assert!(self.restart_below(|command| command), "the server starts");
    }

    /// Starts it (again) by another command, made of its own, which may be its end before it is up; says whether it is up.
    ///
    /// # Panics
    /// If the command does not start.
    pub fn restart_below(&mut self, wrap: impl FnOnce(Command) -> Command) -> bool {
        self.kill();
        let mut command = programs::server();
        command.args(["serve", "--listen", "127.0.0.1:0", "--registration", "open", "--data-dir"]);
        command.arg(self.data());
        if let Some(database) = &self.database {
            command.args(["--database-url", database]);
        }
        // One name through every restart, although the port changes.
        command.env("GROUNDPLAN_SERVER_PUBLIC_URL", "http://127.0.0.1:1");
        command.env("GROUNDPLAN_SERVER_LOG_FILTER", "debug");
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        let process = Process::start(&mut wrap(command), &self.log());
        let address = process.look_for(|line| {
            line.strip_prefix("listening on http://").and_then(|text| text.parse::<SocketAddr>().ok())
        });
        *self.process() = Some(process);
        self.set_address(address.ok());
        address.is_ok()
    }

    /// Says whether it still runs.
    pub fn runs(&self) -> bool {
        self.process().as_mut().is_some_and(Process::runs)
    }

    /// Kills it with `SIGKILL` and cuts every wire.
    pub fn kill(&mut self) {
        *self.process() = None;
        self.set_address(None);
    }

    /// Takes a backup while it is stopped.
    ///
    /// # Panics
    /// If the disk or Postgres refuse.
    pub fn backup(&self) -> Backup {
        match &self.database {
            Some(database) => Backup::Database(postgres::copy(database)),
            None => {
                let folder = TempDir::new().expect("a folder for a backup");
                copy_files(&self.data(), folder.path());
                Backup::Files(folder)
            }
        }
    }

    /// Puts a backup back while it is stopped.
    ///
    /// # Panics
    /// If the disk or Postgres refuse.
    pub fn put_back(&mut self, backup: &Backup) {
        match backup {
            Backup::Database(database) => self.database = Some(postgres::copy(database)),
            Backup::Files(folder) => {
                std::fs::remove_dir_all(self.data()).expect("the data folder can be removed");
                copy_files(folder.path(), &self.data());
            }
        }
    }

    /// Runs a command of the server's program on its data.
    pub fn command(&self, word: &str) -> Said {
        let mut command = programs::server();
        command.arg(word).arg("--data-dir").arg(self.data());
        if let Some(database) = &self.database {
            command.args(["--database-url", database]);
        }
        said(&mut command)
    }

    /// Returns something that kills it from another thread. The wires stay as they are.
    pub fn killer(&self) -> impl FnOnce() + Send + 'static {
        let process = Arc::clone(&self.process);
        move || *process.lock().unwrap_or_else(PoisonError::into_inner) = None
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_address(&mut self, address: Option<SocketAddr>) {
        self.address = address;
        for wire in &self.wires {
            wire.lead_to(address);
        }
    }
}
