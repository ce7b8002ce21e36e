//! Installing missing needs with apt, as root or through a sudo that asks for no password.
//!
//! Where neither is possible the exact command is printed and nothing is changed.

use std::collections::BTreeSet;
use std::process::Command;

use super::needs::Need;
use crate::failure::{Failure, Outcome};
use crate::{process, say};

/// Makes sure that the given needs are met.
pub fn provide<'a>(needs: impl IntoIterator<Item = &'a Need>) -> Outcome<()> {
    let missing: Vec<&Need> = needs.into_iter().filter(|need| !need.is_met()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.iter().map(|need| need.name).collect::<BTreeSet<_>>();
    say::step(&format!("Missing on this machine: {}", names.into_iter().collect::<Vec<_>>().join(", ")));
    let packages: BTreeSet<&str> = missing.iter().flat_map(|need| need.packages).copied().collect();
    install(&packages.into_iter().collect::<Vec<_>>())?;
    match missing.into_iter().find(|need| !need.is_met()) {
        None => Ok(()),
        Some(need) => Err(Failure::new(format!(
            "{} still cannot be found after installing {}; install it by hand and start again",
            need.name,
            need.packages.join(" ")
        ))),
    }
}

/// Installs Debian packages, or fails with the command that would.
pub fn install(packages: &[&str]) -> Outcome<()> {
    let by_hand =
        format!("sudo apt-get update && sudo apt-get install --no-install-recommends {}", packages.join(" "));
    if process::find("apt-get").is_none() {
        return Err(Failure::new(format!(
            "this system has no apt-get. Install with your package manager what Debian calls: {}",
            packages.join(" ")
        )));
    }
    let Some(mut update) = privileged() else {
        return Err(Failure::new(format!(
            "installing needs root. Run this, then start again:\n\n  {by_hand}\n"
        )));
    };
    say::step(&format!("Installing with apt: {}", packages.join(" ")));
    if let Err(problem) = process::run(update.args(["apt-get", "--quiet", "update"])) {
        // Old lists may still do; if they do not, the installation below says so.
        say::note(&format!("{problem}; going on with the package lists at hand"));
    }
    let mut install = privileged().ok_or_else(|| Failure::new("sudo stopped working"))?;
    install.args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--yes"]);
    install.args(["--no-install-recommends", "install"]).args(packages);
    process::run(&mut install)
        .map_err(|problem| Failure::new(format!("{problem}. By hand:\n\n  {by_hand}\n")))
}

/// A command prefix with which the rest runs as root, if there is one.
fn privileged() -> Option<Command> {
    if is_root() {
        return Some(process::command("env"));
    }
    process::succeeds(Command::new("sudo").args(["-n", "true"])).then(|| {
        let mut command = process::command("sudo");
        command.arg("-n");
        command
    })
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    process::answer(Command::new("id").arg("-u")).as_deref() == Some("0")
}
