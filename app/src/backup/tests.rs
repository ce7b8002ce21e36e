//! Backups of a small profile: what is in them, what opens them, and everything that may be wrong with one.

use std::path::{Path, PathBuf};

use groundplan_shared::api::{ApiError, ErrorCode, Hidden};
use groundplan_shared::wire::DeviceId;
use groundplan_shared::wire::ids::{from_hex, to_hex};
use zeroize::Zeroizing;

use super::manifest::{PartOf, PartsKey};
use super::*;
use crate::profile::{Dirs, KeyOptions, ProfileOptions};
use crate::runtime::App;

const CODE: &str = "000G40-R40M30-E20918-5GR38E-1W8124-GKCBV4";

fn key() -> KeyOptions {
    KeyOptions { passphrase: Some("correct horse".to_owned().into()), prefer_passphrase: true }
}

fn code() -> Opener {
    Opener::of(None, Some(Hidden(CODE.to_owned()))).unwrap()
}

/// A profile with a workspace in it.
struct World {
    folder: tempfile::TempDir,
    app: std::sync::Arc<App>,
}

fn options(data: &Path) -> ProfileOptions {
    ProfileOptions { profile: None, data_dir: Some(data.to_owned()), key: key(), create: true }
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let app = App::open(&options(&folder.path().join("here"))).unwrap();
        for name in ["First", "Second"] {
            let params = groundplan_shared::api::WorkspaceCreateParams { name: name.to_owned() };
            crate::ops::workspace::create(&app, params).unwrap();
        }
        Self { folder, app }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn make(&self, name: &str, opener: &Opener) -> PathBuf {
        let what = What { path: self.path(name), workspace: None, force: false };
        create(&self.app, &what, opener, &mut |_, _, _| Ok(())).unwrap();
        what.path
    }

    fn restore(&self, name: &str, from: &Path, opener: &Opener) -> Result<Restored, BackupError> {
        let dirs = Dirs::find(None, Some(&self.path(name))).unwrap();
        restore(&dirs, from, opener, &key(), &mut |_, _, _| Ok(()))
    }

    /// Says that nothing but these lies in the folder.
    fn holds_only(&self, names: &[&str]) {
        let mut found: Vec<String> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        assert_eq!(found, names);
        let inside = std::fs::read_dir(self.path("here")).unwrap().map(|entry| entry.unwrap().file_name());
        let left: Vec<_> = inside.filter(|name| name.to_string_lossy().starts_with(".backup")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn what_is_backed_up_comes_back_under_another_passphrase_and_as_another_actor() {
    let world = World::new();
    let before = world.app.workspace().unwrap();
    let path = world.make("all.age", &code());
    let view = verify(&path, &code(), &mut |_, _, _| Ok(())).unwrap();
    assert_eq!(view.workspaces.iter().map(|w| w.name.as_str()).collect::<Vec<_>>(), ["First", "Second"]);
    world.restore("there", &path, &code()).unwrap();
    world.holds_only(&["all.age", "here", "there"]);
    let again = App::open(&options(&world.path("there"))).unwrap();
    assert_eq!(again.device().id(), world.app.device().id(), "it is the same device");
    let after = again.workspace().unwrap();
    assert_eq!(after.id(), before.id());
    assert_ne!(after.actor(), before.actor(), "that edits as somebody new");
    let name = |workspace: &crate::core::Workspace| workspace.read(|tx| tx.settings_id()).unwrap();
    assert_eq!(name(&after), name(&before));
    let twice = world.restore("there", &path, &code()).unwrap_err();
    assert!(matches!(twice, BackupError::Occupied(_)), "{twice}");
}

#[test]
fn one_workspace_comes_alone() {
    let world = World::new();
    let only = world.app.workspace().unwrap().id();
    let what = What { path: world.path("one.age"), workspace: Some(only), force: false };
    let view = create(&world.app, &what, &code(), &mut |_, _, _| Ok(())).unwrap();
    assert_eq!(view.workspaces.iter().map(|w| w.id).collect::<Vec<_>>(), [only]);
    assert_eq!(view.scope, "workspace");
    world.restore("there", &what.path, &code()).unwrap();
    let again = App::open(&options(&world.path("there"))).unwrap();
    assert_eq!(crate::ops::workspace::all(&again).unwrap().len(), 1);
    let gone = What { workspace: Some(groundplan_shared::model::WorkspaceId::from_bytes([9; 16])), ..what };
    let error = create(&world.app, &What { force: true, ..gone }, &code(), &mut |_, _, _| Ok(()));
    assert_eq!(ApiError::from(error.unwrap_err()).code, ErrorCode::NotFound);
    assert!(verify(&world.path("one.age"), &code(), &mut |_, _, _| Ok(())).is_ok(), "the old one stays");
}

#[test]
fn a_file_that_is_there_is_replaced_only_if_told_to() {
    let world = World::new();
    let path = world.path("precious");
    std::fs::write(&path, "precious").unwrap();
    let what = What { path: path.clone(), workspace: None, force: false };
    let error = create(&world.app, &what, &code(), &mut |_, _, _| Ok(())).unwrap_err();
    assert!(matches!(error, BackupError::Exists(_)));
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    create(&world.app, &What { force: true, ..what }, &code(), &mut |_, _, _| Ok(())).unwrap();
    verify(&path, &code(), &mut |_, _, _| Ok(())).unwrap();
}

#[test]
fn cancelling_at_any_step_leaves_nothing() {
    let world = World::new();
    let what = What { path: world.path("never.age"), workspace: None, force: false };
    let mut steps = std::collections::BTreeSet::new();
    for stop in 0.. {
        let mut calls = 0;
        let made = create(&world.app, &what, &code(), &mut |step, _, _| {
            calls += 1;
            steps.insert(step.to_owned());
            if calls <= stop { Ok(()) } else { Err(ApiError::new(ErrorCode::Cancelled, "Stop.", "")) }
        });
        if made.is_ok() {
            assert!(stop > 6, "{stop}");
            break;
        }
        world.holds_only(&["here"]);
    }
    assert_eq!(
        steps.iter().map(String::as_str).collect::<Vec<_>>(),
        ["hash", "profile", "verify", "workspace", "write"]
    );
}

#[test]
fn a_changed_backup_is_refused_wherever_it_was_changed() {
    let world = World::new();
    let whole = std::fs::read(world.make("all.age", &code())).unwrap();
    let path = world.path("bad.age");
    let refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        verify(&path, &code(), &mut |_, _, _| Ok(())).expect_err("it was changed")
    };
    let mut flips = 0;
    // Bytes of age's header and of the first piece's beginning, one in each piece after that, and the last.
    for at in (0..400).step_by(7).chain((400..whole.len()).step_by(59_999)).chain([whole.len() - 1]) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        refused(&bytes);
        flips += 1;
    }
    let mut cuts = 0;
    for length in [0, 5, 30, 150, 250, 400].into_iter().chain((1_000..whole.len()).step_by(99_991)) {
        let error = refused(&whole[..length]);
        cuts += 1;
        let small = length < 66_000;
        assert!(small || matches!(error, BackupError::Truncated { .. }), "{length}: {error}");
    }
    assert!(matches!(refused(&whole[..whole.len() - 1]), BackupError::Truncated { .. }));
    refused(&[whole.as_slice(), b"more"].concat());
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    world.restore("there", &path, &code()).unwrap_err();
    world.holds_only(&["all.age", "bad.age", "here"]);
    println!("{flips} flipped bytes and {cuts} cuts of {} bytes, all refused", whole.len());
}

#[test]
fn a_damaged_part_makes_nothing() {
    // The outer layer is right, the database inside is not: only its own pages can tell.
    let world = World::new();
    let parts: Vec<PathBuf> = vec![world.path("part")];
    std::fs::write(&parts[0], vec![7; 8_192]).unwrap();
    let (size, sha256) = archive::hash_file(&parts[0], &mut |_| Ok(())).unwrap();
    let manifest = Manifest { parts: vec![Part { workspace: None, size, sha256 }], ..manifest() };
    let path = world.path("odd.age");
    let file = std::fs::File::create(&path).unwrap();
    archive::write(file, &path, &code(), &manifest, &parts, &mut |_, _, _| Ok(())).unwrap();
    assert!(verify(&path, &code(), &mut |_, _, _| Ok(())).is_ok());
    let error = world.restore("there", &path, &code()).unwrap_err();
    assert!(matches!(error, BackupError::Store(_)), "{error}");
    world.holds_only(&["here", "odd.age", "part"]);
}

#[test]
fn each_way_of_being_wrong_has_its_own_words() {
    let world = World::new();
    let passphrase = |text: &str| Opener::of(Some(Hidden(text.to_owned())), None).unwrap();
    let (right, wrong) = (passphrase("several words of mine"), passphrase("several words of his"));
    let path = world.make("all.age", &right);
    let check = |path: &Path, opener: &Opener| verify(path, opener, &mut |_, _, _| Ok(()));
    assert!(check(&path, &right).is_ok());
    let said = |path: &Path, opener: &Opener| ApiError::from(check(path, opener).unwrap_err());
    assert!(matches!(check(&path, &wrong), Err(BackupError::Wrong { .. })));
    assert!(matches!(check(&path, &code()), Err(BackupError::OtherKind { .. })));
    let by_code = world.make("code.age", &code());
    let other = Opener::Code(Box::new(age::x25519::Identity::generate()));
    assert!(matches!(check(&by_code, &other), Err(BackupError::Wrong { .. })));
    assert!(matches!(check(&by_code, &right), Err(BackupError::OtherKind { .. })));
    std::fs::write(world.path("text"), "Dear diary").unwrap();
    assert!(matches!(check(&world.path("text"), &right), Err(BackupError::NotABackup(_))));
    assert_eq!(said(&world.path("nothing"), &right).code, ErrorCode::NotFound);
    let foreign = world.path("foreign.age");
    std::fs::write(&foreign, sealed(b"This is somebody's letter, by age.")).unwrap();
    assert!(matches!(check(&foreign, &code()), Err(BackupError::NotABackup(_))));
    let mut newer = manifest().encode().to_vec();
    newer[11] = 2;
    std::fs::write(&foreign, sealed(&newer)).unwrap();
    assert!(matches!(check(&foreign, &code()), Err(BackupError::Newer { found: 2, .. })));
    let texts = [
        said(&path, &wrong),
        said(&path, &code()),
        said(&foreign, &code()),
        said(&world.path("text"), &right),
    ];
    let words: std::collections::BTreeSet<&str> = texts.iter().map(|error| error.message.as_str()).collect();
    assert_eq!(words.len(), texts.len(), "{words:?}");
}

/// Encrypts bytes to the recovery code of these tests.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut stream = code().encrypt(Vec::new()).unwrap();
    stream.write_all(bytes).unwrap();
    stream.finish().unwrap()
}

