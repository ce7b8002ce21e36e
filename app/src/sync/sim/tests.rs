//! Histories by the hundred.

use super::world::{Outcome, Plan, World};

fn history(seed: u64, plan: Plan) -> Outcome {
    let run = || World::new(seed, plan).run();
    let result = std::panic::catch_unwind(run);
    result.unwrap_or_else(|_| panic!("history with seed {seed} and {plan:?} breaks a promise"))
}

fn histories(seeds: std::ops::Range<u64>, plan: Plan) {
    let (mut edits, mut envelopes) = (0, 0);
    for seed in seeds.clone() {
        let outcome = history(seed, plan);
        edits += outcome.edits;
        envelopes += outcome.envelopes;
        if seed % 10 == 0 {
            assert_eq!(history(seed, plan), outcome, "seed {seed} run again is another history");
        }
    }
    println!("{} histories, {edits} edits, {envelopes} envelopes", seeds.end - seeds.start);
    assert!(edits > 0 && envelopes > 0);
}

#[test]
fn replicas_agree_after_partitions_and_crashes() {
    histories(0..80, Plan { replicas: 3, steps: 120, chaos: false, rotations: false, removals: false });
}

#[test]
fn replicas_agree_when_frames_are_repeated_and_reordered() {
    histories(1_000..1_080, Plan { replicas: 3, steps: 120, chaos: true, rotations: false, removals: false });
}

#[test]
fn replicas_agree_when_keys_rotate_under_them() {
    histories(2_000..2_080, Plan { replicas: 3, steps: 120, chaos: true, rotations: true, removals: false });
}

#[test]
fn five_replicas_agree() {
    histories(3_000..3_020, Plan { replicas: 5, steps: 250, chaos: true, rotations: true, removals: false });
}

#[test]
fn replicas_agree_when_devices_are_revoked_among_them() {
    histories(4_000..4_030, Plan { replicas: 5, steps: 200, chaos: false, rotations: true, removals: true });
}

#[test]
fn replicas_agree_when_devices_are_revoked_in_chaos() {
    histories(5_000..5_024, Plan { replicas: 5, steps: 200, chaos: true, rotations: true, removals: true });
}
