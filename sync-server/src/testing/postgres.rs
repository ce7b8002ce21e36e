//! One private Postgres cluster for each test run, one fresh database for each test.
//!
//! Test runners may start a process for each test; all of one run share the cluster, which a watchdog stops and removes
//! when the runner has gone. A test that crashes its database has a cluster of its own. There is no fallback: without
//! Postgres the tests fail.

use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::process::parent_id,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// Makes an empty database and returns its address.
///
/// # Panics
/// If Postgres is not installed or does not start: a run without it proves nothing.
pub fn database() -> String {
    let folder = std::env::temp_dir().join(format!("groundplan-postgres-{}", parent_id()));
    fs::create_dir_all(&folder).expect("the folder for the test cluster can be made");
    let lock =
        fs::OpenOptions::new().create(true).append(true).open(folder.join("lock")).expect("a lock file");
    lock.lock().expect("the lock of the test cluster");
    let bin = binaries();
    if !folder.join("ready").exists() {
        start(&folder, &bin);
    }
    drop(lock);
    create(&folder, &bin)
}

/// A cluster of one test alone, which may be crashed. Stopped and removed when dropped.
pub struct Cluster {
    folder: PathBuf,
    bin: PathBuf,
}

impl Cluster {
    /// Starts one.
    ///
    /// # Panics
    /// If Postgres is not installed or does not start.
    #[must_use]
    pub fn start() -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("groundplan-cluster-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("the folder for the test cluster can be made");
        let bin = binaries();
        start(&folder, &bin);
        Self { folder, bin }
    }

    /// Makes an empty database and returns its address.
    ///
    /// # Panics
    /// If Postgres does not make it.
    #[must_use]
    pub fn database(&self) -> String {
        create(&self.folder, &self.bin)
    }

    /// Crashes it, as `pg_ctl restart -m immediate` does, and waits until it takes connections again.
    ///
    /// # Panics
    /// If it does not come back.
    pub fn crash(&self) {
        run(command(&self.bin, "pg_ctl")
            .args(["-m", "immediate", "-w", "-t", "60", "-D"])
            .arg(self.data())
            .args([
                "-l",
                &self.folder.join("log").display().to_string(),
                "-o",
                &options(&self.folder),
                "restart",
            ]));
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        run(command(&self.bin, "pg_ctl").args(["-m", "immediate", "-D"]).arg(self.data()).arg("stop"));
        // The watchdog removes what is left.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn create(folder: &Path, bin: &Path) -> String {
    let name = format!("t{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    run(Command::new(bin.join("createdb")).args(["-U", "postgres", "-h"]).arg(folder).arg(&name));
    format!("postgres:///{name}?user=postgres&host={}", folder.display())
}

/// A program of Postgres. It refuses to run as root: a root test drops to the user that its package made.
fn command(bin: &Path, program: &str) -> Command {
    if !is_root() {
        return Command::new(bin.join(program));
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(bin.join(program));
    command
}

fn options(folder: &Path) -> String {
    format!(
        "-c listen_addresses='' -c unix_socket_directories='{}' -c fsync=off -c max_connections=300 \
         -c full_page_writes=off",
        folder.display()
    )
}

/// Copies a database of [`database`] that nobody is connected to, and returns the copy's address.
///
/// # Panics
/// If somebody is connected.
pub fn copy(address: &str) -> String {
    let (path, parameters) = address.split_once('?').expect("an address made here");
    let name = path.trim_start_matches("postgres:///");
    let host = parameters.split_once("host=").expect("an address made here").1;
    let copied = format!("{name}_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let mut command = Command::new(binaries().join("createdb"));
    run(command.args(["-U", "postgres", "-h", host, "-T", name]).arg(&copied));
    format!("postgres:///{copied}?{parameters}")
}

fn start(folder: &Path, bin: &Path) {
    let data = folder.join("data");
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(folder));
    }
    run(command(bin, "initdb")
        .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync", "-D"])
        .arg(&data));
    run(command(bin, "pg_ctl").arg("-D").arg(&data).arg("-l").arg(folder.join("log")).args([
        "-w",
        "-t",
        "60",
        "-o",
        &options(folder),
        "start",
    ]));
    watch(folder, &data, bin);
    let mut ready = fs::File::create(folder.join("ready")).expect("a marker");
    ready.write_all(b"ready\n").expect("the marker can be written");
}

/// Leaves a process that stops and removes the cluster when the test runner has ended.
fn watch(folder: &Path, data: &Path, bin: &Path) {
    let prefix = if is_root() { "runuser -u postgres --" } else { "" };
    let script = format!(
        "while kill -0 {} 2>/dev/null; do sleep 1; done; {prefix} '{}' -D '{}' -m immediate stop; rm -rf '{}'",
        parent_id(),
        bin.join("pg_ctl").display(),
        data.display(),
        folder.display()
    );
    let status = Command::new("setsid")
        .args(["--fork", "sh", "-c", &script])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(
        matches!(&status, Ok(status) if status.success()),
        "no watchdog for the test cluster: {status:?}"
    );
}

fn binaries() -> PathBuf {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort();
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let mut candidates = versions.into_iter().rev().chain(on_path.unwrap_or_default());
    candidates.find(|folder| folder.join("initdb").exists()).expect(
        "PostgreSQL is not installed; install the package `postgresql`: these tests do not run without it",
    )
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("`id` tells the user");
    output.stdout.trim_ascii() == b"0"
}

fn run(command: &mut Command) {
    // Output goes to a file: a server left behind would hold a pipe open for ever.
    let path = std::env::temp_dir().join(format!("groundplan-postgres-{}.out", std::process::id()));
    let output = fs::File::create(&path).expect("a file for the output");
    let errors = output.try_clone().expect("a second handle");
    let status = command.stdin(Stdio::null()).stdout(output).stderr(errors).status();
    let mut text = String::new();
    if let Ok(mut file) = fs::File::open(&path) {
        // What cannot be read is missing from the message below and nowhere else.
        let _ = file.read_to_string(&mut text);
    }
    let _ = fs::remove_file(&path);
    assert!(matches!(&status, Ok(status) if status.success()), "{command:?}: {status:?}\n{text}");
}
