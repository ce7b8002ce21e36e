//! Inputs made to exhaust memory or time: each is refused, or read quickly.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "figures are part of the test output")]

mod common;

use std::time::{Duration, Instant};

use common::{import, read, tree};
use groundplan_import::{ImportError, Limits, MemoryTree, Options, SourceKind, extract};
use proptest::prelude::*;

/// Generous: the tests run unoptimised on shared machines. Quadratic behaviour takes minutes.
const PATIENCE: Duration = Duration::from_secs(20);

fn timed(name: &str, run: impl FnOnce() -> Result<(), ImportError>) -> Result<(), ImportError> {
    let begun = Instant::now();
    let result = run();
    let took = begun.elapsed();
    println!("{name}: {took:?}");
    assert!(took < PATIENCE, "{name} took {took:?}");
    result
}

#[test]
fn large_but_honest_files_are_read() {
    let services: String =
        (0..5_000).map(|n| format!("  s{n}: {{image: x, depends_on: [s{}]}}\n", (n + 1) % 5_000)).collect();
    let text = format!("services:\n{services}");
    timed("5,000 services", || import(&[("compose.yml", &text)]).map(drop)).unwrap();
    let entity = |n: usize| {
        format!(
            "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {{name: c{n}}}\nspec: {{owner: t, \
             subcomponentOf: c{}}}\n",
            n + 1
        )
    };
    let text: String = (0..5_000).map(entity).collect();
    timed("5,000 entities", || import(&[("c.yaml", &text)]).map(drop)).unwrap();
    let pages: Vec<(String, String)> =
        (0..2_000).map(|n| (format!("d{}/Same.md", n), "[[Same]] ".repeat(5))).collect();
    let pages: Vec<(&str, &str)> = pages.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    timed("2,000 pages of one name", || import(&pages).map(drop)).unwrap();
}

#[test]
fn too_many_services_are_refused() {
    let services: String = (0..60_000).map(|n| format!("  s{n}: {{image: x}}\n")).collect();
    let refused =
        timed("60,000 services", || import(&[("compose.yml", &format!("services:\n{services}"))]).map(drop));
    assert!(refused.unwrap_err().to_string().contains("100000 values"));
}

#[test]
fn expansions_are_refused() {
    let mut bomb = String::from("x-a0: &a0 {image: x, environment: {K: v}}\n");
    for n in 1..40 {
        let last = n - 1;
        bomb.push_str(&format!("x-a{n}: &a{n} {{l: [*a{last}, *a{last}], m: *a{last}, <<: *a{last}}}\n"));
    }
    bomb.push_str("services: {web: *a39}\n");
    let refused = timed("laughs", || import(&[("compose.yml", &bomb)]).map(drop)).unwrap_err();
    assert!(refused.refusal().unwrap().line.unwrap() < 30, "{refused}");

    let big = "x".repeat(1 << 20);
    let uses: String = (0..200).map(|n| format!("  s{n}: {{labels: {{description: *b}}}}\n")).collect();
    let text = format!("x-b: &b {big}\nservices:\n{uses}");
    let refused = timed("one long text, often", || import(&[("compose.yml", &text)]).map(drop)).unwrap_err();
    assert!(refused.to_string().contains("aliases expanded"), "{refused}");
}

#[test]
fn odd_bytes_never_panic() {
    for text in [
        "\u{feff}",
        "---\n---\n---\n",
        "? ? ?\n",
        "%YAML 9.9\n--- a\n",
        "&a *a",
        "!!binary x",
        "{",
        "]",
        "\t",
        "- - - -",
        "|",
        ">\n",
        "a: 'b",
        "\"\\x",
        "a:\n\tb: 1\n",
        "*a : b",
    ] {
        let tree = tree(&[("compose.yml", text)]);
        for kind in [SourceKind::Compose, SourceKind::Backstage] {
            let result =
                extract(kind, &tree, &Options::default(), &mut |_| std::ops::ControlFlow::Continue(()));
            assert!(result.is_err(), "{text:?} as {kind}");
        }
    }
}

#[test]
fn long_lines_of_markdown_take_linear_time() {
    for text in [
        "[[",
        "![](",
        "[[a|b]] #t ",
        "<!--",
        "`` ` ",
        "***a ",
        "| a ",
        "> - ",
        "[a]: b\n",
        "&amp;",
        "\\",
        "<a ",
    ] {
        let long = text.repeat(500_000 / text.len());
        timed(text, || import(&[("a.md", &long)]).map(drop)).unwrap();
    }
}

#[test]
fn a_tree_has_bounds() {
    let mut tree = MemoryTree::new("t", Limits { files: 10, ..Limits::default() });
    let refused = (0..11).try_for_each(|n| tree.insert(&format!("{n}.md"), "x"));
    assert!(refused.unwrap_err().to_string().contains("more than 10 files"));
}

const COMPOSE: &str = "x-a: &a\n  image: \"x:1\"\n  environment: [A=http://b:1, B]\nservices:\n  a:\n    <<: *a\n    depends_on: \
                       {b: {condition: service_healthy}}\n    volumes: [\"v:/x:ro\"]\n  b:\n    extends: a\n    ports: [\"1:2\"]\nvolumes: {v: }\n";

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in r"([a-c]|[-:&*?!|>%@#{}\[\],'\n \t]|services:|<<: |\n  |: |- |extends: |apiVersion: backstage.io/v1\n){0,60}") {
        let tree = tree(&[("compose.yml", &text), ("a.md", &format!("---\n{text}\n---\n{text}"))]);
        for kind in SourceKind::ALL {
            // `read` checks every set that comes out.
            drop(read(*kind, &tree));
        }
    }

    #[test]
    fn a_damaged_file_is_read_or_refused(at in 0..COMPOSE.len(), remove in 0..4_usize, insert in r"[-:&*|{}\[\]'\na ]{0,3}") {
        let mut text = COMPOSE.to_owned();
        text.replace_range(at..(at + remove).min(COMPOSE.len()), &insert);
        drop(read(SourceKind::Compose, &tree(&[("compose.yml", &text)])));
    }
}
