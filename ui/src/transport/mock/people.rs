//! Members, devices and codes of the sample, and the files that are attached to it.

use groundplan_shared::api::*;
use groundplan_shared::model::{AttachmentId, ContentHash, DocumentId};

use super::store::{Store, gone};

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

const NUMBER: &str = "41527 90211 77340 18265 50912 33847 62018 99421 10563 74820 28119 40076";

pub(super) fn members() -> MemberList {
    let member = |id: &str, name: &str, role: &str, clearance: &str| MemberView {
        id: id.to_owned(),
        name: name.to_owned(),
        role: role.to_owned(),
        role_name: if role == "auditors" { "Auditors" } else { role }.to_owned(),
        clearance: words(clearance),
        service: id == "probe",
        active: id != "kim",
        you: id == "mara",
        devices: 1,
        compared: (id == "kim").then_some(true),
    };
    let role = |id: &str, permissions: &str| RoleView {
        id: id.to_owned(),
        name: if id == "auditors" { "Auditors" } else { id }.to_owned(),
        permissions: words(permissions),
        built_in: id != "auditors",
    };
    let manage = "read comment write export invite manage_members manage_devices manage_roles manage_services \
        rotate_keys set_policy";
    let now_ms = crate::text::now_ms();
    let key = |level: &str, epoch: u32, due: bool| KeyView {
        level: level.to_owned(),
        epoch,
        started_ms: now_ms.saturating_sub(86_400_000 * u64::from(epoch) * 9),
        rotation_due: due,
        held: true,
    };
    MemberList {
        items: vec![
            member("ada", "Ada Fern\u{e1}ndez", "auditors", "public internal"),
            member("jon", "Jon", "editor", "public internal"),
            member("mara", "Mara", "owner", "public internal confidential restricted"),
            member("probe", "Probe in the data centre", "viewer", "public"),
            member("kim", "Kim", "editor", ""),
        ],
        waiting: vec![NewcomerView {
            id: "new".to_owned(),
            device: "5ac01d77".to_owned(),
            role: "editor".to_owned(),
            clearance: words("public internal"),
            invite: "1".to_owned(),
            safety_number: NUMBER.to_owned(),
        }],
        roles: vec![
            role("owner", &format!("{manage} own")),
            role("administrator", manage),
            role("editor", "read comment write export"),
            role("viewer", "read comment"),
            role("auditors", "read comment export"),
        ],
        keys: vec![
            key("public", 3, false),
            key("internal", 3, true),
            key("confidential", 2, false),
            key("restricted", 1, false),
        ],
        policy: PolicyView {
            second_factor_required: false,
            sign_in: words("password passkey"),
            max_offline_days: Some(90),
            export: words("public internal"),
            rotate_after_days: None,
        },
    }
}

pub(super) fn safety(member: String) -> SafetyNumber {
    SafetyNumber { name: member.clone(), member, number: NUMBER.to_owned() }
}

pub(super) fn invites() -> InviteList {
    let invite = |id: &str, state: &str, days: u64| InviteView {
        id: id.to_owned(),
        inviter: "Mara".to_owned(),
        role: "editor".to_owned(),
        clearance: words("public internal"),
        state: state.to_owned(),
        expires_ms: crate::text::now_ms() + 86_400_000 * days,
    };
    InviteList { items: vec![invite("1", "open", 5), invite("2", "used", 0), invite("3", "expired", 0)] }
}

pub(super) fn service() -> ServiceAdded {
    ServiceAdded { member: "probe-2".to_owned(), credential: Hidden("5f3c".repeat(24)) }
}

pub(super) fn invite_link() -> InviteLink {
    let LinkCode { code, qr_svg, expires_ms } = link_code();
    InviteLink { link: code, qr_svg, expires_ms: expires_ms + 604_800_000 }
}

pub(super) fn quarantine() -> QuarantineList {
    let item = QuarantineView {
        envelope: "e0".repeat(32),
        document: "d0".repeat(16),
        author: Some("c0ffee12".to_owned()),
        reason: "The signature is not that of the author.".to_owned(),
        at_ms: crate::text::now_ms().saturating_sub(7_200_000),
        bytes: 1_204,
    };
    QuarantineList { items: vec![item], total: 1 }
}