fn manifest() -> Manifest {
    let hash = groundplan_shared::model::ContentHash([0xab; 32]);
    let workspace =
        PartOf { id: groundplan_shared::model::WorkspaceId::from_bytes([2; 16]), name: "Shop".to_owned() };
    Manifest {
        scope: Scope::Device,
        made_ms: 1_700_000_000_000,
        program: "0.1.0".to_owned(),
        device: DeviceId([1; 16]),
        device_name: "Desk".to_owned(),
        key: PartsKey(Zeroizing::new([3; 32])),
        parts: vec![
            Part { workspace: None, size: 0, sha256: hash },
            Part { workspace: Some(workspace), size: 0, sha256: hash },
        ],
    }
}

#[test]
fn the_vectors_are_kept_for_ever() {
    let stored: serde_json::Value =
        serde_json::from_str(include_str!("../../../shared/tests/vectors/backup.json")).unwrap();
    let text = |name: &str| stored[name].as_str().unwrap().to_owned();
    assert_eq!(to_hex(&manifest().encode()), text("header"), "what is written");
    let bytes = |name: &str| -> Vec<u8> {
        let digits = text(name);
        digits
            .as_bytes()
            .chunks(2)
            .map(|pair| from_hex::<1>(std::str::from_utf8(pair).unwrap()).unwrap()[0])
            .collect()
    };
    // A whole backup whose parts are empty.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vector.age");
    std::fs::write(&path, bytes("sealed_to_the_code")).unwrap();
    let empty = archive::Archive::open(&path, &code()).unwrap();
    let parts = empty.manifest.parts.clone();
    assert_eq!(parts.len(), 2);
    let (read, _) = empty.end().unwrap();
    assert_eq!(read, manifest());
    std::fs::write(&path, bytes("sealed_by_the_passphrase")).unwrap();
    let opener = Opener::of(Some(Hidden("kept for ever".to_owned())), None).unwrap();
    assert_eq!(archive::Archive::open(&path, &opener).unwrap().end().unwrap().0, manifest());
    assert!(!format!("{:?}", manifest()).contains("AwMD"), "the key is not shown");
}

