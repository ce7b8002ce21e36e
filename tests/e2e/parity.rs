//! One command table, three ways to it: inside the process (as the desktop window calls), the local agent's HTTP, and the
//! command line's `call`. Every row works through each of them, answers the same and refuses the same.

mod local;
mod plain;
mod remote;

use std::collections::BTreeSet;
use std::sync::Arc;

use groundplan_app::dispatch::Caller;
use groundplan_app::host::Host;
use groundplan_app::profile::{KeyOptions, ProfileOptions};
use groundplan_shared::api::{ApiError, COMMANDS, Right};
use groundplan_tests::device::{CallError, Device};
use groundplan_tests::programs::PASSPHRASE;
use serde_json::{Value, json};

/// What a command answered, or its error.
type Answer = Result<Value, Value>;

/// A way to the table.
enum Way {
    Process(tokio::runtime::Runtime, Arc<Host>),
    Agent(Device),
    CommandLine(Device),
}

impl Way {
    fn process(device: &Device) -> Self {
        let options = ProfileOptions {
            profile: None,
            data_dir: Some(device.folder().join("profile")),
            key: KeyOptions { passphrase: Some(PASSPHRASE.to_owned().into()), prefer_passphrase: true },
            create: true,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        Self::Process(runtime, Host::new(options))
    }

    /// Calls a command that is in the table.
    fn call(&self, method: &str, params: &Value) -> Answer {
        let answer = self.raw(method, params);
        let refused = answer.as_ref().err().map(|error| error["code"].clone());
        assert_ne!(refused, Some(json!("unsupported")), "{method} is in the table and not built");
        assert_ne!(refused, Some(json!("unknown_method")), "{method} is in the table and not known");
        answer
    }

    fn raw(&self, method: &str, params: &Value) -> Answer {
        match self {
            Self::Process(runtime, host) => runtime
                .block_on(host.call(Caller::Window, method, params.clone()))
                .map_err(|error| serde_json::to_value(error).unwrap()),
            Self::Agent(device) => match device.call(method, params.clone()) {
                Ok(value) => Ok(value),
                Err(CallError::Refused(status, error)) => {
                    let known: ApiError = serde_json::from_value(error.clone()).unwrap();
                    assert_eq!(known.code.http_status(), status, "{method}: {error}");
                    Err(error)
                }
                Err(CallError::Broken(error)) => panic!("{method}: {error}"),
            },
            Self::CommandLine(device) => {
                let said = device.cli(&["--json", "call", method, &params.to_string()]);
                if said.code == 0 {
                    Ok(serde_json::from_str(&said.out).unwrap())
                } else {
                    let error: Value = serde_json::from_str(said.err.lines().last().unwrap()).unwrap();
                    let known: ApiError = serde_json::from_value(error["error"].clone()).unwrap();
                    assert_eq!(i32::from(known.code.exit_code()), said.code, "{method}: {error}");
                    Err(error["error"].clone())
                }
            }
        }
    }
}

/// The same profile through all three ways at once.
fn three_ways() -> (Device, [Way; 3]) {
    let first = Device::new("Parity");
    first.done(&["init", "--sample"]);
    let ways = {
        let mut agent = first.sibling();
        agent.start();
        [Way::process(&first), Way::Agent(agent), Way::CommandLine(first.sibling())]
    };
    (first, ways)
}

#[test]
fn every_command_refuses_unknown_parameters_equally() {
    let (_first, ways) = three_ways();
    for command in COMMANDS {
        let answers: Vec<Answer> =
            ways.iter().map(|way| way.call(command.method, &json!({ "no_such_parameter": 1 }))).collect();
        let error = answers[0].as_ref().expect_err(command.method);
        assert_eq!(error["code"], "invalid_input", "{}: {error}", command.method);
        assert!(
            error["message"].as_str().unwrap().contains("no_such_parameter"),
            "{}: {error}",
            command.method
        );
        assert!(answers.iter().all(|answer| answer == &answers[0]), "{}: {answers:?}", command.method);
    }
    let answers: Vec<Answer> = ways.iter().map(|way| way.raw("no/such", &json!({}))).collect();
    assert_eq!(answers[0].as_ref().unwrap_err()["code"], "unknown_method");
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:?}");
}

