//! Child processes: run to the end, capture, or keep in the background until dropped.
//!
//! No shell is involved; arguments are passed as they are.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Context, Failure, Outcome};
use crate::paths;

/// What a finished child wrote.
pub struct Output {
    /// Whether it exited with 0.
    pub success: bool,
    /// Standard output and standard error, interleaved by line as far as the pipes tell.
    pub text: String,
}

/// Starts a command in the root of the checkout.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(paths::root());
    command
}

/// A cargo command that keeps its output in the cache. `CARGO` is the cargo that runs `xtask`.
pub fn cargo(verb: &str) -> Command {
    let mut command = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.arg(verb).env("CARGO_TARGET_DIR", paths::target());
    // `cargo run` sets these for xtask alone; inherited, they make build scripts believe to be elsewhere.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME", "CARGO_PKG_VERSION"] {
        command.env_remove(name);
    }
    command
}

/// Runs a command on the terminal and fails unless it exits with 0.
pub fn run(command: &mut Command) -> Outcome<()> {
    let name = describe(command);
    let status = command.status().context(format!("could not start `{name}`"))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("`{name}` failed ({status})"))) }
}

/// Runs a command quietly; true if it could be started and exited with 0.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a command quietly and returns its trimmed standard output, or nothing if it failed.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a command, shows what it prints while it runs, and returns it as well.
pub fn tee(command: &mut Command) -> Outcome<Output> {
    let name = describe(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context(format!("could not start `{name}`"))?;
    let errors = child.stderr.take().map(|pipe| thread::spawn(move || show(pipe)));
    let mut text = child.stdout.take().map(show).unwrap_or_default();
    if let Some(errors) = errors {
        text.push_str(&errors.join().map_err(|_| Failure::new(format!("reading from `{name}` failed")))?);
    }
    let status = child.wait().context(format!("could not wait for `{name}`"))?;
    Ok(Output { success: status.success(), text })
}

fn show(pipe: impl Read) -> String {
    let mut text = String::new();
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
        let shown = String::from_utf8_lossy(&line);
        crate::say::line(shown.trim_end_matches(['\n', '\r']));
        text.push_str(&shown);
        line.clear();
    }
    text
}

fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Finds a program on the `PATH`, or below `/usr/sbin` and `/sbin` where users often do not look.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let extra = ["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(extra).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// A child that is asked to stop when this value is dropped.
pub struct Background {
    child: Child,
    name: String,
}

impl Background {
    /// Starts a command in the background. Where the system can, the child also ends when `xtask` is killed.
    pub fn start(program: &Path, configure: impl FnOnce(&mut Command)) -> Outcome<Self> {
        let mut command = match find("setpriv") {
            Some(setpriv) => {
                let mut command = self::command(setpriv);
                command.args(["--pdeathsig", "TERM", "--"]).arg(program);
                command
            }
            None => self::command(program),
        };
        configure(&mut command);
        let name = program.display().to_string();
        let child = command.spawn().context(format!("could not start `{name}`"))?;
        Ok(Self { child, name })
    }

    /// Waits until the child ends by itself.
    pub fn wait(&mut self) -> Outcome<bool> {
        let status = self.child.wait().context(format!("could not wait for `{}`", self.name))?;
        Ok(status.success())
    }

    /// True while the child runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if !self.is_alive() {
            return;
        }
        // A polite signal first, so that servers finish what they are writing.
        let id = self.child.id().to_string();
        if succeeds(Command::new("kill").args(["-TERM", &id]))
            && wait_until(Duration::from_secs(10), || !self.is_alive())
        {
            return;
        }
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            crate::say::problem(&format!("could not stop `{}`: {error}", self.name));
        }
    }
}

/// Asks `ready` every 50 ms until it says yes or the time is over.
pub fn wait_until(limit: Duration, mut ready: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if ready() {
            return true;
        }
        if start.elapsed() > limit {
            return false;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_of_both_streams_is_kept() {
        let output = tee(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"])).unwrap();
        assert!(!output.success);
        assert!(output.text.contains("out\n") && output.text.contains("err\n"));
    }

    #[test]
    fn a_background_child_ends_with_its_owner() {
        let mut child = Background::start(Path::new("/bin/sleep"), |command| {
            command.arg("60");
        })
        .unwrap();
        assert!(child.is_alive());
        let id = child.child.id();
        drop(child);
        assert!(!succeeds(Command::new("kill").args(["-0", &id.to_string()])));
    }
}