#[test]
#[ignore = "prints how the vectors were made; they are never made again"]
fn vectors() {
    use std::io::Write;
    let opener = Opener::of(Some(Hidden("kept for ever".to_owned())), None).unwrap();
    let mut stream = opener.encrypt(Vec::new()).unwrap();
    stream.write_all(&manifest().encode()).unwrap();
    let json = serde_json::json!({
        "header": to_hex(&manifest().encode()),
        "sealed_by_the_passphrase": to_hex(&stream.finish().unwrap()),
        "sealed_to_the_code": to_hex(&sealed(&manifest().encode())),
    });
    println!("{}", serde_json::to_string_pretty(&json).unwrap());
}

#[test]
fn a_lost_workspace_is_taken_in_and_one_that_is_there_is_not() {
    let world = World::new();
    let path = world.make("all.age", &code());
    let view = inspect(&path, &code()).unwrap();
    assert_eq!(view.workspaces.len(), 2);
    assert!(inspect(&path, &Opener::of(Some(Hidden("another one".to_owned())), None).unwrap()).is_err());
    let lost = world.app.workspace().unwrap().id();
    let take = |app: &App, wanted| take_in(app, &path, wanted, &code(), &mut |_, _, _| Ok(()));
    let refused = |error: BackupError| ApiError::from(error).code;
    assert_eq!(refused(take(&world.app, Some(lost)).unwrap_err()), ErrorCode::Conflict, "it is here");
    assert_eq!(refused(take(&world.app, None).unwrap_err()), ErrorCode::NotFound, "which of the two?");

    // The file of one is lost with its disk.
    let database = world.app.profile().dirs().workspace_database(lost);
    let folder = world.path("here");
    let World { folder: kept, app, .. } = world;
    drop(app);
    for end in ["", "-wal", "-shm"] {
        let mut name = database.clone().into_os_string();
        name.push(end);
        drop(std::fs::remove_file(name));
    }
    let app = App::open(&options(&folder)).unwrap();
    assert!(app.open_workspace(lost).is_err());
    for stop in 0..3 {
        let mut calls = 0;
        let stopped = take_in(&app, &path, Some(lost), &code(), &mut |_, _, _| {
            calls += 1;
            if calls <= stop { Ok(()) } else { Err(ApiError::new(ErrorCode::Cancelled, "Stop.", "")) }
        });
        assert_eq!(refused(stopped.unwrap_err()), ErrorCode::Cancelled);
        assert!(!database.exists(), "nothing is left");
    }
    let taken = take(&app, Some(lost)).unwrap();
    assert!(taken.same_device && taken.id == lost);
    app.register_workspace(std::sync::Arc::new(app.workspace_files(lost).unwrap()), &taken.name).unwrap();
    let again = app.open_workspace(lost).unwrap();
    assert!(again.read(|tx| tx.settings_id()).unwrap().is_some());
    drop((app, again));

    // To a device that nobody can let in, a workspace of one device alone is of no use.
    let other = App::open(&options(&kept.path().join("other"))).unwrap();
    let error = ApiError::from(take(&other, Some(lost)).unwrap_err());
    assert!(error.code == ErrorCode::Conflict && error.message.contains("no server"), "{error}");
    assert!(!other.profile().dirs().workspace_database(lost).exists());
}
