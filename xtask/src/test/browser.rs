//! Tests of the UI in Chromium: `tests/browser/*.test.mjs`, run by node's own test runner.

use std::process::Command;

use super::Context;
use super::report::Report;
use super::tally::Tally;
use crate::failure::{Failure, Outcome};
use crate::{paths, process};

/// Runs the browser tests.
pub fn run(report: &mut Report, context: &Context) -> Outcome<()> {
    report.check("browser", |tally| {
        let mut node = process::command("node");
        node_tests(&mut node, "browser", context, tally)
    });
    Ok(())
}

/// Runs `tests/<folder>/*.test.mjs` with a command that ends in `node`, and counts.
pub fn node_tests(node: &mut Command, folder: &str, context: &Context, tally: &mut Tally) -> Outcome<()> {
    let path = paths::root().join("tests").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&path)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|file| file.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(Failure::new(format!("{} holds no tests", path.display())));
    }
    node.args(["--test", "--test-reporter=tap", "--test-concurrency=1"]).args(files);
    context.apply(node);
    let output = process::tee(node)?;
    tally.count_node(&output.text);
    if output.success { Ok(()) } else { Err(Failure::new("tests failed; what they said is above")) }
}
