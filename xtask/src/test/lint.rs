//! Checks without running the product: formatting, clippy, dependencies, types and tests of the editor's TypeScript.

use super::report::Report;
use super::tally::Tally;
use crate::failure::Outcome;
use crate::setup::tools;
use crate::{paths, process};

/// Runs all of them; each counts as one.
pub fn run(report: &mut Report) -> Outcome<()> {
    report.check("formatting", |tally| {
        process::run(process::cargo("fmt").args(["--all", "--check"]))?;
        pass(tally)
    });
    report.check("clippy", |tally| {
        let mut clippy = process::cargo("clippy");
        clippy.args([
            "--quiet",
            "--locked",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "--deny",
            "warnings",
        ]);
        process::run(&mut clippy)?;
        pass(tally)
    });
    report.check("types of the editor", |tally| {
        let mut types = process::command("node");
        types.arg("node_modules/typescript/bin/tsc").args(["--noEmit", "--project", "editor/tsconfig.json"]);
        process::run(types.current_dir(paths::ui()))?;
        pass(tally)
    });
    report.check("logic of the editor", |tally| {
        process::run(process::command("node").arg(paths::ui().join("tools/test-editor.mjs")))?;
        pass(tally)
    });
    report.check("dependencies", |tally| {
        let deny = tools::provide(&tools::CARGO_DENY)?;
        let mut check = process::command(deny);
        // No advisories here: their database has to be fetched, and a test run needs no network.
        check.args(["--workspace", "--all-features", "--locked", "check", "--hide-inclusion-graph"]);
        process::run(check.args(["licenses", "bans", "sources"]))?;
        pass(tally)
    });
    Ok(())
}

fn pass(tally: &mut Tally) -> Outcome<()> {
    tally.passed += 1;
    Ok(())
}
