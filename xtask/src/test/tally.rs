//! Counting: what cargo's test harness, nextest and node's test runner print, turned into numbers.
//!
//! A test that skips itself prints a line `SKIPPED <count> [tests]: <why>`, which counts as that many skips.

use std::collections::BTreeMap;

/// Results of one stage.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests or checks that passed.
    pub passed: usize,
    /// Tests or checks that failed.
    pub failed: usize,
    /// Skipped without a reason of their own, such as ignored tests.
    pub ignored: usize,
    /// Why tests skipped themselves, and how many.
    pub skips: BTreeMap<String, usize>,
}

impl Tally {
    /// How many were skipped, for whichever reason.
    pub fn skipped(&self) -> usize {
        self.ignored + self.skips.values().sum::<usize>()
    }

    /// Adds another tally to this one.
    pub fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
        for (reason, count) in &other.skips {
            *self.skips.entry(reason.clone()).or_default() += count;
        }
    }

    /// Counts the output of `cargo test` (any number of test binaries) or of cargo-nextest.
    pub fn count_rust(&mut self, output: &str) {
        for line in output.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("test result: ") {
                self.passed += number_before(rest, "passed");
                self.failed += number_before(rest, "failed");
                self.ignored += number_before(rest, "ignored");
            } else if line.starts_with("Summary [") {
                self.passed += number_before(line, "passed");
                self.failed += number_before(line, "failed");
                self.ignored += number_before(line, "skipped");
            } else {
                self.note_skip(line);
            }
        }
    }

    /// Counts the output of `node --test --test-reporter=tap`.
    pub fn count_node(&mut self, output: &str) {
        for line in output.lines().map(str::trim) {
            let comment = line.strip_prefix("# ").unwrap_or(line);
            let value =
                |name: &str| comment.strip_prefix(name).and_then(|rest| rest.trim().parse::<usize>().ok());
            if let Some(count) = value("pass ") {
                self.passed += count;
            } else if let Some(count) = value("fail ").or_else(|| value("cancelled ")) {
                self.failed += count;
            } else if let Some(count) = value("skipped ").or_else(|| value("todo ")) {
                self.ignored += count;
            } else {
                self.note_skip(comment);
            }
        }
    }

    fn note_skip(&mut self, line: &str) {
        let Some((count, reason)) = line.strip_prefix("SKIPPED ").and_then(|rest| rest.split_once(": "))
        else {
            return;
        };
        if let Some(count) = count.split(' ').next().and_then(|word| word.parse::<usize>().ok()) {
            *self.skips.entry(reason.to_owned()).or_default() += count;
        }
    }
}

/// The number in front of a word: `number_before("3 passed; 1 failed", "failed")` is 1. No such word is 0.
fn number_before(text: &str, word: &str) -> usize {
    let words: Vec<&str> = text.split([' ', ';', ',', '.']).filter(|part| !part.is_empty()).collect();
    let found = words.windows(2).find(|pair| pair[1] == word);
    found.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(output: &str, expected: (usize, usize, usize)) {
        let mut tally = Tally::default();
        tally.count_rust(output);
        assert_eq!((tally.passed, tally.failed, tally.skipped()), expected, "{output}");
    }

    #[test]
    fn results_of_cargo_are_added_up() {
        check(
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s",
            (12, 0, 1),
        );
        check(
            "test result: FAILED. 2 passed; 3 failed; 0 ignored\n  test result: ok. 5 passed; 0 failed; 0 ignored",
            (7, 3, 0),
        );
        check("     Summary [   0.5s] 20 tests run: 18 passed, 2 failed, 4 skipped", (18, 2, 4));
        check("running 3 tests", (0, 0, 0));
    }

    #[test]
    fn skips_are_counted_with_their_reason() {
        check("SKIPPED 1: no corpora\nSKIPPED 2 tests: no corpora\nSKIPPED 1 test: another", (0, 0, 4));
        check("        SKIP [   0.005s] some nextest line\nSKIPPED nothing", (0, 0, 0));
    }

    #[test]
    fn results_of_node_are_added_up() {
        let mut tally = Tally::default();
        tally.count_node("TAP version 13\n# SKIPPED 1: no display\n1..4\n# tests 4\n# pass 2\n# fail 1\n# cancelled 0\n# skipped 1\n# todo 0");
        assert_eq!((tally.passed, tally.failed, tally.ignored), (2, 1, 1));
        assert_eq!(tally.skips.len(), 1);
    }
}
