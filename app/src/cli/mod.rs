//! The command line: parse, call the operation through the dispatcher, print.
//!
//! Only this module prints. What people see is in `output`; what programs see is the JSON of the command table.

mod agent;
mod arguments;
mod attachment;
mod backup;
mod comment;
mod content;
mod find;
mod history;
mod moment;
mod open;
mod output;
mod passphrase;
mod people;
mod people_arguments;
mod second_factor;
mod server;
mod transfer;
mod troubles;
mod workspace;

pub use arguments::{Arguments, Command};

use clap::{CommandFactory, Parser};
use groundplan_shared::api::ApiError;

use output::Output;

/// Runs the command line and returns the exit code.
pub fn main() -> u8 {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            // Nowhere left to report that the terminal is gone.
            let _ = error.print();
            return code;
        }
    };
    log(arguments.verbose);
    let output = Output::new(arguments.json);
    if let Command::Completions { shell } = arguments.command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), "groundplan", &mut script);
        output.text(&String::from_utf8_lossy(&script));
        return 0;
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.text(&format!("The program cannot start: {error}"));
            return 8;
        }
    };
    let result = runtime.block_on(run(arguments, &output));
    // A blocked keyring or disk must not hold the process after its work is done.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    match result {
        Ok(()) => 0,
        Err(error) => {
            output.error(&error);
            error.code.exit_code()
        }
    }
}

async fn run(arguments: Arguments, output: &Output) -> Result<(), ApiError> {
    match &arguments.command {
        Command::Completions { .. } => Ok(()),
        Command::Doctor => workspace::doctor(&arguments, output),
        Command::Backup(command) => backup::run(&arguments, command, output).await,
        Command::Passphrase { .. } => passphrase::run(&arguments, output).await,
        Command::Call { method, params } => {
            let host = open::host(&arguments)?;
            if let Some(named) = arguments.workspace.as_deref() {
                open::choose_workspace(&host.app().await?, Some(named)).await?;
            }
            workspace::call(&host, method, params, output).await
        }
        Command::Init { .. } => workspace::init(&arguments, output).await,
        Command::Agent { .. } => agent::run(&arguments, output).await,
        Command::Register { .. }
        | Command::Login { .. }
        | Command::Account { .. }
        | Command::Device { .. }
        | Command::Recovery { .. } => {
            server::run(&open::app(&arguments, true)?, &arguments.command, output).await
        }
        Command::Member { .. }
        | Command::Role { .. }
        | Command::Service { .. }
        | Command::Policy(_)
        | Command::Key { .. } => {
            let app = open::app(&arguments, true)?;
            open::choose_workspace(&app, arguments.workspace.as_deref()).await?;
            people::run(&app, &arguments.command, output).await
        }
        _ => {
            let app = open::app(&arguments, false)?;
            open::choose_workspace(&app, arguments.workspace.as_deref()).await?;
            match &arguments.command {
                Command::Status => workspace::status(&app, output).await,
                Command::History(arguments) => history::run(&app, arguments, output).await,
                Command::Attachment(command) => attachment::run(&app, command, output).await,
                Command::Comment(command) => comment::run(&app, command, output).await,
                Command::Changes { seen } => comment::changes(&app, *seen, output).await,
                Command::Use { workspace } => workspace::choose(&app, workspace, output).await,
                Command::Import { .. } | Command::Export { .. } | Command::View { .. } => {
                    transfer::run(&app, &arguments.command, output).await
                }
                Command::Sync { .. } | Command::Connect => {
                    server::run(&app, &arguments.command, output).await
                }
                other => content::run(&app, other, output).await,
            }
        }
    }
}

fn log(verbose: u8) {
    let level = match verbose {
        0 => "error",
        1 => "info",
        _ => "debug",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("GROUNDPLAN_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    let done = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr)
        .try_init();
    debug_assert!(done.is_ok(), "the log is set up once");
}
