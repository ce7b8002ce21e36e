//! Sample data in memory: answers like the client core, forgets everything at the end. Compiled only with the
//! feature `mock`, for screenshots and for looking at views without a core.
//!
//! The address' fragment chooses a state: `#none` has no workspace, `#offline`, `#problem` and `#local` show other
//! states of synchronisation, `#removed`, `#revoked` and `#forked` those of whoever was shut out or misled, `#large` has
//! 10,000 elements.

mod pages;
mod people;
mod sample;
mod scene;
mod store;
mod talk;

use std::cell::RefCell;

use groundplan_shared::api::*;
use serde::{Serialize, de::DeserializeOwned};

use super::Signal;
use store::Store;
use talk::talk;

thread_local! {
    static STORE: RefCell<Option<Store>> = const { RefCell::new(None) };
}

fn fragment() -> String {
    leptos::prelude::window().location().hash().unwrap_or_default().trim_start_matches('#').to_owned()
}

pub(super) fn listen(callback: impl Fn(Signal) + 'static) {
    callback(Signal::Connected);
}

pub(super) fn call(method: &'static str, params: &str) -> Result<String, ApiError> {
    STORE.with_borrow_mut(|store| {
        let store = store.get_or_insert_with(|| Store::new(&fragment()));
        answer(store, method, params)
    })
}

/// Reads the parameters, asks, writes the answer.
fn with<P: Command + DeserializeOwned>(
    params: &str,
    ask: impl FnOnce(P) -> Result<P::Response, ApiError>,
) -> Result<String, ApiError>
where
    P::Response: Serialize,
{
    let params = serde_json::from_str(params).map_err(|_| super::garbled(P::METHOD))?;
    serde_json::to_string(&ask(params)?).map_err(|_| super::garbled(P::METHOD))
}

