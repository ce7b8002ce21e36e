//! Checks of the repository itself: openings and lengths of files, direction of dependencies, paths in documents.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use groundplan_tests::tell;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The files of the repository: known to git, or new and not ignored.
fn files() -> Vec<String> {
    let git = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(git.status.success(), "these checks need git: {}", String::from_utf8_lossy(&git.stderr));
    let all = String::from_utf8(git.stdout).unwrap();
    // A file that was removed but not committed yet is still listed.
    all.lines().map(str::to_owned).filter(|path| root().join(path).is_file()).collect()
}

fn rust() -> Vec<(String, String)> {
    let rust = files().into_iter().filter(|path| path.ends_with(".rs"));
    rust.map(|path| (path.clone(), std::fs::read_to_string(root().join(&path)).unwrap())).collect()
}

fn none(what: &str, offenders: &[String]) {
    assert!(offenders.is_empty(), "{what}:\n  {}", offenders.join("\n  "));
}

#[test]
fn every_rust_file_says_what_lives_in_it() {
    let files = rust();
    assert!(files.len() > 100, "{} files were looked at", files.len());
    let opens = |text: &str| {
        text.lines().find(|line| *line != "#![cfg(test)]").is_some_and(|line| line.starts_with("//! "))
    };
    let silent: Vec<String> =
        files.iter().filter(|(_, text)| !opens(text)).map(|(path, _)| path.clone()).collect();
    none("files that do not open with `//!`", &silent);
}

#[test]
fn files_stay_short() {
    let lengths: Vec<(String, usize)> =
        rust().into_iter().map(|(path, text)| (path, text.lines().count())).collect();
    let over = |limit: usize| lengths.iter().filter(move |(_, lines)| *lines > limit);
    let far: Vec<String> = over(500).map(|(path, lines)| format!("{path}: {lines} lines")).collect();
    none("files over 500 lines", &far);
    let long: Vec<String> = over(400).map(|(path, lines)| format!("{path}: {lines} lines")).collect();
    tell(&format!("{} of {} Rust files are over 400 lines", long.len(), lengths.len()));
    if long.len() * 10 > lengths.len() {
        none("more than one in ten files is over 400 lines", &long);
    }
}

/// Which members of the workspace each member may depend on in what it ships.
const ALLOWED: &[(&str, &[&str])] = &[
    ("shared", &[]),
    ("ui", &["shared", "ui/view"]),
    ("ui/view", &[]),
    ("sync-server", &["shared"]),
    ("app/diagram", &["shared"]),
    ("app/import", &["shared"]),
    ("app", &["shared", "app/diagram", "app/import"]),
    ("src-tauri", &["app", "shared"]),
    ("tests", &["app", "shared", "sync-server"]),
    ("xtask", &[]),
];

