//! That every attack has a test, and that every test fails without its check: each is run again in a process of its own that
//! leaves the check out.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::beside::BESIDE;
use super::table::{Place, Row, TABLE, Twin, missing};

/// The name by which the harness knows a test.
fn path(row: &Row) -> String {
    if let Some(test) = row.test.strip_prefix("::") {
        return test.to_owned();
    }
    let stories = ["members::", "braked::", "restored::", "compaction::", "compartments::", "stories::"];
    let folder = if stories.iter().any(|story| row.test.starts_with(story)) { "" } else { "attacks::" };
    format!("sync::sim::{folder}{}", row.test)
}

#[test]
fn every_attack_has_a_test_and_a_twin_or_a_reason() {
    assert_eq!(missing(), Vec::<u8>::new(), "attacks without a test");
    TABLE.iter().chain(BESIDE).for_each(|row| println!("{}", row.describe()));
    let list = Command::new(std::env::current_exe().unwrap()).arg("--list").output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let file = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    for row in TABLE.iter().chain(BESIDE) {
        let there = match row.place {
            Place::Machine => list.contains(&format!("{}: test", path(row))),
            Place::Sockets => file("app/tests/attacks.rs").contains(&format!("fn {}(", row.test)),
            Place::Story(story) => file(story).contains(&format!("fn {}(", row.test)),
        };
        assert!(there, "M{}: there is no test {}", row.id, row.test);
    }
    let twins = TABLE.iter().filter(|row| matches!(row.twin, Twin::Without(_))).count();
    println!("31 attacks, {} rows, {twins} with a twin, {} with a reason", TABLE.len(), TABLE.len() - twins);
}

/// The names of the checks that an enumeration lists.
fn checks_of(source: &str) -> Vec<String> {
    let list = source.split_once("enum Check {").unwrap().1.split_once("\n}").unwrap().0;
    let names = list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('/'));
    names.map(|line| line.trim_end_matches(',').to_owned()).collect()
}

#[test]
fn every_check_that_can_be_left_out_is_missed_by_a_test() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let file = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let checks: Vec<String> = ["app/src/sync/weak.rs", "shared/src/proof.rs"]
        .iter()
        .flat_map(|path| checks_of(&file(path)))
        .collect();
    let by_row = |check: &str| {
        TABLE.iter().chain(BESIDE).any(|row| matches!(row.twin, Twin::Without(without) if without == check))
    };
    let stories = ["members", "restored", "compaction", "compartments", "tests"];
    let stories: String = stories.iter().map(|name| file(&format!("app/src/sync/sim/{name}.rs"))).collect();
    let unused: Vec<&String> = checks
        .iter()
        .filter(|check| !by_row(check) && !stories.contains(&format!("Check::{check}")))
        .collect();
    assert!(checks.len() > 40, "{checks:?}");
    assert_eq!(unused, Vec::<&String>::new(), "checks that no test misses");
    println!("{} checks can be left out, and a test misses each", checks.len());
}

#[test]
fn every_test_fails_without_its_check() {
    let rows: Vec<(&Row, &str)> = TABLE
        .iter()
        .chain(BESIDE)
        .filter(|row| row.place == Place::Machine)
        .filter_map(|row| match row.twin {
            Twin::Without(check) => Some((row, check)),
            Twin::None(_) => None,
        })
        .collect();
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut wrong = Vec::new();
        while let Some((row, check)) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
            let run = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", &path(row), "--test-threads=1"])
                .env("GROUNDPLAN_LEFT_OUT", check)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&run.stdout).into_owned();
            if run.status.success() || !said.contains("1 failed") {
                wrong.push(format!("M{}: {} passes without {check}", row.id, row.test));
            }
        }
        wrong
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("{} tests fail without their check", rows.len());
}
