//! `cargo xtask simulate`: simulated histories of synchronisation and membership, as many as one likes.
//!
//! The histories themselves are tests of the client core (`app/src/sync/sim`). However they are built, debug assertions and
//! overflow checks stay, without which neither stand-ins for signatures nor checks that can be left out exist.

use crate::failure::{Failure, Outcome};
use crate::process::{self, Output};

/// Histories of the test run.
pub const IN_TESTS: u64 = 20_000;

const TEST: &str = "sync::sim::tests::histories_keep_every_promise";

/// The attack list: its table, and that every test fails without its check.
const ATTACKS: [&str; 3] = [
    "sync::sim::attacks::proof::every_attack_has_a_test_and_a_twin_or_a_reason",
    "sync::sim::attacks::proof::every_check_that_can_be_left_out_is_missed_by_a_test",
    "sync::sim::attacks::proof::every_test_fails_without_its_check",
];

/// Which histories to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimulateOptions {
    /// How many.
    pub histories: u64,
    /// The first one's seed; the others follow.
    pub seed: u64,
}

impl Default for SimulateOptions {
    fn default() -> Self {
        Self { histories: 1_000, seed: 1 }
    }
}

/// How the histories are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// As all tests are: nothing more to compile after them.
    Tests,
    /// Twice as fast, after minutes of compiling.
    Fast,
}

/// Plays histories; the output tells the figures, or the failing seed with its trace.
pub fn play(options: SimulateOptions, build: Build) -> Outcome<Output> {
    run(&[TEST], options, build)
}

/// Runs the attack list; the output is its table.
pub fn attacks() -> Outcome<Output> {
    run(&ATTACKS, SimulateOptions::default(), Build::Tests)
}

fn run(tests: &[&str], options: SimulateOptions, build: Build) -> Outcome<Output> {
    let mut test = process::cargo("test");
    match build {
        Build::Tests => {
            test.arg("--workspace");
        }
        Build::Fast => {
            for package in ["groundplan-app", "groundplan-shared", "minicbor"] {
                test.args(["--config", &format!("profile.dev.package.{package}.opt-level=3")]);
            }
            test.args(["--package", "groundplan-app"]);
        }
    }
    test.args(["--locked", "--lib", "--"]).args(tests);
    test.args(["--exact", "--nocapture"]);
    test.env("GROUNDPLAN_HISTORIES", options.histories.to_string());
    test.env("GROUNDPLAN_SEED", options.seed.to_string());
    let output = process::tee(&mut test)?;
    if output.success && !output.text.contains(&format!("{} passed", tests.len())) {
        return Err(Failure::new(format!("not all of {tests:?} are tests; this command is out of date")));
    }
    Ok(output)
}
