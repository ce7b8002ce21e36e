//! The server's REST interface as typed calls: timeouts, bounded answers, problems as errors.
//!
//! Not here: OPAQUE and tokens (`identity`). No redirect is followed, no cookie kept, no proxy guessed for loopback.

use std::time::Duration;

use groundplan_shared::api::ApiError;
use groundplan_shared::wire::rest::{
    BlobMissingParams, BlobMissingResponse, BlobPutQuery, InviteAccessParams, LogAppendParams,
    LogAppendResponse, LogGetResponse, LoginFinishParams, LoginFinishResponse, LoginStartParams,
    LoginStartResponse, LogoutParams, MailboxGetResponse, MailboxPutParams, MailboxPutResponse, MailboxSide,
    RegisterFinishParams, RegisterFinishResponse, RegisterStartParams, RegisterStartResponse,
    SecondFactorBegun, SecondFactorCode, SecondFactorView, ServerInfo, TokenPair, TokenRefreshParams,
    WorkspaceCreateParams, WorkspaceCreateResponse, WorkspaceListResponse, path,
};
use groundplan_shared::wire::{BlobId, MailboxId, Problem, WorkspaceId};
use reqwest::{Client, Method, RequestBuilder, Response, Url, redirect};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{ServerAddress, problem};

const CONNECT: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(60);
/// Idle connections are let go before the server closes them, or a request could meet one that is being closed.
const IDLE: Duration = Duration::from_secs(5);
/// Largest answer; a membership log comes in pieces.
const ANSWER_BYTES: usize = 32 * 1024 * 1024;

/// A client of one server.
#[derive(Debug, Clone)]
pub struct Rest {
    address: ServerAddress,
    client: Client,
}

/// An access token on its way out; never printed.
#[derive(Clone, Copy)]
pub struct Bearer<'a>(pub &'a str);

/// Installs the one cryptography provider of TLS; harmless when it is there.
pub(super) fn install_provider() {
    // An error only says that one is installed already.
    drop(rustls::crypto::ring::default_provider().install_default());
}

