//! `cargo xtask run --check`: the first journey without a window, through the programs as a user would type it.
//!
//! Import, draw, and two devices that agree through a server. Prints what was done, with counts and the time it took; any
//! difference from what is expected ends the check.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::programs::Programs;
use crate::failure::{Context, Failure, Outcome};
use crate::process::{self, Background};
use crate::{paths, say};

/// A small system, so that the check needs no file from outside the repository.
const SYSTEM: &str = "\
services:
  shop:
    image: shop:1
    depends_on: [orders, cache]
  orders:
    image: orders:1
    depends_on: [database]
  cache:
    image: redis:7
  database:
    image: postgres:16
    volumes: [orders:/var/lib/postgresql/data]
volumes:
  orders:
";

/// A fixed one: the check's data are thrown away, and there may be no keyring.
const PASSPHRASE: &str = "only for this check";

/// Runs the check in a folder of its own, or in the one given.
pub fn run(programs: &Programs, data_dir: Option<&Path>) -> Outcome<bool> {
    let folder = match data_dir {
        Some(folder) => folder.to_path_buf(),
        None => fresh_folder()?,
    };
    fs::create_dir_all(&folder).context(folder.display())?;
    let check = Check { programs, folder };
    check.alone()?;
    check.two_devices()?;
    say::step("The check passed");
    Ok(true)
}

struct Check<'a> {
    programs: &'a Programs,
    folder: PathBuf,
}

impl Check<'_> {
    fn alone(&self) -> Outcome<()> {
        say::step("One device, no account");
        let source = self.folder.join("compose.yaml");
        fs::write(&source, SYSTEM).context(source.display())?;
        self.groundplan("first", "create a workspace", &["init", "--name", "Shop"])?;
        self.groundplan(
            "first",
            "import a compose file",
            &["import", &source.display().to_string(), "--yes"],
        )?;
        let listed =
            self.groundplan("first", "list components", &["list", "--kind", "component", "--json"])?;
        for name in ["shop", "orders", "cache", "database"] {
            expect(
                listed.contains(&format!("\"{name}\"")),
                &format!("the service {name} among the components"),
            )?;
        }
        let relations = self.groundplan("first", "list relations", &["list", "--relations", "--json"])?;
        say::note(&format!(
            "{} components and {} relations came of {} lines",
            items(&listed),
            items(&relations),
            SYSTEM.lines().count()
        ));
        let drawing = self.groundplan("first", "draw it", &["view", "--svg"])?;
        expect(drawing.contains("<svg") && drawing.contains("orders"), "a drawing with the services in it")?;
        say::note(&format!("the drawing has {} bytes of SVG", drawing.len()));
        Ok(())
    }

    fn two_devices(&self) -> Outcome<()> {
        say::step("Two devices and a server");
        let address = super::free_address(0)?;
        let server = self.programs.serve(address, &self.folder.join("server"))?;
        let password = self.file("password");
        fs::write(&password, "only for this check\n").context(&password)?;
        let url = format!("http://{address}");
        let account = [url.as_str(), "check", "--password-file", &password];
        self.groundplan("first", "register", &[&["register"], &account[..]].concat())?;
        self.groundplan("first", "connect the workspace", &["connect"])?;
        self.groundplan("first", "upload", &["sync"])?;
        self.groundplan("second", "sign in", &[&["login"], &account[..]].concat())?;
        self.link()?;
        self.groundplan("first", "edit", &["add", "component", "billing"])?;
        self.groundplan("first", "send", &["sync"])?;
        self.groundplan("second", "receive", &["sync"])?;
        for listing in [["list", "--json"].as_slice(), &["list", "--relations", "--json"]] {
            let [first, second] = ["first", "second"].map(|device| self.groundplan(device, "list", listing));
            let (first, second) = (first?, second?);
            expect(
                first.len() > 2 && first == second,
                &format!("equal answers of both devices to {listing:?}"),
            )?;
            say::note(&format!("both devices list the same {} things", items(&first)));
        }
        drop(server);
        Ok(())
    }

    /// Links the second device with the code of the first, which waits for it meanwhile.
    fn link(&self) -> Outcome<()> {
        let code = self.file("code");
        let mut waiting = Background::start(&self.programs.command_line_path(), |command| {
            command.arg("--data-dir").arg(self.folder.join("first")).env("GROUNDPLAN_PASSPHRASE", PASSPHRASE);
            command.args(["device", "link", "--yes", "--code-file", &code]);
        })?;
        let read = || fs::read_to_string(&code).unwrap_or_default().trim().to_owned();
        process::wait_until(Duration::from_secs(30), || !read().is_empty() || !waiting.is_alive());
        self.groundplan("second", "join with the code", &["device", "link", &read()])?;
        expect(waiting.wait()?, "the first device to let the second one in")
    }

    fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// Runs `groundplan` for one device, prints how long it took, and returns what it printed.
    fn groundplan(&self, device: &str, what: &str, words: &[&str]) -> Outcome<String> {
        let start = Instant::now();
        let mut command: Command = self.programs.command_line(&self.folder.join(device));
        command.args(words).env("GROUNDPLAN_PASSPHRASE", PASSPHRASE);
        let output = command.output().context("could not start groundplan")?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            let problem = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(Failure::new(format!(
                "could not {what}: `groundplan {}` said:\n{text}{problem}",
                words.join(" ")
            )));
        }
        say::note(&format!("{device} device: {what} ({})", say::duration(start.elapsed())));
        Ok(text)
    }
}

/// How many things a listing holds: each has one id of its own.
fn items(json: &str) -> usize {
    json.matches("\"id\"").count()
}

fn expect(holds: bool, what: &str) -> Outcome<()> {
    if holds { Ok(()) } else { Err(Failure::new(format!("expected {what}"))) }
}

fn fresh_folder() -> Outcome<PathBuf> {
    let folder = paths::cache().join("check");
    if folder.exists() {
        fs::remove_dir_all(&folder).context(folder.display())?;
    }
    Ok(folder)
}
