//! From method name and JSON to an operation and back. The only place where callers are authorised.
//!
//! Lives here: the match of the command table's rows to operations. Not here: transports (the desktop shell, `agent`,
//! `cli`), which only decode, call and encode.

use std::sync::Arc;

use groundplan_shared::api;
use groundplan_shared::api::{ApiError, COMMANDS, Command, ErrorCode, Right};
use serde_json::Value;

use crate::host::{self, Host};
use crate::ops;
use crate::runtime::App;

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// The main window of the desktop shell.
    Window,
    /// A browser session of the local agent.
    Agent,
    /// The command line, run by the person who owns the profile.
    CommandLine,
}

impl Caller {
    /// Says what the caller may do at most.
    const fn right(self) -> Right {
        match self {
            Self::Window | Self::Agent | Self::CommandLine => Right::Manage,
        }
    }
}

/// Largest parameters of a call, in bytes of JSON (uploads travel inside).
pub const PARAMS_MAX_BYTES: usize = 256 * 1024 * 1024;

impl App {
    /// Runs a command. Operations on the store run on a blocking thread; dropping the future does not undo them.
    pub async fn call(
        self: &Arc<Self>,
        caller: Caller,
        method: &str,
        params: Value,
    ) -> Result<Value, ApiError> {
        authorise(caller, method)?;
        dispatch(self, method, params).await
    }

    /// Runs a command by its parameter type, on any transport's behalf.
    pub async fn run<P: Command>(
        self: &Arc<Self>,
        caller: Caller,
        params: P,
    ) -> Result<P::Response, ApiError> {
        typed(params, |value| self.call(caller, P::METHOD, value)).await
    }
}

macro_rules! at_host {
    ($run:path) => {
        async |host: Arc<Host>, params| $run(&host, params).await
    };
}

impl Host {
    /// Runs a command: those of the profile's lock always, all others while the profile is open. Locking it breaks off
    /// what waits; an operation on the store that has begun ends first.
    pub async fn call(
        self: &Arc<Self>,
        caller: Caller,
        method: &str,
        params: Value,
    ) -> Result<Value, ApiError> {
        authorise(caller, method)?;
        match method {
            api::ProfileStatusParams::METHOD => remote(self, params, at_host!(ops::profile::status)).await,
            api::ProfileCreateParams::METHOD => remote(self, params, at_host!(ops::profile::create)).await,
            api::ProfileUnlockParams::METHOD => remote(self, params, at_host!(ops::profile::unlock)).await,
            api::ProfileLockParams::METHOD => remote(self, params, at_host!(ops::profile::lock)).await,
            api::ProfilePassphraseParams::METHOD => {
                remote(self, params, at_host!(ops::profile::passphrase)).await
            }
            api::BackupInspectParams::METHOD => remote(self, params, at_host!(ops::backup::inspect)).await,
            api::BackupVerifyParams::METHOD => remote(self, params, at_host!(ops::backup::verify)).await,
            api::BackupRestoreParams::METHOD => remote(self, params, at_host!(ops::backup::restore)).await,
            api::JobCancelParams::METHOD if self.cancels(&params) => {
                serde_json::to_value(api::Empty {}).map_err(unreadable)
            }
            _ => {
                let app = self.app().await?;
                tokio::select! {
                    biased;
                    () = self.closed(&app) => Err(host::locked()),
                    answer = dispatch(&app, method, params) => answer,
                }
            }
        }
    }

    /// Stops a job of a command that works without an open profile; false: there is none of that name.
    fn cancels(&self, params: &Value) -> bool {
        let params = serde_json::from_value::<api::JobCancelParams>(params.clone());
        params.is_ok_and(|params| self.jobs().cancel(&params.job))
    }

    /// Runs a command by its parameter type.
    pub async fn run<P: Command>(
        self: &Arc<Self>,
        caller: Caller,
        params: P,
    ) -> Result<P::Response, ApiError> {
        typed(params, |value| self.call(caller, P::METHOD, value)).await
    }
}

/// Runs a command by its parameter type through a call that speaks JSON.
async fn typed<P: Command, F: Future<Output = Result<Value, ApiError>>>(
    params: P,
    call: impl FnOnce(Value) -> F,
) -> Result<P::Response, ApiError> {
    let value = serde_json::to_value(params).map_err(unreadable)?;
    serde_json::from_value(call(value).await?).map_err(unreadable)
}