impl Rest {
    /// Makes a client.
    ///
    /// # Errors
    /// `Unsupported` if the system's TLS cannot be set up.
    pub fn new(address: &ServerAddress) -> Result<Self, ApiError> {
        install_provider();
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .timeout(WHOLE)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("groundplan/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                ApiError::new(
                    groundplan_shared::api::ErrorCode::Unsupported,
                    format!("Encrypted connections cannot be set up: {error}."),
                    "Check the system's certificate store.",
                )
            })?;
        Ok(Self { address: address.clone(), client })
    }

    /// Returns the server's address.
    pub fn address(&self) -> &ServerAddress {
        &self.address
    }

    fn url(&self, path: &str) -> Url {
        self.address.url(path)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Vec<u8>, ApiError> {
        let address = self.address.to_string();
        let response = request.send().await.map_err(|error| {
            tracing::debug!(server.url = %address, %error, "request failed");
            problem::unreachable(&address)
        })?;
        let status = response.status();
        let body = bounded(response, &address).await?;
        if status.is_success() {
            return Ok(body);
        }
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(problem::refused(&problem)),
            Err(_) => Err(problem::unreadable(&address)),
        }
    }

    async fn call<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ApiError> {
        let body = self.send(request).await?;
        serde_json::from_slice(&body).map_err(|_| problem::unreadable(&self.address.to_string()))
    }

    fn post(&self, path: &str, body: &impl Serialize, bearer: Option<Bearer<'_>>) -> RequestBuilder {
        let request = self.client.request(Method::POST, self.url(path)).json(body);
        match bearer {
            Some(Bearer(token)) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Asks who the server is.
    pub async fn server(&self) -> Result<ServerInfo, ApiError> {
        self.call(self.client.get(self.url(path::SERVER))).await
    }

    /// Starts a registration.
    pub async fn register_start(
        &self,
        params: &RegisterStartParams,
    ) -> Result<RegisterStartResponse, ApiError> {
        self.call(self.post(path::REGISTER_START, params, None)).await
    }

    /// Finishes a registration.
    pub async fn register_finish(
        &self,
        params: &RegisterFinishParams,
    ) -> Result<RegisterFinishResponse, ApiError> {
        self.call(self.post(path::REGISTER_FINISH, params, None)).await
    }

    /// Starts a login.
    pub async fn login_start(&self, params: &LoginStartParams) -> Result<LoginStartResponse, ApiError> {
        self.call(self.post(path::LOGIN_START, params, None)).await
    }

    /// Finishes a login.
    pub async fn login_finish(&self, params: &LoginFinishParams) -> Result<LoginFinishResponse, ApiError> {
        self.call(self.post(path::LOGIN_FINISH, params, None)).await
    }

    /// Trades a refresh token; safe to repeat with the same token when the answer was lost.
    pub async fn refresh(&self, params: &TokenRefreshParams) -> Result<TokenPair, ApiError> {
        self.call(self.post(path::TOKEN_REFRESH, params, None)).await
    }

    /// Asks whether the account has a second factor.
    pub async fn second_factor(&self, bearer: Bearer<'_>) -> Result<SecondFactorView, ApiError> {
        self.call(self.client.get(self.url(path::SECOND_FACTOR)).bearer_auth(bearer.0)).await
    }

    /// Asks for a secret for an authenticator.
    pub async fn begin_second_factor(&self, bearer: Bearer<'_>) -> Result<SecondFactorBegun, ApiError> {
        self.call(self.client.post(self.url(path::SECOND_FACTOR)).bearer_auth(bearer.0)).await
    }

    /// Gives the first code back.
    pub async fn confirm_second_factor(
        &self,
        params: &SecondFactorCode,
        bearer: Bearer<'_>,
    ) -> Result<(), ApiError> {
        self.send(self.post(path::SECOND_FACTOR_CONFIRM, params, Some(bearer))).await.map(drop)
    }

    /// Removes the second factor.
    pub async fn remove_second_factor(
        &self,
        params: &SecondFactorCode,
        bearer: Bearer<'_>,
    ) -> Result<(), ApiError> {
        self.send(self.post(path::SECOND_FACTOR_REMOVE, params, Some(bearer))).await.map(drop)
    }

    /// Ends this device's session.
    pub async fn logout(&self, bearer: Bearer<'_>) -> Result<(), ApiError> {
        self.send(self.post(path::LOGOUT, &LogoutParams { everywhere: false }, Some(bearer))).await.map(drop)
    }

    /// Creates a workspace with its log so far; safe to repeat.
    pub async fn create_workspace(
        &self,
        params: &WorkspaceCreateParams,
        bearer: Bearer<'_>,
    ) -> Result<WorkspaceCreateResponse, ApiError> {
        self.call(self.post(path::WORKSPACES, params, Some(bearer))).await
    }

    /// Lists the workspaces that this device may synchronise.
    pub async fn workspaces(&self, bearer: Bearer<'_>) -> Result<WorkspaceListResponse, ApiError> {
        self.call(self.client.get(self.url(path::WORKSPACES)).bearer_auth(bearer.0)).await
    }

    /// Reads a piece of a membership log: the entries after an index, or all from genesis.
    pub async fn log(
        &self,
        workspace: WorkspaceId,
        after: Option<u64>,
        bearer: Bearer<'_>,
    ) -> Result<LogGetResponse, ApiError> {
        let mut url = self.url(&path::LOG.replace("{workspace}", &workspace.to_string()));
        if let Some(after) = after {
            url.query_pairs_mut().append_pair("after", &after.to_string());
        }
        self.call(self.client.get(url).bearer_auth(bearer.0)).await
    }

    /// Appends to a membership log; safe to repeat with the same entry.
    pub async fn append(
        &self,
        workspace: WorkspaceId,
        params: &LogAppendParams,
        bearer: Bearer<'_>,
    ) -> Result<LogAppendResponse, ApiError> {
        let path = path::LOG.replace("{workspace}", &workspace.to_string());
        self.call(self.post(&path, params, Some(bearer))).await
    }

    /// Reads a piece of a membership log with an invitation.
    pub async fn invite_access(
        &self,
        workspace: WorkspaceId,
        params: &InviteAccessParams,
        after: Option<u64>,
        bearer: Bearer<'_>,
    ) -> Result<LogGetResponse, ApiError> {
        let path = path::INVITE_ACCESS.replace("{workspace}", &workspace.to_string());
        let mut url = self.url(&path);
        if let Some(after) = after {
            url.query_pairs_mut().append_pair("after", &after.to_string());
        }
        self.call(self.client.post(url).json(params).bearer_auth(bearer.0)).await
    }

    /// Leaves a message in a pairing mailbox; safe to repeat with the same number and bytes.
    pub async fn mailbox_put(
        &self,
        mailbox: MailboxId,
        params: &MailboxPutParams,
        bearer: Option<Bearer<'_>>,
    ) -> Result<MailboxPutResponse, ApiError> {
        let path = path::MAILBOX.replace("{mailbox}", &mailbox.to_string());
        self.call(self.post(&path, params, bearer)).await
    }

    /// Reads the messages of one side of a pairing mailbox, from a number on.
    pub async fn mailbox_get(
        &self,
        mailbox: MailboxId,
        side: MailboxSide,
        after: u32,
        bearer: Option<Bearer<'_>>,
    ) -> Result<MailboxGetResponse, ApiError> {
        let mut url = self.url(&path::MAILBOX.replace("{mailbox}", &mailbox.to_string()));
        let side = match side {
            MailboxSide::Existing => "existing",
            MailboxSide::New => "new",
        };
        url.query_pairs_mut().append_pair("side", side).append_pair("after", &after.to_string());
        let mut request = self.client.get(url);
        if let Some(Bearer(token)) = bearer {
            request = request.bearer_auth(token);
        }
        self.call(request).await
    }

    /// Asks which sealed chunks the server does not have.
    pub async fn blobs_missing(
        &self,
        workspace: WorkspaceId,
        blobs: Vec<BlobId>,
        bearer: Bearer<'_>,
    ) -> Result<BlobMissingResponse, ApiError> {
        let path = path::BLOBS_MISSING.replace("{workspace}", &workspace.to_string());
        self.call(self.post(&path, &BlobMissingParams { blobs }, Some(bearer))).await
    }

    fn blob(&self, workspace: WorkspaceId, blob: BlobId) -> Url {
        let path = path::BLOB.replace("{workspace}", &workspace.to_string());
        self.url(&path.replace("{blob}", &blob.to_string()))
    }

    /// Uploads a sealed chunk; safe to repeat.
    pub async fn blob_put(
        &self,
        workspace: WorkspaceId,
        blob: BlobId,
        query: &BlobPutQuery,
        bytes: Vec<u8>,
        bearer: Bearer<'_>,
    ) -> Result<(), ApiError> {
        let mut url = self.blob(workspace, blob);
        if let Ok(serde_json::Value::Object(pairs)) = serde_json::to_value(query) {
            let mut put = url.query_pairs_mut();
            for (name, value) in pairs {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                put.append_pair(&name, &text);
            }
        }
        let request = self.client.put(url).header("content-type", "application/octet-stream").body(bytes);
        self.send(request.bearer_auth(bearer.0)).await.map(drop)
    }

    /// Downloads a sealed chunk.
    pub async fn blob_get(
        &self,
        workspace: WorkspaceId,
        blob: BlobId,
        bearer: Bearer<'_>,
    ) -> Result<Vec<u8>, ApiError> {
        self.send(self.client.get(self.blob(workspace, blob)).bearer_auth(bearer.0)).await
    }

    /// Declares a sealed chunk unused; the server lets go of it after a while unless somebody asks for it.
    pub async fn blob_delete(
        &self,
        workspace: WorkspaceId,
        blob: BlobId,
        bearer: Bearer<'_>,
    ) -> Result<(), ApiError> {
        self.send(self.client.delete(self.blob(workspace, blob)).bearer_auth(bearer.0)).await.map(drop)
    }
}

async fn bounded(mut response: Response, address: &str) -> Result<Vec<u8>, ApiError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| problem::unreachable(address))? {
        if body.len() + chunk.len() > ANSWER_BYTES {
            return Err(problem::unreadable(address));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
