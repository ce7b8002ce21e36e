//! Tests written in Rust: inside the crates, in the documentation, and stories across processes.

use std::process::Command;

use super::Context;
use super::report::Report;
use super::tally::Tally;
use crate::failure::{Failure, Outcome};
use crate::process;
use crate::simulate::{self, Build, IN_TESTS, SimulateOptions};

/// Builds the programs that stories, browser and window tests start.
pub fn programs() -> Outcome<()> {
    let mut build = process::cargo("build");
    build.args(["--locked", "--workspace"]);
    for program in ["groundplan", "groundplan-server", "groundplan-desktop"] {
        build.args(["--bin", program]);
    }
    process::run(&mut build)
}

/// Tests inside the crates, and documentation tests.
pub fn unit(report: &mut Report, context: &Context) -> Outcome<()> {
    report.check("tests in crates", |tally| {
        count(harness().args(["--lib", "--bins", "--tests"]), context, tally)
    });
    report.check("documentation tests", |tally| count(harness().arg("--doc"), context, tally));
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
        let output = simulate::play(options, Build::Tests)?;
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
    let stories = ["--features", "groundplan-tests/stories", "--test", "stories", "--test", "tidy"];
    report.check("stories", |tally| count(harness().args(stories), context, tally));
    Ok(())
}

/// Always the whole workspace: chosen one by one, packages make cargo build their dependencies anew with fewer features.
fn harness() -> Command {
    let mut test = process::cargo("test");
    test.args(["--locked", "--no-fail-fast", "--workspace"]);
    test
}

fn count(test: &mut Command, context: &Context, tally: &mut Tally) -> Outcome<()> {
    context.apply(test);
    // Without it the harness swallows what passing tests print, and with it the reasons of skips.
    let output = process::tee(test.args(["--", "--show-output"]))?;
    tally.count_rust(&output.text);
    if output.success { Ok(()) } else { Err(Failure::new("tests failed; what they said is above")) }
}
