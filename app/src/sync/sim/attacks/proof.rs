//! That every attack has a test, and that every test fails without its check: each is run again in a process of its own that
//! leaves the check out.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::table::{Place, Row, TABLE, Twin, missing};

/// The name by which the harness knows a test.
fn path(row: &Row) -> String {
    if let Some(test) = row.test.strip_prefix("::") {
        return test.to_owned();
    }
    match row.test.strip_prefix("members::") {
        Some(test) => format!("sync::sim::members::{test}"),
        None => format!("sync::sim::attacks::{}", row.test),
    }
}

#[test]
fn every_attack_has_a_test_and_a_twin_or_a_reason() {
    assert_eq!(missing(), Vec::<u8>::new(), "attacks without a test");
    TABLE.iter().for_each(|row| println!("{}", row.describe()));
    let list = Command::new(std::env::current_exe().unwrap()).arg("--list").output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let file = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    for row in TABLE {
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

#[test]
fn every_test_fails_without_its_check() {
    let rows: Vec<(&Row, &str)> = TABLE
        .iter()
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
