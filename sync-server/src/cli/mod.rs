//! The command line: flags, commands, exit codes. What a command does lives in the library.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage, 78 wrong configuration.

mod serve;

pub(crate) use serve::{admin_create as admin_token, admin_reset_second_factor as reset_second_factor};

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::config::{self, Config, ConfigError};

/// The blind synchronisation server of Groundplan: it orders and stores what devices have sealed.
#[derive(Debug, Parser)]
#[command(name = "groundplan-server", version, about, after_help = EXAMPLES, subcommand_required = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  groundplan-server serve
      Serves this machine on 127.0.0.1:7420 with an embedded database in ./groundplan-server-data
  groundplan-server admin create
      Prints a token, valid once and for a day, with which the first administrator registers
  groundplan-server serve --listen 127.0.0.1:0 --data-dir /tmp/try
      Lets the system choose the port; the line `listening on http://…` tells it
  groundplan-server serve --config /etc/groundplan/server.toml
  groundplan-server check-config --config /etc/groundplan/server.toml

A configuration file:
  listen = \"0.0.0.0:7420\"
  public_url = \"https://sync.example.org\"
  registration = \"invitation\"            # open, invitation or closed
  database_url = \"postgres://groundplan@localhost/groundplan\"   # left out: embedded
  admin_listen = \"127.0.0.1:7421\"        # /metrics

  [tls]
  certificate = \"/etc/groundplan/chain.pem\"
  key = \"/etc/groundplan/key.pem\"

  [log]
  format = \"json\"

Each setting is also an environment variable: GROUNDPLAN_SERVER_LISTEN, GROUNDPLAN_SERVER_TLS_KEY,
GROUNDPLAN_SERVER_LIMITS_ENVELOPE_BURST and so on. Flags win over variables, variables over the file.";

const RESTORED: &str = "\
The database is given a new life. Every device that connects says so and sends nothing new until an owner of its
workspace has confirmed it (`groundplan sync --settle restored`); then the devices bring back what the backup lacks.
Stop the server first, and every replica of it. If this is forgotten, devices notice by themselves that the server
shows less than before, and nothing is lost; run it then.

Example:
  systemctl stop groundplan-server && cp backup/server.db data/server.db
  groundplan-server restored --data-dir data && systemctl start groundplan-server";

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until told to stop
    #[command(after_help = EXAMPLES)]
    Serve(Settings),
    /// Bring the database to this version's schema
    Migrate(Settings),
    /// Administer accounts
    #[command(subcommand)]
    Admin(Admin),
    /// Print the fingerprint of the sign-in key, for people whose device asks whether it may have changed
    Fingerprint(Settings),
    /// Say, after the database was put back from a backup and before serving again, that it was
    #[command(after_help = RESTORED)]
    Restored(Settings),
    /// Check the settings and say what is wrong
    CheckConfig(Settings),
}

#[derive(Debug, Subcommand)]
enum Admin {
    /// Make a token with which one person registers as an administrator
    Create(Settings),
    /// Let a person whose authenticator is lost sign in by password again, and set another one up
    ResetSecondFactor {
        /// Name of the account
        name: String,
        #[command(flatten)]
        settings: Settings,
    },
}

#[derive(Debug, Args)]
struct Settings {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE", env = config::CONFIG_VARIABLE)]
    config: Option<PathBuf>,
    /// Address and port to listen on; port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Folder of the embedded database
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// Postgres instead of the embedded database
    #[arg(long, value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Who may register: open, invitation or closed; open where only this machine can reach it, else invitation
    #[arg(long, value_name = "MODE")]
    registration: Option<String>,
}

impl Settings {
    fn load(&self) -> Result<Config, ConfigError> {
        let flags: Vec<_> = [
            ("listen", "--listen", &self.listen),
            ("data_dir", "--data-dir", &self.data_dir),
            ("database_url", "--database-url", &self.database_url),
            ("registration", "--registration", &self.registration),
        ]
        .into_iter()
        .filter_map(|(key, flag, value)| value.clone().map(|value| (key, flag, value)))
        .collect();
        config::load(self.config.as_deref(), std::env::vars(), &flags)
    }
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let settings = match &cli.command {
        Command::Serve(settings) | Command::Migrate(settings) => settings,
        Command::CheckConfig(settings) | Command::Fingerprint(settings) | Command::Restored(settings) => {
            settings
        }
        Command::Admin(Admin::Create(settings) | Admin::ResetSecondFactor { settings, .. }) => settings,
    };
    let config = match settings.load() {
        Ok(config) => config,
        Err(error) => return complain(&error, 78),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error, 1),
    };
    match cli.command {
        Command::Serve(_) => runtime.block_on(serve::serve(config)),
        Command::Migrate(_) => match runtime.block_on(crate::Server::migrate(&config)) {
            Ok(()) => say("the database is at this version's schema"),
            Err(error) => complain(&error, 1),
        },
        Command::Admin(Admin::Create(_)) => match runtime.block_on(admin_token(&config)) {
            Ok(text) => say(&text),
            Err(error) => complain(&error, 1),
        },
        Command::Admin(Admin::ResetSecondFactor { name, .. }) => {
            match runtime.block_on(reset_second_factor(&config, &name)) {
                Ok(text) => say(&text),
                Err(error) => complain(&error, 1),
            }
        }
        Command::Fingerprint(_) => match runtime.block_on(serve::fingerprint(&config)) {
            Ok(text) => say(&text),
            Err(error) => complain(&error, 1),
        },
        Command::Restored(_) => match runtime.block_on(serve::restored(&config)) {
            Ok(text) => say(&text),
            Err(error) => complain(&error, 1),
        },
        Command::CheckConfig(_) => say("the settings are usable"),
    }
}

fn say(text: &str) -> ExitCode {
    match writeln!(std::io::stdout(), "{text}").and_then(|()| std::io::stdout().flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn complain(error: &dyn std::error::Error, code: u8) -> ExitCode {
    // Where even the error stream is closed, the exit code is all that is left to say.
    let _ = writeln!(std::io::stderr(), "groundplan-server: {error}");
    ExitCode::from(code)
}