/// Lets a caller through to a command, or not.
fn authorise(caller: Caller, method: &str) -> Result<(), ApiError> {
    let info = COMMANDS.iter().find(|command| command.method == method).ok_or_else(|| {
        ApiError::new(
            ErrorCode::UnknownMethod,
            format!("There is no command \u{201c}{}\u{201d}.", method.chars().take(64).collect::<String>()),
            "See `groundplan call help`.",
        )
    })?;
    if info.right > caller.right() {
        return Err(ApiError::new(
            ErrorCode::NotAllowed,
            format!("{method} is not allowed here."),
            "Use the window or the command line.",
        ));
    }
    Ok(())
}

fn unreadable(error: serde_json::Error) -> ApiError {
    ApiError::new(
        ErrorCode::InvalidInput,
        format!("The parameters cannot be read: {error}."),
        "See `groundplan call help`.",
    )
}

/// Runs an operation that only uses the store on a blocking thread.
async fn local<P: Command>(
    app: &Arc<App>,
    params: Value,
    run: fn(&App, P) -> Result<P::Response, ApiError>,
) -> Result<Value, ApiError> {
    let params: P = serde_json::from_value(params).map_err(unreadable)?;
    let app = Arc::clone(app);
    let result = tokio::task::spawn_blocking(move || run(&app, params)).await;
    let response = result.map_err(|error| {
        tracing::error!(method = P::METHOD, error = %error, "an operation broke off");
        ApiError::new(
            ErrorCode::StorageFailed,
            format!("{} broke off in the middle; nothing was changed.", P::METHOD),
            "Please report this with the log.",
        )
    })??;
    serde_json::to_value(response).map_err(unreadable)
}

/// Runs an operation that waits: for the server, or for the profile to open.
async fn remote<S, P: Command, F: Future<Output = Result<P::Response, ApiError>>>(
    state: &Arc<S>,
    params: Value,
    run: impl FnOnce(Arc<S>, P) -> F,
) -> Result<Value, ApiError> {
    let params: P = serde_json::from_value(params).map_err(unreadable)?;
    let response = run(Arc::clone(state), params).await?;
    serde_json::to_value(response).map_err(unreadable)
}

macro_rules! table {
    ($app:ident, $method:ident, $params:ident;
     local { $($local:ty => $local_run:path;)* }
     remote { $($remote:ty => $remote_run:path;)* }) => {
        match $method {
            $(<$local as Command>::METHOD => local::<$local>($app, $params, $local_run).await,)*
            $(<$remote as Command>::METHOD => {
                remote::<App, $remote, _>($app, $params, async |app: Arc<App>, params| $remote_run(&app, params).await).await
            })*
            _ => Err(ApiError::new(
                ErrorCode::Unsupported,
                format!("{} is not built into this program.", $method),
                "Update Groundplan.",
            )),
        }
    };
}

