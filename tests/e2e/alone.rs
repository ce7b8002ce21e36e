//! J1: from an empty machine, with one command after the other, to the drawing of a real system; and what happens
//! with input that is no good.

use std::path::Path;
use std::process::Command;

use groundplan_tests::device::{Said, said};
use groundplan_tests::{corpora, programs, tell};
use serde_json::Value;
use tempfile::TempDir;

/// A machine on which Groundplan was never started: nothing but a home folder.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn home(&self) -> &Path {
        self.0.path()
    }

    fn command(&self) -> Command {
        let mut command = programs::groundplan();
        for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"] {
            command.env_remove(name);
        }
        command.env("HOME", self.home()).current_dir(self.home()).stdin(std::process::Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Said {
        said(self.command().args(words))
    }

    fn done(&self, words: &[&str]) -> String {
        let said = self.run(words);
        assert_eq!(said.code, 0, "groundplan {words:?}\n{}{}", said.out, said.err);
        said.out
    }

    fn list(&self, words: &[&str]) -> Vec<Value> {
        let printed = self.done(&[&["list", "--json"], words].concat());
        serde_json::from_str(&printed).unwrap()
    }

    /// Runs a command that must fail, and returns what it said for programs.
    fn refused(&self, code: i32, words: &[&str]) -> Value {
        let said = self.run(&[&["--json"], words].concat());
        assert_eq!(said.code, code, "groundplan {words:?}\n{}{}", said.out, said.err);
        assert_eq!(said.out, "", "nothing but the error is said");
        let error: Value = serde_json::from_str(&said.err).unwrap();
        let text = |field: &str| error["error"][field].as_str().unwrap().to_owned();
        assert!(!text("message").is_empty() && !text("hint").is_empty(), "{error}");
        error["error"].clone()
    }

    /// Runs a command and returns the seconds of CPU that it took.
    fn seconds(&self, words: &[&str]) -> f64 {
        let measured = self.command();
        let mut command = Command::new("sh");
        command.args(["-c", "\"$@\" >/dev/null && times >&2", "sh"]).arg(measured.get_program()).args(words);
        for (name, value) in measured.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let said = said(command.current_dir(self.home()));
        assert_eq!(said.code, 0, "{}", said.err);
        // The second line holds user and system time of the children, as `0m0.12s`.
        let times = said.err.lines().last().unwrap();
        let seconds = |word: &str| {
            let (minutes, seconds) = word.trim_end_matches('s').split_once('m').unwrap();
            minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap()
        };
        times.split_whitespace().map(seconds).sum()
    }
}

#[test]
fn a_real_system_is_imported_and_drawn_on_an_empty_machine() {
    let Some(corpora) = corpora::find() else { return };
    let file = corpora.join("compose/sentry-self-hosted.yml");
    let machine = Machine::new();
    let nothing = machine.refused(3, &["list"]);
    assert!(nothing["hint"].as_str().unwrap().contains("groundplan init"), "{nothing}");

    machine.done(&["init", "Sentry"]);
    let import = machine.seconds(&["import", file.to_str().unwrap()]);
    let components = machine.list(&["--kind", "component"]);
    assert_eq!(components.len(), 57);
    assert_eq!(machine.list(&["--kind", "datastore"]).len(), 16);
    for element in &components {
        assert!(["id", "kind", "name"].iter().all(|field| element[field].is_string()), "{element}");
    }
    let relations = machine.list(&["--relations"]);
    let depends: Vec<&Value> =
        relations.iter().filter(|relation| relation["properties"]["origin"] == "depends_on").collect();
    assert_eq!(depends.len(), 236);
    let ends: std::collections::BTreeSet<_> =
        depends.iter().map(|one| (one["source"].to_string(), one["target"].to_string())).collect();
    assert_eq!(ends.len(), 236, "each pair once");

    let drawing = machine.home().join("sentry.svg");
    let view = machine.seconds(&["view", "--output", drawing.to_str().unwrap()]);
    let svg = std::fs::read_to_string(&drawing).unwrap();
    assert!(svg.starts_with("<svg") || svg.starts_with("<?xml"));
    for element in &components {
        let name = element["name"].as_str().unwrap();
        // A name too long for its card ends in an ellipsis there and stands in full in the descriptions.
        let short: String = name.chars().take(16).collect();
        let on_card =
            svg.contains(&format!(">{name}<")) || (name.len() > 20 && svg.contains(&format!(">{short}")));
        assert!(on_card && svg.contains(name), "{name} is not in the drawing");
    }
    let outline = machine.done(&["view", "--outline"]);
    assert!(components.iter().all(|element| outline.contains(element["name"].as_str().unwrap())));
    tell(&format!("CPU of the programs as built for tests: import {import:.2} s, drawing {view:.2} s"));

    // Importing again changes nothing, and the machine remembers everything in its usual place.
    let before = machine.done(&["export", "json"]);
    machine.done(&["import", file.to_str().unwrap()]);
    assert_eq!(machine.done(&["export", "json"]), before);
    assert!(machine.home().join(".local/share").is_dir(), "the profile lies where systems keep such data");
}

