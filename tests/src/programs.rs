//! Finds the programs under test and starts them with nothing inherited that could change what they do.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Passphrase of every profile of the stories.
pub const PASSPHRASE: &str = "only for these stories";
/// Password of every account of the stories.
pub const PASSWORD: &str = "several words make a password";

/// Returns a command that starts the client.
pub fn groundplan() -> Command {
    let mut command = clean(&find("GROUNDPLAN_BIN", "groundplan"));
    command.env("GROUNDPLAN_PASSPHRASE", PASSPHRASE).env("GROUNDPLAN_PASSWORD", PASSWORD);
    // No story may touch the keyring of the person who runs it.
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/groundplan-stories");
    command
}

/// Returns a command that starts the server.
pub fn server() -> Command {
    clean(&find("GROUNDPLAN_BIN_SERVER", "groundplan-server"))
}

fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GROUNDPLAN_") {
            command.env_remove(name);
        }
    }
    command
}

/// Takes the path from the environment, or the program built beside this test.
///
/// # Panics
/// If there is none: a story without programs proves nothing.
fn find(variable: &str, name: &str) -> PathBuf {
    let path = match std::env::var_os(variable) {
        Some(path) => PathBuf::from(path),
        None => {
            let test = std::env::current_exe().expect("a test knows where it is");
            let folder = test.ancestors().nth(2).expect("a test lies in target/<profile>/deps");
            folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
        }
    };
    assert!(
        path.is_file(),
        "{} is missing. Run the stories with `cargo xtask test stories`, or build the programs first with \
         `cargo build -p groundplan-app -p groundplan-server --bins`, or set {variable}.",
        path.display()
    );
    path
}
