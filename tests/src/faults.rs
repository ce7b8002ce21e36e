//! Faults of the system under a program: `strace` kills it at a system call or lets the call fail.
//!
//! Which calls a command makes is counted first; every one of them is a point at which the fault can be put. Where
//! there is no `strace` that may trace, stories skip and say so.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::device::{Said, said};
use crate::random::Random;
use crate::tell;

/// Every call by which something reaches a disk, a pipe or a name in a folder.
pub const CALLS: [&str; 7] = ["pwrite64", "write", "fdatasync", "fsync", "rename", "ftruncate", "unlink"];

/// Those by which something leaves for another program, such as an answer or a statement.
pub const SENDS: [&str; 3] = ["sendto", "sendmsg", "writev"];

/// The n-th call of its kind in some thread of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// The system call.
    pub call: &'static str,
    /// Which of them, from 1.
    pub number: u32,
}

/// How long a sweep may take. `GROUNDPLAN_FAULT_SECONDS` says otherwise; 0 is for ever, with every point.
pub fn budget(seconds: u64) -> Option<Duration> {
    let given = std::env::var("GROUNDPLAN_FAULT_SECONDS").ok().and_then(|text| text.parse().ok());
    match given.unwrap_or(seconds) {
        0 => None,
        seconds => Some(Duration::from_secs(seconds)),
    }
}

/// Says whether programs can be traced here; if not, prints what is skipped because of that.
pub fn can_trace(story: &str) -> bool {
    let works = cfg!(target_os = "linux")
        && Command::new("strace")
            .args(["-f", "-qq", "-e", "trace=none", "true"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
    if !works {
        tell(&format!("skipped 1: {story} needs strace, and it is missing or may not trace here"));
    }
    works
}

/// The same command below `strace`.
fn traced(command: &Command, options: &[&str]) -> Command {
    let mut below = Command::new("strace");
    // No `--seccomp-bpf`: with it, some versions inject nothing.
    below.args(["-f", "-qq"]).args(options).arg("--").arg(command.get_program());
    below.args(command.get_args()).stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => below.env(name, value),
            None => below.env_remove(name),
        };
    }
    below
}

/// Runs a command to its end and returns the points at which a fault can be put.
///
/// # Panics
/// If it fails.
pub fn points(command: &Command, calls: &[&'static str], folder: &Path) -> Vec<Point> {
    let log = folder.join("calls.log");
    let trace = format!("trace={}", calls.join(","));
    let done = said(&mut traced(command, &["-o", log.to_str().expect("UTF-8"), "-e", &trace]));
    assert_eq!(done.code, 0, "{command:?}: {}{}", done.out, done.err);
    counted(&log, calls)
}

/// Returns the points that a tracer's log names so far: of each call, as many as the thread made that made most.
///
/// # Panics
/// If there is no log.
pub fn counted(log: &Path, calls: &[&'static str]) -> Vec<Point> {
    let text = std::fs::read_to_string(log).expect("strace writes its log");
    let mut counts: BTreeMap<(&'static str, &str), u32> = BTreeMap::new();
    for line in text.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let begun = rest.trim_start();
        if let Some(call) =
            calls.iter().find(|call| begun.strip_prefix(**call).is_some_and(|r| r.starts_with('(')))
        {
            *counts.entry((call, thread)).or_default() += 1;
        }
    }
    let mut most: BTreeMap<&'static str, u32> = BTreeMap::new();
    for ((call, _), count) in counts {
        let best = most.entry(call).or_default();
        *best = count.max(*best);
    }
    most.into_iter().flat_map(|(call, most)| (1..=most).map(move |number| Point { call, number })).collect()
}

/// A long-lived command whose calls are written to a log. What is started is the command itself; the tracer is aside.
pub fn watched(command: &Command, calls: &[&str], log: &Path) -> Command {
    let trace = format!("trace={}", calls.join(","));
    traced(command, &["-D", "-o", log.to_str().expect("UTF-8"), "-e", &trace])
}

/// A long-lived command that is killed when it begins this call. What is started is the command itself.
pub fn doomed(command: &Command, point: Point) -> Command {
    let inject = format!("inject={}:signal=KILL:when={}", point.call, point.number);
    traced(command, &["-D", "-o", "/dev/null", "-e", &format!("trace={}", point.call), "-e", &inject])
}

/// Runs a command that is killed when it begins this call.
pub fn killed_at(command: &Command, point: Point) -> Said {
    inject(command, &format!("{}:signal=KILL:when={}", point.call, point.number), point.call)
}

/// Runs a command in which this call fails with an error of the disk; `and_later`: every one after it as well.
pub fn failing_at(command: &Command, point: Point, and_later: bool) -> Said {
    let more = if and_later { "+" } else { "" };
    inject(command, &format!("{}:error=EIO:when={}{more}", point.call, point.number), point.call)
}

fn inject(command: &Command, what: &str, call: &str) -> Said {
    let (inject, trace) = (format!("inject={what}"), format!("trace={call}"));
    said(&mut traced(command, &["-o", "/dev/null", "-e", &trace, "-e", &inject]))
}

/// Visits points in random order until the time is over; returns how many.
pub fn sweep(
    mut points: Vec<Point>,
    seed: u64,
    longest: Option<Duration>,
    mut visit: impl FnMut(usize, Point),
) -> usize {
    let (start, mut random, mut visited) = (Instant::now(), Random::new(seed), 0);
    while !points.is_empty() && longest.is_none_or(|longest| start.elapsed() < longest) {
        let at = random.below(points.len());
        visit(visited, points.swap_remove(at));
        visited += 1;
    }
    visited
}
