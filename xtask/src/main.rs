//! `cargo xtask`: set-up, the build of the UI, launch and the whole test run.
//!
//! No product code lives here, and nothing that the product needs at run time. Standard library only, so that
//! `cargo xtask` starts within seconds on a fresh machine.

mod arguments;
mod failure;
mod paths;
mod process;
mod run;
mod say;
mod setup;
mod simulate;
mod test;
mod ui;

use std::process::ExitCode;

use arguments::Verb;
use failure::Outcome;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let verb = match arguments::parse(&words) {
        Ok(verb) => verb,
        Err(problem) => {
            say::problem(&problem.to_string());
            return ExitCode::from(2);
        }
    };
    match perform(verb) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            say::problem(&problem.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Performs one command; false means that it ran and found something wrong with the project.
fn perform(verb: Verb) -> Outcome<bool> {
    match verb {
        Verb::Help => say::line(arguments::HELP),
        Verb::Setup => setup::everything()?,
        Verb::Ui => {
            setup::for_ui()?;
            ui::build()?;
        }
        Verb::Format => format()?,
        Verb::Run(options) => return run::run(&options),
        Verb::Simulate(options) => {
            return simulate::play(options, simulate::Build::Fast).map(|output| output.success);
        }
        Verb::Test(parts) => return test::run(&parts),
    }
    Ok(true)
}

fn format() -> Outcome<()> {
    process::run(process::cargo("fmt").arg("--all"))
}
