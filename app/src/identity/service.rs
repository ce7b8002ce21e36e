//! A program without a person: its profile takes the key of a service account as its own, signs in to an account of its
//! own on the server, and opens the workspace that the key is for.
//!
//! The key names the workspace and the hash of its log's first entry, so that no server can hand out another one. Not
//! here: making service accounts (`govern`), and what they may do (the membership rules).

use std::sync::Arc;

use groundplan_shared::api::{
    ApiError, ErrorCode, ServiceOpenParams, ServiceUseParams, ServiceUsed, WorkspaceView,
};
use groundplan_shared::crypto::safe::DeviceKeys;
use groundplan_shared::membership::MembershipState;
use groundplan_shared::wire::ids::{from_hex, to_hex};
use groundplan_shared::wire::{Hash, WorkspaceId};
use rusqlite::OptionalExtension as _;
use zeroize::Zeroizing;

use super::membership::{blocking, collect, verify};
use super::words::field;
use super::{account, adopt};
use crate::runtime::App;
use crate::store::StoreError;

/// Bytes of a key: the device's secret, the workspace, the hash of its log's first entry.
const BYTES: usize = 64 + 16 + 32;
/// Setting of a profile that is a service's: which workspace, and the hash of its log's first entry.
const SERVES: &str = "serves";

/// Writes the key of a service account, to be handed over once.
pub(super) fn credential(state: &MembershipState, keys: &DeviceKeys) -> Zeroizing<String> {
    let secret = keys.to_secret_bytes();
    let mut bytes = Zeroizing::new(Vec::with_capacity(BYTES));
    bytes.extend_from_slice(&secret);
    bytes.extend_from_slice(&state.workspace().0);
    bytes.extend_from_slice(&state.genesis_hash().0);
    Zeroizing::new(to_hex(&bytes))
}

fn parse(text: &str) -> Option<(Zeroizing<Vec<u8>>, WorkspaceId, Hash)> {
    let bytes: Zeroizing<[u8; BYTES]> = from_hex(text.trim()).map(Zeroizing::new)?;
    let (secret, rest) = bytes.split_at_checked(64)?;
    let (workspace, genesis) = rest.split_first_chunk::<16>()?;
    let genesis = Hash(genesis.try_into().ok()?);
    DeviceKeys::from_secret_bytes(secret)?;
    Some((Zeroizing::new(secret.to_vec()), WorkspaceId(*workspace), genesis))
}

/// Makes a fresh profile a service's: its device is the key from now on. Takes effect when the program starts again.
///
/// # Errors
/// `InvalidInput` for what is no key, `Conflict` for a profile that was used already.
pub async fn adopt_key(app: &Arc<App>, params: ServiceUseParams) -> Result<ServiceUsed, ApiError> {
    let app = Arc::clone(app);
    blocking(move || {
        let (secret, workspace, genesis) = parse(&params.credential.0).ok_or_else(|| {
            field("credential", "This is no key of a service account.", "Copy the whole line that was shown.")
        })?;
        let serves = format!("{workspace} {genesis}");
        app.profile().transaction(|tx| {
            let count = "SELECT (SELECT count(*) FROM workspace) + (SELECT count(*) FROM account)";
            let before: Option<Vec<u8>> = tx
                .query_row("SELECT secret FROM device_identity WHERE one = 1", [], |row| row.get(0))
                .optional()
                .map_err(StoreError::from)?;
            let same = before.is_some_and(|before| before == *secret);
            let used: i64 = tx.query_row(count, [], |row| row.get(0)).map_err(StoreError::from)?;
            if used > 0 && !same {
                return Err(ApiError::new(
                    ErrorCode::Conflict,
                    "This profile has a workspace or an account already.",
                    "Give the service a profile of its own: another --data-dir.",
                ));
            }
            tx.execute(
                "INSERT OR REPLACE INTO device_identity (one, secret, created_ms) VALUES (1, ?1, ?2)",
                (secret.as_slice(), crate::env::now_ms() as i64),
            )
            .map_err(StoreError::from)?;
            Ok(())
        })?;
        app.profile().set_setting(SERVES, &serves)?;
        Ok(ServiceUsed { workspace: workspace.to_string() })
    })
    .await
}

/// Opens the workspace of a service's profile from the server.
///
/// # Errors
/// `Conflict` if the profile is no service's, `NotConnected` if it is not signed in, `NotFound` if the account was
/// removed.
pub async fn open(app: &Arc<App>, _: ServiceOpenParams) -> Result<WorkspaceView, ApiError> {
    let serves = app.profile().setting(SERVES)?;
    let named = serves.as_deref().and_then(|text| text.split_once(' '));
    let known = named
        .and_then(|(workspace, genesis)| Some((WorkspaceId(from_hex(workspace)?), Hash(from_hex(genesis)?))));
    let Some((id, genesis)) = known else {
        return Err(ApiError::new(
            ErrorCode::Conflict,
            "This profile is a person's.",
            "Make one for the service first: groundplan service use.",
        ));
    };
    let session = account::session(app).await?;
    let listed = session.rest.workspaces(session.bearer()).await?.workspaces;
    if !listed.iter().any(|view| view.workspace == id) {
        return Err(ApiError::new(
            ErrorCode::NotFound,
            "The server knows no workspace that this service account may open.",
            "Ask whether the account was removed, and whether the workspace is on this server.",
        ));
    }
    let entries = collect(|after| {
        let session = session.clone();
        async move { session.rest.log(id, after, session.bearer()).await }
    })
    .await?;
    let state = verify(id, Some(genesis), &entries)?;
    adopt::workspace(app, &session, state, entries, "Workspace").await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_whole_or_refused() {
        let secret = DeviceKeys::make(&ring::rand::SystemRandom::new()).unwrap().to_secret_bytes();
        let text = to_hex(&[secret.as_slice(), &[3; 16], &[4; 32]].concat());
        let (read, workspace, genesis) = parse(&format!(" {text}\n")).unwrap();
        assert_eq!((*read == *secret, workspace, genesis), (true, WorkspaceId([3; 16]), Hash([4; 32])));
        assert!(
            parse(text.get(2..).expect("ASCII")).is_none()
                && parse("").is_none()
                && parse(&text.replace('0', "g")).is_none()
        );
    }
}