#[test]
fn bad_input_is_refused_with_file_line_and_reason_and_nothing_is_applied() {
    let machine = Machine::new();
    machine.done(&["init", "Shop"]);
    machine.done(&["add", "component", "web"]);
    let before = machine.done(&["export", "json"]);
    let folder = machine.home();

    let missing = machine.refused(6, &["import", "missing.yml"]);
    assert!(missing["message"].as_str().unwrap().contains("missing.yml"), "{missing}");

    let bomb: String = std::iter::once("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned())
        .chain((1..12).map(|n| {
            let before = format!("*a{}", n - 1);
            format!("a{n}: &a{n} [{}]\n", vec![before; 10].join(", "))
        }))
        .chain(["services:\n  web:\n    image: nginx\n    environment: *a11\n".to_owned()])
        .collect();
    let cases = [
        (
            "broken.yml",
            "services:\n  web:\n    image: nginx\n    ports: [80\n  api:\n    image: x\n",
            Some(5),
        ),
        ("tab.yml", "services:\n  web:\n\timage: nginx\n", Some(3)),
        ("cycle.yml", "services:\n  a:\n    extends: b\n  b:\n    extends: a\n", None),
        (
            "outside.yml",
            "services:\n  a:\n    extends:\n      file: ../../etc/passwd\n      service: x\n",
            None,
        ),
        ("alias.yml", "services:\n  web: *nowhere\n", Some(2)),
        ("bomb.yml", bomb.as_str(), None),
    ];
    for (name, text, line) in cases {
        std::fs::write(folder.join(name), text).unwrap();
        let error = machine.refused(6, &["import", name]);
        let message = error["message"].as_str().unwrap();
        assert_eq!(error["code"], "import_refused");
        assert!(message.contains(name), "{message}");
        if let Some(line) = line {
            assert!(message.contains(&format!("{name}:{line}")), "{name}, line {line}: {message}");
        }
        assert_eq!(machine.done(&["export", "json"]), before, "{name} was half applied");
    }
    tell(&format!("{} bad inputs refused, nothing applied", cases.len() + 1));
}

#[test]
fn wrong_usage_and_wrong_keys_have_exit_codes_of_their_own() {
    let machine = Machine::new();
    machine.done(&["init", "Shop"]);
    let before = machine.done(&["export", "json"]);
    assert_eq!(machine.run(&["frobnicate"]).code, 2);
    assert_eq!(machine.run(&["list", "--kind", "sevice"]).code, 2);
    machine.refused(2, &["add", "component", ""]);
    machine.refused(3, &["show", "nobody"]);
    assert_eq!(machine.run(&["sync"]).code, 9);
    machine.refused(2, &["call", "no/such"]);
    machine.refused(2, &["call", "element/list", "{"]);

    let with = |passphrase: Option<&str>| {
        let mut command = machine.command();
        command.args(["--json", "list"]).env_remove("GROUNDPLAN_PASSPHRASE");
        if let Some(passphrase) = passphrase {
            command.env("GROUNDPLAN_PASSPHRASE", passphrase);
        }
        said(&mut command)
    };
    let wrong = with(Some("another passphrase"));
    assert_eq!(wrong.code, 7, "{}", wrong.err);
    assert!(wrong.err.contains("key_wrong"), "{}", wrong.err);
    let missing = with(None);
    assert_eq!(missing.code, 7, "{}", missing.err);
    assert!(missing.err.contains("\"locked\""), "{}", missing.err);
    assert_eq!(machine.done(&["export", "json"]), before);
}
