//! `cargo xtask test`: every check of the repository, in stages, with a count at the end.
//!
//! A stage that fails does not stop the others, so that one run tells everything. Whatever is skipped is listed
//! with its reason.

mod browser;
mod lint;
mod report;
mod rust;
mod tally;
mod window;

use std::ffi::OsString;

use crate::arguments::Part;
use crate::failure::Outcome;
use crate::{paths, say, setup, ui};
use report::Report;

/// What the stages share: the environment that tests find programs by.
pub struct Context {
    variables: Vec<(&'static str, OsString)>,
}

impl Context {
    fn new() -> Self {
        let program = |name: &str| paths::program("debug", name).into_os_string();
        let mut variables = vec![
            ("GROUNDPLAN_BIN", program("groundplan")),
            // Not GROUNDPLAN_SERVER_…: the server takes every such variable for a setting and refuses unknown ones.
            ("GROUNDPLAN_BIN_SERVER", program("groundplan-server")),
            ("GROUNDPLAN_BIN_DESKTOP", program("groundplan-desktop")),
            ("GROUNDPLAN_ARTIFACTS", paths::artifacts().into_os_string()),
        ];
        if let Some(folder) = setup::needs::postgres_programs() {
            variables.push(("GROUNDPLAN_PG_BIN_DIR", folder.into_os_string()));
        }
        Self { variables }
    }

    /// Hands the environment to a child.
    pub fn apply(&self, command: &mut std::process::Command) {
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
    }
}

/// Runs the given parts, or all of them; true if nothing failed.
pub fn run(parts: &[Part]) -> Outcome<bool> {
    let wanted = |part: Part| parts.is_empty() || parts.contains(&part);
    let mut report = Report::default();
    report.stage("set-up", |_| setup::for_test())?;
    report.stage("user interface", |_| ui::build())?;
    let context = Context::new();
    let artifacts = paths::artifacts();
    std::fs::create_dir_all(&artifacts).map_err(|error| {
        crate::failure::Failure::new(format!("could not create {}: {error}", artifacts.display()))
    })?;
    if wanted(Part::Lint) {
        lint::run(&mut report)?;
    }
    if wanted(Part::Unit) {
        rust::unit(&mut report, &context)?;
    }
    if wanted(Part::Simulation) {
        rust::simulation(&mut report);
    }
    if [Part::Stories, Part::Browser, Part::Window].into_iter().any(wanted) {
        report.stage("programs", |_| rust::programs())?;
    }
    if wanted(Part::Stories) {
        rust::stories(&mut report, &context)?;
    }
    if wanted(Part::Browser) {
        browser::run(&mut report, &context)?;
    }
    if wanted(Part::Window) {
        window::run(&mut report, &context)?;
    }
    say::note(&format!("screenshots and logs: {}", artifacts.display()));
    Ok(report.close())
}
