//! F3: the disk is full. The program says so, shows what it has and goes on when there is room again.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use groundplan_tests::device::{CallError, Device};
use groundplan_tests::tell;
use serde_json::json;

/// A disk of a few megabytes; unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(place: &Path) -> Option<Self> {
        std::fs::create_dir_all(place).expect("a folder");
        let mounted = cfg!(target_os = "linux")
            && Command::new("mount")
                .args(["-t", "tmpfs", "-o", "size=6m,mode=0700", "groundplan-stories"])
                .arg(place)
                .output()
                .is_ok_and(|output| output.status.success());
        if !mounted {
            tell("skipped 1: F3, a full disk, needs the right to mount a tmpfs");
        }
        mounted.then(|| Self(place.to_owned()))
    }

    /// Fills what is left.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("filler");
        let mut file = std::fs::File::create(&path).expect("a file");
        for size in [65_536, 4_096, 1] {
            let piece = vec![0; size];
            while file.write_all(&piece).is_ok() {}
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let done = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(std::thread::panicking() || done.is_ok_and(|status| status.success()));
    }
}

#[test]
fn a_full_disk_is_said_and_survived() {
    let mut device = Device::new("Desk");
    let Some(disk) = SmallDisk::mount(&device.folder().join("profile")) else { return };
    device.start();
    device.ask("workspace/create", json!({ "name": "Shop" }));
    let page = device.ask("page/create", json!({ "kind": "doc", "title": "Notes", "body": "Text." }));
    let page = page["page"]["id"].clone();
    let mut acknowledged: Vec<String> = Vec::new();
    let mut refusals = 0;
    for round in 0..3 {
        let filler = disk.fill();
        // The log has some room left that it took before.
        for n in 0.. {
            assert!(n < 5_000, "the disk does not get full");
            let name = format!("part-{round}-{n}");
            match device.call("element/create", json!({ "kind": "component", "name": name })) {
                Ok(_) => acknowledged.push(name),
                Err(CallError::Refused(status, error)) => {
                    assert_eq!((status, &error["code"]), (507, &json!("storage_failed")), "{error}");
                    assert!(error["message"].as_str().expect("words").contains("full"), "{error}");
                    refusals += 1;
                    break;
                }
                Err(error) => panic!("{error:?}"),
            }
        }
        let text = device.ask("element/list", json!({})).to_string();
        assert!(acknowledged.iter().all(|name| text.contains(name.as_str())), "it stays readable");
        let file = json!({ "document": page, "name": "a.bin", "base64": "QUJD".repeat(300_000) });
        let refused = device.call("attachment/add", file);
        assert!(matches!(&refused, Err(CallError::Refused(507, _))), "{refused:?}");
        let text = device.ask("page/get", json!({ "id": page })).to_string();
        assert!(text.contains("Notes"));
        // A program that starts now can read as well.
        let list = device.done(&["list"]);
        assert!(acknowledged.iter().all(|name| list.contains(name.as_str())));
        device.kill();
        let list = device.done(&["list"]);
        assert!(acknowledged.iter().all(|name| list.contains(name.as_str())), "nor is a clean end needed");
        let said = device.cli(&["add", "component", "no-room"]);
        assert_eq!(said.code, 8, "{}{}", said.out, said.err);
        std::fs::remove_file(filler).expect("room again");
        device.start();
        device.ask("element/create", json!({ "kind": "component", "name": format!("after-{round}") }));
        acknowledged.push(format!("after-{round}"));
    }
    let list = device.ask("element/list", json!({})).to_string();
    assert!(!list.contains("no-room"));
    assert!(acknowledged.iter().all(|name| list.contains(name.as_str())));
    device.kill();
    device.done(&["doctor"]);
    tell(&format!(
        "F3: the disk was full 3 times, {refusals} edits refused, {} acknowledged and there",
        acknowledged.len()
    ));
}
