//! F1: the program is killed at every call that writes or syncs. F4: syncing fails.

use std::process::Command;
use std::time::Instant;

use groundplan_tests::device::Device;
use groundplan_tests::faults::{self, CALLS};
use groundplan_tests::tell;

use super::look::Keys;

/// An edit of the command line with a mark, and the statement that counts it.
struct Edit {
    name: &'static str,
    words: fn(&str) -> Vec<String>,
    counts: &'static str,
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

const EDITS: [Edit; 4] = [
    Edit {
        name: "add",
        words: |mark| words(&["add", "component", mark]),
        counts: "SELECT count(*) FROM element WHERE name = ?1",
    },
    Edit {
        name: "page",
        words: |mark| words(&["page", mark, "--text", "Some text of a page."]),
        counts: "SELECT count(*) FROM page WHERE title = ?1",
    },
    Edit {
        name: "edit",
        words: |mark| words(&["edit", "Target", "--tag", mark]),
        counts: "SELECT count(*) FROM tag WHERE tag = ?1",
    },
    Edit {
        name: "attachment",
        words: |mark| words(&["attachment", "add", "Target", "/proc/self/cmdline", "--name", mark]),
        counts: "SELECT count(*) FROM attachment WHERE name = ?1",
    },
];

fn prepared() -> (Device, Keys) {
    let device = Device::new("Desk");
    device.done(&["init", "Shop"]);
    device.done(&["add", "component", "Target"]);
    let keys = Keys::of(&device);
    (device, keys)
}

fn command(device: &Device, edit: &Edit, mark: &str) -> Command {
    let words = (edit.words)(mark);
    device.prepared(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_kill_at_any_call_loses_nothing_that_was_acknowledged() {
    if !faults::can_trace("F1, kills at every write and sync of the client") {
        return;
    }
    let start = Instant::now();
    let (device, keys) = prepared();
    let (mut all, mut visited, mut killed, mut told, mut kept) = (0, 0, 0, 0, 0);
    for (at, edit) in EDITS.iter().enumerate() {
        let points = faults::points(&command(&device, edit, "counting"), &CALLS, device.folder());
        assert!(points.iter().any(|point| point.call == "pwrite64"), "{}: {points:?}", edit.name);
        all += points.len();
        let longest = faults::budget(60).map(|budget| budget / EDITS.len() as u32);
        visited += faults::sweep(points, 0xf1_0001 + at as u64, longest, |n, point| {
            let mark = format!("{}-{n}", edit.name);
            let said = faults::killed_at(&command(&device, edit, &mark), point);
            let acknowledged = said.code == 0 || !said.out.is_empty();
            let found = keys.count(edit.counts, &mark);
            assert!(found <= 1, "{point:?}: {mark} is there {found} times");
            assert!(
                !acknowledged || found == 1,
                "{point:?}: {mark} was acknowledged and is gone: {}",
                said.out
            );
            killed += usize::from(said.code != 0);
            told += usize::from(acknowledged);
            kept += usize::from(found == 1 && !acknowledged);
        });
    }
    assert!(killed * 2 > visited, "{killed} of {visited} runs were killed");
    device.done(&["doctor"]);
    tell(&format!(
        "F1: {visited} of {all} injection points visited ({} commands, calls {}), {killed} kills: {told} edits \
         acknowledged, none lost; {kept} durable although not acknowledged; {:.0} s",
        EDITS.len(),
        CALLS.join(" "),
        start.elapsed().as_secs_f32()
    ));
}

#[test]
fn a_kill_while_a_profile_is_made_locks_nobody_out() {
    if !faults::can_trace("F1, kills while a profile is made") {
        return;
    }
    let start = Instant::now();
    let points = {
        let device = Device::new("Counting");
        faults::points(&device.prepared(&["init", "Shop"]), &CALLS, device.folder())
    };
    let all = points.len();
    let visited = faults::sweep(points, 0xf1_1001, faults::budget(20), |_, point| {
        let device = Device::new("Fresh");
        let said = faults::killed_at(&device.prepared(&["init", "Shop"]), point);
        if said.code != 0 {
            let again = device.cli(&["init", "Shop"]);
            assert_eq!(again.code, 0, "{point:?}: {}{}", again.out, again.err);
        }
        device.done(&["add", "component", "Web"]);
        assert!(device.done(&["list"]).contains("Web"));
    });
    tell(&format!(
        "F1: {visited} of {all} injection points while a profile is made; {:.0} s",
        start.elapsed().as_secs_f32()
    ));
}

#[test]
fn an_edit_that_did_not_reach_the_disk_is_never_acknowledged() {
    if !faults::can_trace("F4, syncing fails") {
        return;
    }
    let start = Instant::now();
    let (device, keys) = prepared();
    let (mut all, mut visited, mut refused, mut survived) = (0, 0, 0, 0);
    for (at, edit) in EDITS.iter().enumerate() {
        let points =
            faults::points(&command(&device, edit, "counting"), &["fdatasync", "fsync"], device.folder());
        assert!(points.iter().any(|point| point.call == "fdatasync"), "{}: {points:?}", edit.name);
        all += points.len() * 2;
        for and_later in [true, false] {
            let longest = faults::budget(40).map(|budget| budget / (2 * EDITS.len() as u32));
            visited += faults::sweep(points.clone(), 0xf4_0001 + at as u64, longest, |n, point| {
                let mark = format!("{}-{n}-{and_later}", edit.name);
                let said = faults::failing_at(&command(&device, edit, &mark), point, and_later);
                let found = keys.count(edit.counts, &mark);
                if said.code == 0 {
                    // It failed where nothing depended on it: after the commit, when the log is folded in.
                    assert_eq!(found, 1, "{point:?}: {mark} was acknowledged and is gone");
                    survived += 1;
                } else {
                    assert_eq!(said.code, 8, "{point:?}: {}{}", said.out, said.err);
                    assert!(said.out.is_empty(), "{point:?}: {}", said.out);
                    assert!(said.err.contains("disk"), "{point:?}: {}", said.err);
                    refused += 1;
                }
                if and_later && point.number == 1 {
                    assert_ne!(said.code, 0, "{point:?}: nothing could reach the disk");
                }
            });
        }
    }
    assert!(refused > 0);
    device.done(&["doctor"]);
    tell(&format!(
        "F4: {visited} of {all} injection points (EIO on fdatasync and fsync, once and from then on): {refused} edits \
         refused, {survived} acknowledged and there; {:.0} s",
        start.elapsed().as_secs_f32()
    ));
}