fn answer(store: &mut Store, method: &'static str, params: &str) -> Result<String, ApiError> {
    match method {
        "app/status" => with(params, |_: AppStatusParams| Ok(store.status())),
        "workspace/create" => with(params, |p: WorkspaceCreateParams| Ok(store.create_workspace(p.name))),
        "workspace/open" => with(params, |_: WorkspaceOpenParams| Ok(store.open())),
        "workspace/sample" => with(params, |_: WorkspaceSampleParams| Ok(store.open())),
        "workspace/summary" => with(params, |_: WorkspaceSummaryParams| Ok(store.summary())),
        "settings/get" => with(params, |_: SettingsGetParams| Ok(store.settings.clone())),
        "settings/set" => with(params, |p: SettingsSetParams| Ok(store.set(p))),
        "element/list" => with(params, |_: ElementListParams| Ok(store.elements())),
        "element/get" => with(params, |p: ElementGetParams| store.view(p.id)),
        "element/create" => with(params, |p: ElementCreateParams| store.create(p)),
        "element/update" => with(params, |p: ElementUpdateParams| store.update(p)),
        "element/delete" => with(params, |p: ElementDeleteParams| Ok(store.delete(&p.ids))),
        "relation/create" => with(params, |p: RelationCreateParams| store.relate(p)),
        "relation/update" => with(params, |p: RelationUpdateParams| store.change_relation(p)),
        "relation/delete" => with(params, |p: RelationDeleteParams| store.unrelate(&p)),
        "endpoint/set" => with(params, |p: EndpointSetParams| store.set_endpoint(p)),
        "page/list" => with(params, |_: PageListParams| Ok(store.page_list())),
        "page/get" => with(params, |p: PageGetParams| store.page(p.id)),
        "page/create" => with(params, |p: PageCreateParams| store.create_page(p)),
        "view/list" => with(params, |_: ViewListParams| Ok(store.views())),
        "view/scene" => with(params, |p: ViewSceneParams| Ok(scene::scene(store, p.id))),
        "text/open" => with(params, |p: TextOpenParams| store.text(p.document)),
        "text/edit" => {
            with(params, |p: TextEditParams| Ok(TextEdited { version: p.version, changes: Vec::new() }))
        }
        "comment/list" => with(params, |p: CommentListParams| Ok(talk(store, |talk| talk.list(&p)))),
        "comment/add" => with(params, |p: CommentAddParams| {
            let subject = p.subject.map(|id| store.reference(id));
            Ok(talk(store, |talk| talk.add(&p, subject)))
        }),
        "comment/resolve" => with(params, |p: CommentResolveParams| Ok(talk(store, |talk| talk.resolve(&p)))),
        "changes/list" => with(params, |_: ChangesListParams| Ok(talk(store, |talk| talk.changes(false)))),
        "changes/seen" => with(params, |_: ChangesSeenParams| Ok(talk(store, |talk| talk.changes(true)))),
        "presence/set" => with(params, |_: PresenceSetParams| Ok(talk::present())),
        "presence/list" => with(params, |_: PresenceListParams| Ok(talk::present())),
        "search/query" => with(params, |p: SearchParams| Ok(store.search(&p.text))),
        "sync/status" => with(params, |_: SyncStatusParams| Ok(store.sync.clone())),
        "sync/now" => with(params, |_: SyncNowParams| Ok(store.sync.clone())),
        "device/list" => with(params, |_: DeviceListParams| Ok(people::devices())),
        "device/link_start" => with(params, |_: DeviceLinkStartParams| Ok(people::link_code())),
        "device/link_wait" => with(params, |_: DeviceLinkWaitParams| Ok(people::link_request())),
        "device/link_confirm" => with(params, |_: DeviceLinkConfirmParams| Ok(people::devices())),
        "recovery/create" => with(params, |_: RecoveryCreateParams| Ok(people::recovery())),
        "device/revoke" => with(params, |_: DeviceRevokeParams| Ok(people::devices())),
        "member/list" => with(params, |_: MemberListParams| Ok(people::members())),
        "member/safety" => with(params, |p: MemberSafetyParams| Ok(people::safety(p.member))),
        "member/invite" => with(params, |_: MemberInviteParams| Ok(people::invite_link())),
        "member/verify" => with(params, |_: MemberVerifyParams| Ok(people::members())),
        "member/confirm" => with(params, |_: MemberConfirmParams| Ok(people::members())),
        "member/remove" => with(params, |_: MemberRemoveParams| Ok(people::members())),
        "member/role" => with(params, |_: MemberRoleParams| Ok(people::members())),
        "member/clearance" => with(params, |_: MemberClearanceParams| Ok(people::members())),
        "member/transfer" => with(params, |_: MemberTransferParams| Ok(people::members())),
        "invite/list" => with(params, |_: InviteListParams| Ok(people::invites())),
        "invite/cancel" => with(params, |_: InviteCancelParams| Ok(people::invites())),
        "role/define" => with(params, |_: RoleDefineParams| Ok(people::members())),
        "service/add" => with(params, |_: ServiceAddParams| Ok(people::service())),
        "policy/set" => with(params, |_: PolicySetParams| Ok(people::members())),
        "key/rotate" => with(params, |_: KeyRotateParams| Ok(people::members())),
        "sync/quarantine" => with(params, |_: SyncQuarantineParams| Ok(people::quarantine())),
        "sync/alarm" => with(params, |_: SyncAlarmParams| Ok(people::alarm())),
        "sync/settle" => with(params, |_: SyncSettleParams| Ok(store.sync.clone())),
        "sync/rescue" => with(params, |_: SyncRescueParams| Ok(people::rescue())),
        "attachment/list" => with(params, |p: AttachmentListParams| Ok(store.attachments(p.document))),
        "attachment/add" => with(params, |p: AttachmentAddParams| Ok(store.attach(p))),
        "attachment/remove" => with(params, |p: AttachmentRemoveParams| store.detach(p.id)),
        "import/list" => with(params, |_: ImportListParams| Ok(sample::sources())),
        "import/preview" => with(params, |_: ImportPreviewParams| Ok(sample::preview())),
        "edit/state" => with(params, |_: EditStateParams| Ok(store.edits.clone())),
        "edit/undo" => with(params, |_: EditUndoParams| Ok(store.edits.clone())),
        "edit/redo" => with(params, |_: EditRedoParams| Ok(store.edits.clone())),
        _ => Err(ApiError::new(
            ErrorCode::Unsupported,
            format!("The sample data cannot do {method}."),
            "Start the program itself to try this.",
        )),
    }
}
