//! One sample of each body, complete with optional fields: the examples of the OpenAPI document.
//!
//! The values are made up and of no account; their shapes are what counts.

use groundplan_shared::{
    auth::jwks::Jwks,
    wire::{
        AccountId, BlobId, DeviceId, Hash, Incarnation, InviteId, Nonce, PublicKey, ServerId, Signature,
        WorkspaceId,
        cbor::Blob,
        rest::{
            BlobMissingParams, BlobMissingResponse, DeviceProof, DeviceView, InviteAccessParams, LimitsView,
            LogAppendParams, LogAppendResponse, LogGetResponse, LoginFinishParams, LoginFinishResponse,
            LoginStartParams, LoginStartResponse, LogoutParams, MailboxGetResponse, MailboxMessage,
            MailboxPutParams, MailboxPutResponse, MailboxSide, RegisterFinishParams, RegisterFinishResponse,
            RegisterStartParams, RegisterStartResponse, RegistrationMode, SecondFactorBegun,
            SecondFactorCode, SecondFactorView, ServerInfo, TokenPair, TokenRefreshParams,
            WorkspaceCreateParams, WorkspaceCreateResponse, WorkspaceListResponse, WorkspaceView,
        },
    },
};

use super::{
    admin::{InvitationCreateParams, InvitationCreateResponse},
    schema::{Shape, shape},
};

const WORKSPACE: WorkspaceId = WorkspaceId([1; 16]);
const ACCOUNT: AccountId = AccountId([2; 16]);
const DEVICE: DeviceId = DeviceId([3; 16]);
const HASH: Hash = Hash([4; 32]);
const TIME_MS: u64 = 1_800_000_000_000;

fn blob() -> Blob {
    Blob(vec![1, 2, 3])
}

fn invitation_text() -> Option<String> {
    Some("an-invitation".to_owned())
}

fn name() -> String {
    "ada".to_owned()
}

macro_rules! samples {
    ($($name:ident => $value:expr;)*) => {$(
        pub(super) fn $name() -> Shape {
            shape(&$value)
        }
    )*};
}

samples! {
    server_info => ServerInfo {
        server: ServerId([5; 16]), incarnation: Incarnation([6; 16]), version: "0.1.0".to_owned(),
        frame_versions: vec![1], registration: RegistrationMode::Invitation,
        issuer: "https://sync.example.org".to_owned(), time_ms: TIME_MS, limits: LimitsView::default(),
    };
    jwks => Jwks::of([&PublicKey([7; 32])]);
    register_start => RegisterStartParams { username: name(), request: blob(), invitation: invitation_text() };
    register_started => RegisterStartResponse { response: blob() };
    register_finish => RegisterFinishParams { username: name(), upload: blob(), invitation: invitation_text() };
    registered => RegisterFinishResponse { account: ACCOUNT };
    login_start => LoginStartParams { username: name(), request: blob() };
    login_started => LoginStartResponse {
        login: "opaque".to_owned(), response: blob(), server: ServerId([5; 16]), nonce: Nonce([8; 32]),
        account: ACCOUNT,
    };
    login_finish => LoginFinishParams {
        login: "opaque".to_owned(), finalization: blob(),
        device: DeviceProof {
            signing_key: PublicKey([7; 32]), hpke_key: PublicKey([9; 32]), proof: Signature([10; 64]),
        },
        code: Some("123456".to_owned()), vouched: Some("header.claims.signature".to_owned()),
    };
    second_factor => SecondFactorView { enabled: true, proven: true };
    second_factor_begun => SecondFactorBegun {
        secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned(), uri: "otpauth://totp/…".to_owned(),
    };
    second_factor_code => SecondFactorCode { code: "123456".to_owned() };
    logged_in => LoginFinishResponse { account: ACCOUNT, device: DEVICE, tokens: token_pair() };
    refresh => TokenRefreshParams {
        device: DEVICE, refresh_token: "gpr1_opaque".to_owned(), proof: Signature([10; 64]),
    };
    tokens => token_pair();
    logout => LogoutParams { everywhere: false };
    devices => vec![DeviceView { device: DEVICE, registered_ms: TIME_MS, last_seen_ms: TIME_MS, current: true }];
    invitation => InvitationCreateParams { valid_hours: 72 };
    invited => InvitationCreateResponse { invitation: "an-invitation".to_owned(), expires_ms: TIME_MS };
    workspace_create => WorkspaceCreateParams { entries: vec![blob()] };
    workspace_created => WorkspaceCreateResponse { workspace: WORKSPACE, head_index: 0, head_hash: HASH };
    workspaces => WorkspaceListResponse {
        workspaces: vec![WorkspaceView { workspace: WORKSPACE, head_index: 0, head_hash: HASH, head_ws_seq: 12 }],
    };
    log => LogGetResponse { first_index: 0, entries: vec![blob()], head_index: 0, head_hash: HASH };
    log_append => LogAppendParams { entry: blob() };
    log_appended => LogAppendResponse { head_index: 1, head_hash: HASH };
    invite_access => InviteAccessParams {
        invite: InviteId([11; 16]), device: DEVICE, signature: Signature([10; 64]),
    };
    blobs_asked => BlobMissingParams { blobs: vec![BlobId([12; 32])] };
    blobs_missing => BlobMissingResponse { missing: vec![BlobId([12; 32])] };
    mailbox_put => MailboxPutParams { side: MailboxSide::New, sequence: 0, sealed: blob() };
    mailbox_put_done => MailboxPutResponse { expires_ms: TIME_MS };
    mailbox => MailboxGetResponse {
        messages: vec![MailboxMessage { sequence: 0, sealed: blob() }], expires_ms: TIME_MS,
    };
}

fn token_pair() -> TokenPair {
    TokenPair {
        access_token: "header.claims.signature".to_owned(),
        access_expires_ms: TIME_MS,
        refresh_token: "gpr1_opaque".to_owned(),
    }
}
