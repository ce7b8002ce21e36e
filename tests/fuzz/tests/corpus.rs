//! The kept corpus through every target: what fuzzing once found stays found.
#![cfg(test)]

use groundplan_fuzz::TARGETS;

#[test]
fn the_kept_corpus_runs_clean() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, run) in TARGETS {
        let mut count = 0;
        for file in std::fs::read_dir(root.join(name)).unwrap() {
            run(&std::fs::read(file.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count > 0, "{name} has no corpus");
        println!("{name}: {count} inputs");
    }
}