async fn dispatch(app: &Arc<App>, method: &str, params: Value) -> Result<Value, ApiError> {
    table! { app, method, params;
        local {
            api::AppStatusParams => ops::app::status;
            api::AccountServerKeyParams => ops::account::server_key::run;
            api::WorkspaceCreateParams => ops::workspace::create;
            api::WorkspaceOpenParams => ops::workspace::open;
            api::WorkspaceRenameParams => ops::workspace::rename;
            api::WorkspaceSampleParams => ops::workspace::sample;
            api::WorkspaceSummaryParams => ops::workspace::summary;
            api::ElementCreateParams => ops::element::create;
            api::ElementGetParams => ops::element::get;
            api::ElementListParams => ops::element::list;
            api::ElementUpdateParams => ops::element::update;
            api::ElementDeleteParams => ops::element::delete;
            api::RelationCreateParams => ops::relation::create;
            api::RelationUpdateParams => ops::relation::update;
            api::RelationDeleteParams => ops::relation::delete;
            api::RelationListParams => ops::relation::list;
            api::EndpointSetParams => ops::endpoint::set;
            api::EndpointRemoveParams => ops::endpoint::remove;
            api::PageCreateParams => ops::page::create;
            api::PageGetParams => ops::page::get;
            api::PageListParams => ops::page::list;
            api::PageUpdateParams => ops::page::update;
            api::PageDeleteParams => ops::page::delete;
            api::AttachmentAddParams => ops::attachment::add;
            api::AttachmentListParams => ops::attachment::list;
            api::AttachmentRemoveParams => ops::attachment::remove;
            api::CommentListParams => ops::comment::list;
            api::CommentAddParams => ops::comment::add;
            api::CommentEditParams => ops::comment::edit;
            api::CommentRemoveParams => ops::comment::remove;
            api::CommentResolveParams => ops::comment::resolve;
            api::ChangesListParams => ops::changes::list;
            api::ChangesSeenParams => ops::changes::seen;
            api::TextOpenParams => ops::text::open;
            api::TextEditParams => ops::text::edit;
            api::ViewCreateParams => ops::view::create;
            api::ViewListParams => ops::view::list;
            api::ViewSceneParams => ops::view::scene;
            api::ViewMoveParams => ops::view::move_cards;
            api::ViewLayoutParams => ops::view::layout;
            api::ViewUpdateParams => ops::view::update;
            api::ViewDeleteParams => ops::view::delete;
            api::ExplorerListParams => ops::explorer::list;
            api::SearchParams => ops::search::query;
            api::ImportPreviewParams => ops::import::preview;
            api::ImportApplyParams => ops::import::apply;
            api::ImportListParams => ops::import::list;
            api::ExportParams => ops::export::run;
            api::BackupCreateParams => ops::backup::create;
            api::BackupTakeInParams => ops::backup::take_in;
            api::JobCancelParams => ops::app::cancel;
            api::EditUndoParams => ops::edit::undo;
            api::EditRedoParams => ops::edit::redo;
            api::EditStateParams => ops::edit::state;
            api::HistoryListParams => ops::history::list;
            api::HistoryCompareParams => ops::history::compare;
            api::HistoryRestoreParams => ops::history::restore;
            api::HistoryAtParams => ops::history::at;
            api::HistoryRecoverParams => ops::history::recover;
            api::PresenceSetParams => ops::presence::set;
            api::PresenceListParams => ops::presence::list;
            api::SettingsGetParams => ops::app::settings;
            api::SettingsSetParams => ops::app::set_settings;
        }
        remote {
            api::AccountRegisterParams => ops::account::register::run;
            api::AccountLoginParams => ops::account::login::run;
            api::AccountLogoutParams => ops::account::logout::run;
            api::SecondFactorStatusParams => ops::account::second_factor::status;
            api::SecondFactorBeginParams => ops::account::second_factor::begin;
            api::SecondFactorConfirmParams => ops::account::second_factor::confirm;
            api::SecondFactorRemoveParams => ops::account::second_factor::remove;
            api::AttachmentGetParams => ops::attachment::get;
            api::SyncStatusParams => ops::sync::status::run;
            api::SyncConnectParams => ops::sync::connect::run;
            api::SyncNowParams => ops::sync::now::run;
            api::DeviceListParams => ops::device::list::run;
            api::DeviceLinkStartParams => ops::device::link_start::run;
            api::DeviceLinkWaitParams => ops::device::link_wait::run;
            api::DeviceLinkConfirmParams => ops::device::link_confirm::run;
            api::DeviceLinkJoinParams => ops::device::link_join::run;
            api::RecoveryCreateParams => ops::recovery::create::run;
            api::RecoveryUseParams => ops::recovery::redeem::run;
            api::DeviceRenewParams => ops::device::renew::run;
            api::DeviceRevokeParams => ops::member::govern::revoke;
            api::MemberListParams => ops::member::list::run;
            api::MemberSafetyParams => ops::member::list::safety;
            api::MemberVerifyParams => ops::member::list::verify;
            api::MemberConfirmParams => ops::member::govern::confirm;
            api::MemberRemoveParams => ops::member::govern::remove;
            api::MemberRoleParams => ops::member::govern::role;
            api::MemberClearanceParams => ops::member::govern::clearance;
            api::MemberTransferParams => ops::member::govern::transfer;
            api::InviteListParams => ops::member::list::invites;
            api::InviteCancelParams => ops::member::govern::cancel;
            api::RoleDefineParams => ops::member::govern::define;
            api::ServiceAddParams => ops::member::govern::service;
            api::ServiceUseParams => ops::member::govern::service_use;
            api::ServiceOpenParams => ops::member::govern::service_open;
            api::PolicySetParams => ops::member::govern::policy;
            api::KeyRotateParams => ops::member::govern::rotate;
            api::SyncQuarantineParams => ops::sync::trust::quarantine;
            api::SyncAlarmParams => ops::sync::trust::alarm;
            api::SyncSettleParams => ops::sync::trust::settle;
            api::SyncBringInParams => ops::sync::bring_in::run;
            api::SyncRescueParams => ops::sync::rescue::run;
            api::SyncHeldParams => ops::sync::held::list;
            api::SyncDecideParams => ops::sync::held::decide;
            api::SyncPeersParams => ops::sync::peers::run;
            api::MemberInviteParams => ops::member::invite::run;
            api::MemberJoinParams => ops::member::join::run;
        }
    }
}
