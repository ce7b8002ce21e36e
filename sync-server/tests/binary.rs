#![cfg(test)]
//! The program itself: its line when ready, its exit codes, its orderly end, and what survives when it is killed.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Output, Stdio},
};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_groundplan-server"));
    command.env_clear();
    command
}

fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

/// Starts a server and returns it with its address.
fn serve(folder: &Path) -> (Child, String) {
    let mut child = program()
        .args(["serve", "--listen", "127.0.0.1:0", "--registration", "open", "--data-dir"])
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address =
        line.trim().strip_prefix("listening on http://").expect("the line that tells the port").to_owned();
    (child, address)
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn serves_and_stops_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, address) = serve(folder.path());
    assert!(get(&address, "/readyz").contains("ready"));
    let status = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    assert!(child.wait().unwrap().success(), "a stop by signal is a success");
}

#[test]
fn keeps_its_identity_when_killed() {
    let folder = tempfile::tempdir().unwrap();
    let body = |answer: String| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    let (mut child, address) = serve(folder.path());
    let keys = body(get(&address, "/.well-known/jwks.json"));
    child.kill().unwrap();
    child.wait().unwrap();
    let (mut child, address) = serve(folder.path());
    assert_eq!(body(get(&address, "/.well-known/jwks.json")), keys);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn explains_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:0\"\n\n[limits]\nconnectoins = 4\n").unwrap();
    let output = run(&["check-config", "--config", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(78));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("server.toml:4: there is no setting `limits.connectoins`"), "{text}");
    assert!(text.contains("did you mean `limits.connections`?"), "{text}");
    let output = run(&["serve", "--listen", "0.0.0.0:0", "--data-dir", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(78));
    let blocked = folder.path().join("file");
    std::fs::write(&blocked, "x").unwrap();
    let output = run(&["migrate", "--data-dir", blocked.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("choose another with --data-dir"));
    assert_eq!(run(&["no-such-command"]).status.code(), Some(2));
}

#[test]
fn migrates_makes_tokens_and_helps() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    assert!(run(&["migrate", "--data-dir", data]).status.success());
    let first = run(&["admin", "create", "--data-dir", data]);
    let second = run(&["admin", "create", "--data-dir", data]);
    assert!(first.status.success() && second.status.success());
    assert_ne!(first.stdout, second.stdout);
    assert_eq!(first.stdout.trim_ascii().len(), 43);
    assert!(run(&["check-config", "--data-dir", data]).status.success());
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    for word in ["serve", "migrate", "admin", "check-config", "Examples:", "listening on"] {
        assert!(help.contains(word), "{word}\n{help}");
    }
}