#[test]
fn dependencies_point_one_way() {
    let manifest = |folder: &str| -> toml::Table {
        let path = root().join(folder).join("Cargo.toml");
        std::fs::read_to_string(&path)
            .unwrap()
            .parse()
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let workspace = manifest(".");
    let members: BTreeSet<String> = workspace["workspace"]["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member.as_str().unwrap().to_owned())
        .collect();
    let known: BTreeSet<String> = ALLOWED.iter().map(|(member, _)| (*member).to_owned()).collect();
    assert_eq!(members, known, "each member has a line in this test");

    let names: BTreeMap<String, String> = members
        .iter()
        .map(|member| (manifest(member)["package"]["name"].as_str().unwrap().to_owned(), member.clone()))
        .collect();
    let mut wrong = Vec::new();
    for (member, allowed) in ALLOWED {
        let manifest = manifest(member);
        let targets = manifest.get("target").and_then(toml::Value::as_table).into_iter().flatten();
        let tables = std::iter::once(&manifest).chain(targets.filter_map(|(_, target)| target.as_table()));
        for table in tables {
            for section in ["dependencies", "build-dependencies"] {
                let Some(dependencies) = table.get(section).and_then(toml::Value::as_table) else { continue };
                let ours = dependencies.keys().filter_map(|name| names.get(name));
                wrong.extend(
                    ours.filter(|other| !allowed.contains(&other.as_str()))
                        .map(|other| format!("{member} depends on {other}")),
                );
            }
        }
    }
    none("dependencies that point the wrong way", &wrong);
}

#[test]
fn nothing_names_a_private_machine() {
    // Put together here, so that this file does not hold what it looks for.
    let forbidden = [
        ["/wo", "rk/"].concat(),
        ["/ro", "ot/"].concat(),
        ["crates-", "io"].concat(),
        ["static.cra", "tes.io"].concat(),
        ["registry.npm", "mirror"].concat(),
    ];
    let mut found = Vec::new();
    for path in files() {
        let bytes = std::fs::read(root().join(&path)).unwrap();
        // Pictures and the like are no text.
        let Ok(text) = String::from_utf8(bytes) else { continue };
        for (number, line) in text.lines().enumerate() {
            // Lock files name the public registry, which is what they are for.
            let lock = path.ends_with(".lock") || path.ends_with("package-lock.json") || path == "deny.toml";
            if !lock && let Some(word) = forbidden.iter().find(|word| line.contains(word.as_str())) {
                found.push(format!("{path}:{}: {word}", number + 1));
            }
        }
    }
    none("words that belong to one machine", &found);
}

/// What stands between backticks, outside fenced blocks.
fn quoted(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut words = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            words.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    words
}

#[test]
fn paths_in_the_documents_exist() {
    let top: BTreeSet<String> =
        files().iter().filter_map(|path| Some(path.split_once('/')?.0.to_owned())).collect();
    for document in ["ARCHITECTURE.md", "README.md"] {
        let text = std::fs::read_to_string(root().join(document))
            .unwrap_or_else(|error| panic!("{document} cannot be read: {error}"));
        let mut checked = 0;
        let mut missing = Vec::new();
        for word in quoted(&text) {
            let Some((first, _)) = word.split_once('/') else { continue };
            // Methods, addresses and globs have slashes as well; a path begins in a folder of this repository.
            let path_like = !word.contains([' ', '*', '<', '{', '\u{2026}', ':']);
            if path_like && top.contains(first) {
                checked += 1;
                if !root().join(&word).exists() {
                    missing.push(format!("{document}: {word}"));
                }
            }
        }
        none("paths that do not exist", &missing);
        tell(&format!("{document}: {checked} paths exist"));
        assert!(document != "ARCHITECTURE.md" || checked >= 10, "the code map names {checked} paths");
    }
}

#[test]
fn commands_in_the_readme_exist() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let arguments = std::fs::read_to_string(root().join("app/src/cli/arguments.rs")).unwrap();
    let server = std::fs::read_to_string(root().join("sync-server/src/cli/mod.rs")).unwrap();
    let xtask = std::fs::read_to_string(root().join("xtask/src/arguments.rs")).unwrap();
    let mut unknown = Vec::new();
    let mut checked = 0;
    for line in text.lines().flat_map(|line| line.split('`')).map(str::trim) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (source, verb) = match words.as_slice() {
            ["groundplan", verb, ..] => (&arguments, verb),
            ["groundplan-server", verb, ..] => (&server, verb),
            ["cargo", "xtask", verb, ..] => (&xtask, verb),
            _ => continue,
        };
        if !verb.starts_with(|c: char| c.is_ascii_lowercase()) {
            continue;
        }
        checked += 1;
        // The grammar spells its commands as variants: `check-config` is `CheckConfig`.
        let variant: String = verb
            .split('-')
            .map(|part| {
                let mut letters = part.chars();
                letters
                    .next()
                    .map(|first| first.to_ascii_uppercase())
                    .into_iter()
                    .chain(letters)
                    .collect::<String>()
            })
            .collect();
        let is_variant = |line: &str| {
            line.trim()
                .strip_prefix(variant.as_str())
                .is_some_and(|rest| rest.starts_with([',', ' ', '(', '{']))
        };
        if !source.lines().any(is_variant) {
            unknown.push(line.to_owned());
        }
    }
    none("commands that the programs do not have", &unknown);
    tell(&format!("README.md: {checked} commands exist"));
    assert!(checked > 0, "the README shows no command");
}
