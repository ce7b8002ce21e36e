//! Tests written in Rust: inside the crates, in the documentation, and stories across processes.

use std::process::Command;

use super::Context;
use super::report::Report;
use super::tally::Tally;
use crate::failure::{Failure, Outcome};
use crate::process;
use crate::simulate::{self, IN_TESTS, SimulateOptions};

/// The crate whose tests need the built programs.
const STORIES: &str = "groundplan-tests";

/// Builds the programs that stories, browser and window tests start.
pub fn programs() -> Outcome<()> {
    let mut build = process::cargo("build");
    build.args(["--locked", "--package", "groundplan-app", "--package", "groundplan-server"]);
    process::run(build.args(["--package", "groundplan-desktop", "--bins"]))
}

/// Tests inside the crates, and documentation tests.
pub fn unit(report: &mut Report, context: &Context) -> Outcome<()> {
    let others = ["--workspace", "--exclude", STORIES];
    report.check("tests in crates", |tally| {
        count(harness().args(others).args(["--lib", "--bins", "--tests"]), context, tally)
    });
    report.check("documentation tests", |tally| {
        let mut test = process::cargo("test");
        test.args(["--locked", "--no-fail-fast", "--doc"]).args(others);
        count(&mut test, context, tally)
    });
    Ok(())
}

/// Simulated histories by the thousand, and the attack list with its twins.
pub fn simulation(report: &mut Report) {
    report.check("attack list", |tally| {
        let output = simulate::attacks()?;
        tally.count_rust(&output.text);
        if output.success {
            Ok(())
        } else {
            Err(Failure::new("an attack's test, or its twin, is not as it says"))
        }
    });
    report.check("simulated histories", |tally| {
        let options = SimulateOptions { histories: IN_TESTS, ..SimulateOptions::default() };
        let output = simulate::play(options)?;
        tally.count_rust(&output.text);
        if output.success {
            Ok(())
        } else {
            Err(Failure::new("a history breaks a promise; its trace is above"))
        }
    });
}

/// Stories across processes, and checks of the repository itself.
pub fn stories(report: &mut Report, context: &Context) -> Outcome<()> {
    report.check("stories", |tally| count(harness().args(["--package", STORIES]), context, tally));
    Ok(())
}

fn harness() -> Command {
    let mut test = process::cargo("test");
    test.args(["--locked", "--no-fail-fast"]);
    test
}

fn count(test: &mut Command, context: &Context, tally: &mut Tally) -> Outcome<()> {
    context.apply(test);
    // Without it the harness swallows what passing tests print, and with it the reasons of skips.
    let output = process::tee(test.args(["--", "--show-output"]))?;
    tally.count_rust(&output.text);
    if output.success { Ok(()) } else { Err(Failure::new("tests failed; what they said is above")) }
}
