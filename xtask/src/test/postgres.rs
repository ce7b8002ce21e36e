//! A private PostgreSQL cluster for one test run: fresh, on a free loopback port, gone afterwards.
//!
//! It trades durability for speed (`fsync=off`): tests that kill the database start their own.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Context, Failure, Outcome};
use crate::setup::{apt, needs};
use crate::{process, say};

/// A running cluster.
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    as_user: Option<&'static str>,
}

impl Cluster {
    /// Initialises and starts a cluster.
    pub fn start() -> Outcome<Self> {
        let programs = needs::postgres_programs().ok_or_else(|| {
            Failure::new(
                "the PostgreSQL server programs cannot be found; set GROUNDPLAN_PG_BIN_DIR to their folder",
            )
        })?;
        // PostgreSQL refuses to run as root; Debian's package brings the user it runs as.
        let as_user = apt::is_root().then_some("postgres");
        let folder = std::env::temp_dir().join(format!("groundplan-postgres-{}", std::process::id()));
        fs::create_dir_all(&folder).context(folder.display())?;
        if let Some(user) = as_user {
            process::run(Command::new("chown").arg(user).arg(&folder))?;
        }
        let port = free_port()?;
        let cluster = Self { programs, folder, port, as_user };
        cluster.initialise()?;
        Ok(cluster)
    }

    fn initialise(&self) -> Outcome<()> {
        let data = self.folder.join("data");
        let mut initdb = self.program("initdb");
        initdb.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        quietly(initdb.arg("--pgdata").arg(&data))?;
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories={} -c fsync=off \
             -c synchronous_commit=off -c full_page_writes=off -c max_connections=200",
            self.port,
            self.folder.display()
        );
        let mut start = self.program("pg_ctl");
        start.args(["start", "--wait", "--silent", "--pgdata"]).arg(&data);
        quietly(start.arg("--log").arg(self.folder.join("log")).args(["--options", &options]))?;
        say::note(&format!("PostgreSQL from {} on port {}", self.programs.display(), self.port));
        Ok(())
    }

    /// Where to connect, as the superuser.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = match self.as_user {
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.args([&format!("--reuid={user}"), &format!("--regid={user}"), "--init-groups", "--"]);
                command.arg(program);
                command
            }
            None => Command::new(program),
        };
        // The checkout may lie where the other user may not look.
        command.current_dir(&self.folder);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = self.program("pg_ctl");
        stop.args(["stop", "--mode=immediate", "--silent", "--pgdata"]).arg(self.folder.join("data"));
        if let Err(problem) = quietly(&mut stop) {
            say::problem(&problem.to_string());
        }
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            say::problem(&format!("could not remove {}: {error}", self.folder.display()));
        }
    }
}

/// Runs a command that only speaks when it fails. Its output goes to a file, because a server started by
/// `pg_ctl` would keep a pipe open for ever.
fn quietly(command: &mut Command) -> Outcome<()> {
    let folder = command.get_current_dir().map_or_else(std::env::temp_dir, Path::to_path_buf);
    let path = folder.join("output");
    let file = fs::File::create(&path).context(path.display())?;
    let errors = file.try_clone().context(path.display())?;
    let outcome = process::run(command.stdout(file).stderr(errors));
    outcome.map_err(|problem| {
        Failure::new(format!("{problem}: {}", fs::read_to_string(&path).unwrap_or_default().trim()))
    })
}

fn free_port() -> Outcome<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr().context("no free port on 127.0.0.1")?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_starts_answers_and_leaves_nothing() {
        let cluster = Cluster::start().unwrap();
        let folder = cluster.folder.clone();
        assert!(std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, cluster.port)).is_ok());
        drop(cluster);
        assert!(!folder.exists());
    }
}