#[test]
fn every_question_is_answered_equally() {
    let (_first, ways) = three_ways();
    let [process, ..] = &ways;
    let first = |method: &str| {
        let list = process.call(method, &json!({})).unwrap();
        list["items"][0]["id"].clone()
    };
    let (element, page, view) = (first("element/list"), first("page/list"), first("view/list"));
    let member = first("member/list");
    let file = json!({ "document": page, "name": "a.txt", "base64": "aGVsbG8=" });
    let attachment = process.call("attachment/add", &file).unwrap()["id"].clone();
    let questions = [
        ("app/status", json!({})),
        ("profile/status", json!({})),
        ("account/server_key", json!({ "server": "http://127.0.0.1:9" })),
        ("workspace/summary", json!({})),
        ("element/get", json!({ "id": element })),
        ("element/list", json!({})),
        ("relation/list", json!({})),
        ("page/get", json!({ "id": page })),
        ("page/list", json!({})),
        ("attachment/list", json!({ "document": page })),
        ("attachment/get", json!({ "id": attachment })),
        ("history/list", json!({ "document": element })),
        ("history/compare", json!({ "document": element, "from": "" })),
        ("history/at", json!({ "at_ms": 1 })),
        ("comment/list", json!({})),
        ("changes/list", json!({})),
        ("changes/seen", json!({})),
        ("text/open", json!({ "document": page, "field": "body" })),
        ("view/list", json!({})),
        ("view/scene", json!({ "id": view })),
        ("explorer/list", json!({ "part": "elements" })),
        ("search/query", json!({ "text": "server" })),
        ("import/list", json!({})),
        ("export/run", json!({ "format": "json" })),
        ("job/cancel", json!({ "job": "nothing of this name" })),
        ("edit/state", json!({})),
        ("sync/status", json!({})),
        ("sync/quarantine", json!({})),
        ("sync/alarm", json!({})),
        ("sync/rescue", json!({})),
        ("sync/peers", json!({})),
        ("sync/held", json!({})),
        ("device/list", json!({})),
        ("member/list", json!({})),
        ("member/safety", json!({ "member": member })),
        ("invite/list", json!({})),
        ("presence/set", json!({ "document": page })),
        ("presence/list", json!({})),
        ("settings/get", json!({})),
    ];
    let asked: BTreeSet<&str> = questions.iter().map(|(method, _)| *method).collect();
    let reads: BTreeSet<&str> = COMMANDS
        .iter()
        .filter(|command| command.right == Right::Read)
        .map(|command| command.method)
        .collect();
    assert_eq!(asked, reads, "each command that only reads has a question here");
    for (method, params) in &questions {
        let answers: Vec<Answer> = ways.iter().map(|way| way.call(method, params)).collect();
        assert!(answers[0].is_ok() || *method == "job/cancel", "{method}: {:?}", answers[0]);
        for other in &answers[1..] {
            // Each way opened the workspace at a time of its own.
            let [ours, theirs] = [&answers[0], other]
                .map(|one| one.clone().map(|answer| plain::log(&[(String::new(), answer)])));
            assert_eq!(ours, theirs, "{method}");
        }
    }
}

#[test]
fn every_command_works_and_answers_equally() {
    // Each way gets a profile of its own and goes through the same edits; ids and times aside, the answers are equal.
    let fresh = || {
        let device = Device::new("Parity");
        device.done(&["init", "First"]);
        device
    };
    let (in_process, mut agent) = (fresh(), fresh());
    agent.start();
    let ways = [Way::process(&in_process), Way::Agent(agent), Way::CommandLine(fresh())];
    let mut logs = Vec::new();
    for way in &ways {
        let mut log = Vec::new();
        local::tell(&mut |method, params| {
            let answer =
                way.call(method, &params).unwrap_or_else(|error| panic!("{method} {params}: {error}"));
            log.push((method.to_owned(), answer.clone()));
            answer
        });
        logs.push(log);
    }
    let plain: Vec<Vec<(String, Value)>> = logs.iter().map(|log| plain::log(log)).collect();
    for other in &plain[1..] {
        for (ours, theirs) in plain[0].iter().zip(other) {
            assert_eq!(ours, theirs);
        }
    }
    let mut done: BTreeSet<String> = logs[0].iter().map(|(method, _)| method.clone()).collect();
    done.extend(remote::tell());
    // Which job runs at a moment is left to chance; that none runs is said equally.
    let cancelled: Vec<Answer> =
        ways.iter().map(|way| way.call("job/cancel", &json!({ "job": "none" }))).collect();
    assert_eq!(cancelled[0].as_ref().unwrap_err()["code"], "not_found");
    assert!(cancelled.iter().all(|answer| answer == &cancelled[0]), "{cancelled:?}");
    done.insert("job/cancel".to_owned());
    done.insert("profile/create".to_owned());
    done.insert("backup/restore".to_owned());
    let all: BTreeSet<String> = COMMANDS.iter().map(|command| command.method.to_owned()).collect();
    assert_eq!(done, all, "each command of the table is told about here");
}

#[test]
fn without_a_keyring_everything_waits_for_a_passphrase_equally() {
    let no_secrets = |command: &mut std::process::Command| {
        command.env_remove("GROUNDPLAN_PASSPHRASE").env("DBUS_SESSION_BUS_ADDRESS", "disabled:");
    };
    let create = json!({ "passphrase": PASSPHRASE });
    let (mut agent, terminal) = (Device::new("Agent"), Device::new("Terminal"));
    agent.start_with(no_secrets);
    let locked = agent.call("workspace/create", json!({ "name": "Shop" }));
    assert!(
        matches!(&locked, Err(CallError::Refused(423, error)) if error["code"] == "locked"),
        "{locked:?}"
    );
    assert_eq!(agent.ask("profile/status", json!({}))["state"], "new");
    let by_agent = agent.ask("profile/create", create.clone());
    let said = terminal.cli_with(&["call", "profile/create", &create.to_string()], no_secrets);
    assert_eq!(said.code, 0, "{}", said.err);
    let by_terminal: Value = serde_json::from_str(&said.out).unwrap();
    let plain = |answer: &Value| plain::log(&[(String::new(), answer.clone())]);
    assert_eq!(plain(&by_agent), plain(&by_terminal));
    assert_eq!(by_agent["state"], "open");
    agent.ask("workspace/create", json!({ "name": "Shop" }));
    assert_eq!(agent.ask("profile/lock", json!({}))["state"], "locked");
    // The command line is a process of its own, with a passphrase of its own.
    agent.done(&["status"]);
    let locked = agent.cli_with(&["status"], no_secrets);
    assert_eq!(locked.code, 7, "{}", locked.err);
    let wrong = agent.call("profile/unlock", json!({ "passphrase": "not this one" }));
    assert!(
        matches!(&wrong, Err(CallError::Refused(423, error)) if error["code"] == "key_wrong"),
        "{wrong:?}"
    );
    agent.ask("profile/unlock", create);
    assert_eq!(agent.ask("app/status", json!({}))["workspaces"][0]["name"], "Shop");
}
