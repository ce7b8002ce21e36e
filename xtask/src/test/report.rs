//! The stages of a test run: their order, durations, counts and the closing summary.

use std::time::{Duration, Instant};

use super::tally::Tally;
use crate::failure::Outcome;
use crate::say;

/// Everything that a test run found.
#[derive(Default)]
pub struct Report {
    stages: Vec<Stage>,
}

struct Stage {
    name: String,
    duration: Duration,
    tally: Tally,
}

impl Report {
    /// Runs a stage that prepares for others. It counts as one failure if it fails, and ends the run.
    pub fn stage(&mut self, name: &str, work: impl FnOnce(&mut Tally) -> Outcome<()>) -> Outcome<()> {
        self.perform(name, work)
    }

    /// Runs a stage that checks something; a problem in it is counted, shown, and the run goes on.
    pub fn check(&mut self, name: &str, work: impl FnOnce(&mut Tally) -> Outcome<()>) {
        if let Err(problem) = self.perform(name, work) {
            say::problem(&format!("{name}: {problem}"));
        }
    }

    fn perform(&mut self, name: &str, work: impl FnOnce(&mut Tally) -> Outcome<()>) -> Outcome<()> {
        say::step(&format!("Stage: {name}"));
        let start = Instant::now();
        let mut tally = Tally::default();
        let outcome = work(&mut tally);
        if outcome.is_err() && tally.failed == 0 {
            tally.failed = 1;
        }
        self.stages.push(Stage { name: name.to_owned(), duration: start.elapsed(), tally });
        outcome
    }

    /// Prints the table, the skips and the closing line; true if nothing failed.
    pub fn close(&self) -> bool {
        say::step("Summary");
        for stage in &self.stages {
            let Stage { name, duration, tally } = stage;
            say::line(&format!(
                "    {name:<28} {:>12} {:>6} passed {:>4} failed {:>4} skipped",
                say::duration(*duration),
                tally.passed,
                tally.failed,
                tally.skipped()
            ));
        }
        let total = self.total();
        for (reason, count) in &total.skips {
            say::note(&format!("skipped {count}: {reason}"));
        }
        if total.ignored > 0 {
            say::note(&format!("skipped {}: marked as ignored where they stand", total.ignored));
        }
        say::line(&format!("{} passed, {} failed, {} skipped", total.passed, total.failed, total.skipped()));
        total.failed == 0
    }

    fn total(&self) -> Tally {
        let mut total = Tally::default();
        for stage in &self.stages {
            total.add(&stage.tally);
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;

    #[test]
    fn a_failed_check_is_counted_and_the_run_goes_on() {
        let mut report = Report::default();
        report.check("bad", |_| Err(Failure::new("broken")));
        report.check("good", |tally| {
            tally.passed += 1;
            Ok(())
        });
        let total = report.total();
        assert_eq!((total.passed, total.failed), (1, 1));
        assert!(!report.close());
    }

    #[test]
    fn a_failed_preparation_ends_the_run() {
        let mut report = Report::default();
        assert!(report.stage("setup", |_| Err(Failure::new("broken"))).is_err());
        assert!(!report.close());
    }
}
