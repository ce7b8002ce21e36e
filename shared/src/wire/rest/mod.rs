//! JSON bodies of the REST interface and its paths. Unknown fields are refused (mass assignment).
//!
//! Handlers, status codes and OpenAPI text are the server's; problems are in [`super::problem`].

mod account;
mod blob;
mod mailbox;
mod server;
mod workspace;

pub use account::{
    DeviceProof, DeviceView, LoginFinishParams, LoginFinishResponse, LoginStartParams, LoginStartResponse,
    LogoutParams, RegisterFinishParams, RegisterFinishResponse, RegisterStartParams, RegisterStartResponse,
    SecondFactorBegun, SecondFactorCode, SecondFactorView, TokenPair, TokenRefreshParams,
};
pub use blob::{BlobMissingParams, BlobMissingResponse, BlobPutQuery};
pub use mailbox::{MailboxGetResponse, MailboxMessage, MailboxPutParams, MailboxPutResponse, MailboxSide};
pub use server::{LimitsView, RegistrationMode, ServerInfo};
pub use workspace::{
    InviteAccessParams, LogAppendParams, LogAppendResponse, LogGetResponse, WorkspaceCreateParams,
    WorkspaceCreateResponse, WorkspaceListResponse, WorkspaceView,
};

/// Paths of version 1; `{…}` are path parameters.
pub mod path {
    /// GET: [`super::ServerInfo`]; no authentication.
    pub const SERVER: &str = "/v1/server";
    /// GET: the JWKS of access tokens; no authentication.
    pub const JWKS: &str = "/.well-known/jwks.json";
    /// POST: [`super::RegisterStartParams`] → [`super::RegisterStartResponse`].
    pub const REGISTER_START: &str = "/v1/account/register/start";
    /// POST: [`super::RegisterFinishParams`] → [`super::RegisterFinishResponse`].
    pub const REGISTER_FINISH: &str = "/v1/account/register/finish";
    /// POST: [`super::LoginStartParams`] → [`super::LoginStartResponse`].
    pub const LOGIN_START: &str = "/v1/account/login/start";
    /// POST: [`super::LoginFinishParams`] → [`super::LoginFinishResponse`].
    pub const LOGIN_FINISH: &str = "/v1/account/login/finish";
    /// POST: [`super::TokenRefreshParams`] → [`super::TokenPair`].
    pub const TOKEN_REFRESH: &str = "/v1/account/token/refresh";
    /// POST: [`super::LogoutParams`] → no content.
    pub const LOGOUT: &str = "/v1/account/logout";
    /// GET: [`super::SecondFactorView`]; POST: begins one, [`super::SecondFactorBegun`].
    pub const SECOND_FACTOR: &str = "/v1/account/second-factor";
    /// POST: [`super::SecondFactorCode`] → no content; from then on sign-ins need it.
    pub const SECOND_FACTOR_CONFIRM: &str = "/v1/account/second-factor/confirm";
    /// POST: [`super::SecondFactorCode`] → no content; from then on the password is enough.
    pub const SECOND_FACTOR_REMOVE: &str = "/v1/account/second-factor/remove";
    /// GET: a list of [`super::DeviceView`].
    pub const DEVICES: &str = "/v1/account/devices";
    /// DELETE: ends a device's sessions on this server (not its membership).
    pub const DEVICE: &str = "/v1/account/devices/{device}";
    /// POST: [`super::WorkspaceCreateParams`]; GET: [`super::WorkspaceListResponse`].
    pub const WORKSPACES: &str = "/v1/workspaces";
    /// GET with `?after=<index>`: [`super::LogGetResponse`]; POST: [`super::LogAppendParams`].
    pub const LOG: &str = "/v1/workspaces/{workspace}/log";
    /// POST: [`super::InviteAccessParams`] → [`super::LogGetResponse`].
    pub const INVITE_ACCESS: &str = "/v1/workspaces/{workspace}/invite-access";
    /// POST: [`super::BlobMissingParams`] → [`super::BlobMissingResponse`].
    pub const BLOBS_MISSING: &str = "/v1/workspaces/{workspace}/blobs/missing";
    /// PUT with [`super::BlobPutQuery`], GET, HEAD, DELETE: one sealed chunk.
    pub const BLOB: &str = "/v1/workspaces/{workspace}/blobs/{blob}";
    /// POST: [`super::MailboxPutParams`]; GET with `?side=…&after=…`: [`super::MailboxGetResponse`].
    pub const MAILBOX: &str = "/v1/mailboxes/{mailbox}";
    /// GET: the WebSocket.
    pub const SOCKET: &str = "/v1/socket";
}

#[cfg(test)]
mod tests;