pub(super) fn alarm() -> AlarmView {
    AlarmView {
        alarm: Some("forked".to_owned()),
        problem: Some(ApiError::new(
            ErrorCode::ServerUntrusted,
            "The server shows another history of this workspace than before. Nothing here was changed or deleted.",
            "Nothing more is sent. Compare the safety number with another member and tell the server\u{2019}s administrator.",
        )),
        proof: "{\n  \"format\": \"groundplan-server-proof\"\n}".to_owned(),
        answers: vec!["forked".to_owned()],
    }
}

pub(super) fn rescue() -> Rescue {
    let document = |kind: &str, name: &str, changes: u64| UnsentDocument {
        id: name.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        changes,
        last_ms: crate::text::now_ms().saturating_sub(600_000),
    };
    Rescue {
        problem: None,
        documents: vec![document("element", "checkout", 3), document("page", "Restore checkout", 1)],
        text: "{}".to_owned(),
    }
}

impl Store {
    pub(super) fn attachments(&self, document: Option<DocumentId>) -> AttachmentList {
        let of = |one: &&AttachmentView| document.is_none_or(|document| one.document == document);
        AttachmentList { items: self.files.iter().filter(of).cloned().collect() }
    }

    pub(super) fn attach(&mut self, params: AttachmentAddParams) -> AttachmentView {
        let name = params.name.unwrap_or_default();
        let size = params.base64.map_or(0, |text| text.len() as u64 / 4 * 3);
        let view = AttachmentView {
            id: AttachmentId::from_bytes(self.fresh().to_bytes()),
            document: params.document,
            media_type: if name.ends_with(".png") { "image/png" } else { "application/octet-stream" }
                .to_owned(),
            name,
            path: String::new(),
            size,
            hash: ContentHash([0; 32]),
            here: true,
            links: Vec::new(),
        };
        self.files.push(view.clone());
        view
    }

    pub(super) fn detach(&mut self, id: AttachmentId) -> Result<Deleted, ApiError> {
        let at = self.files.iter().position(|one| one.id == id).ok_or_else(gone)?;
        let label = format!("Take away {}", self.files.remove(at).name);
        Ok(Deleted { documents: 0, relations: 0, label })
    }
}

pub(super) fn devices() -> DeviceList {
    let device =
        |id: &str, name: &str, member: &str, role: &str, kind: &str, active: bool, this: bool| DeviceView {
            id: id.to_owned(),
            name: name.to_owned(),
            member: member.to_owned(),
            member_id: member.to_owned(),
            role: role.to_owned(),
            kind: kind.to_owned(),
            active,
            this,
            heard_ms: if member == "jon" { crate::text::now_ms().saturating_sub(240_000) } else { 0 },
        };
    DeviceList {
        items: vec![
            device("4fd1a2b0", "Mara\u{2019}s laptop", "mara", "owner", "device", true, true),
            device("9be077c1", "Mara\u{2019}s phone", "mara", "owner", "device", true, false),
            device("c0ffee12", "", "jon", "editor", "device", true, false),
            device("77aa00ff", "", "mara", "owner", "recovery", true, false),
        ],
        safety_number: "41527 90211 77340 18265".to_owned(),
    }
}

pub(super) fn link_code() -> LinkCode {
    let mut path = String::new();
    for at in 0..441_u32 {
        let (x, y) = (at % 21, at / 21);
        if (at.wrapping_mul(2_654_435_761) >> 13) & 1 == 1 {
            path.push_str(&format!("M{x} {y}h1v1h-1z"));
        }
    }
    LinkCode {
        code: Hidden("gp1-plan.example.org-7QX2-M4KD-9TWB-C3HN".to_owned()),
        qr_svg: Hidden(format!(
            "<svg viewBox=\"-1 -1 23 23\" xmlns=\"http://www.w3.org/2000/svg\"><path d=\"{path}\"/></svg>"
        )),
        expires_ms: crate::text::now_ms() + 600_000,
    }
}

pub(super) fn link_request() -> LinkRequest {
    LinkRequest {
        device_name: "Mara\u{2019}s tablet".to_owned(),
        device: "12ab34cd".to_owned(),
        check: "402 917".to_owned(),
    }
}

pub(super) fn recovery() -> RecoveryCode {
    RecoveryCode { code: Hidden("K7QM-2XWD-9HPT-4BNC-V8RJ-6SFA-3YGE-L5UZ".to_owned()) }
}
