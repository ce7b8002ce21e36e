//! The key of each server, as it was when this profile first met it (M17).
//!
//! Not here: proving a password to the server that holds it (`account`).

use groundplan_shared::api::{ApiError, ErrorCode, ServerKeys};
use groundplan_shared::auth::opaque;
use groundplan_shared::proof::{Check, left_out};
use groundplan_shared::wire::{PublicKey, ServerId};
use rusqlite::OptionalExtension as _;

use crate::net::ServerAddress;
use crate::runtime::App;
use crate::store::StoreError;

/// Compares the server's OPAQUE key with the one met before, and remembers it at the first meeting (M17). `trust` is
/// the fingerprint of a new key that a person compared with what the server's administrator says.
pub(super) fn pin(
    app: &App,
    address: &str,
    server: ServerId,
    key: &PublicKey,
    trust: Option<&str>,
) -> Result<(), ApiError> {
    let shown = opaque::fingerprint(&server, key);
    let trusted = trust.is_some_and(|given| opaque::is_fingerprint(given, &shown));
    let known: Option<(ServerId, PublicKey)> = app.profile().transaction(|tx| {
        let rule = if trusted {
            "DO UPDATE SET server_id = excluded.server_id, fingerprint = excluded.fingerprint"
        } else {
            "DO NOTHING"
        };
        let statement = format!(
            "INSERT INTO pinned_server (server_url, server_id, fingerprint) VALUES (?1, ?2, ?3)
             ON CONFLICT(server_url) {rule}"
        );
        tx.execute(&statement, (address, server.0, key.0))?;
        pinned(tx, address)
    })?;
    if known == Some((server, *key)) || left_out(Check::ServerKey) {
        app.net.set_refused_key(None);
        return Ok(());
    }
    app.net.set_refused_key(Some((address.to_owned(), shown.clone())));
    let before = known.map_or_else(String::new, |(server, key)| opaque::fingerprint(&server, &key));
    let mut error = ApiError::new(
        ErrorCode::ServerUntrusted,
        format!(
            "The server at {address} is not the one met before. Its key was {before} and is now {shown}."
        ),
        "Nothing was sent that helps it. Ask its administrator by another way what `groundplan-server fingerprint` \
         prints. Only if that is the new key, sign in again and trust it (--trust on the command line).",
    );
    error.field = Some("server_key".to_owned());
    Err(error)
}

fn pinned(
    tx: &rusqlite::Transaction<'_>,
    address: &str,
) -> Result<Option<(ServerId, PublicKey)>, StoreError> {
    let row = tx.query_row(
        "SELECT server_id, fingerprint FROM pinned_server WHERE server_url = ?1",
        [address],
        |row| Ok((ServerId(row.get(0)?), PublicKey(row.get(1)?))),
    );
    Ok(row.optional()?)
}

/// Returns the fingerprints of a server's keys: the trusted one, and one that was refused. Blocks.
///
/// # Errors
/// `InvalidInput` for what is no address; those of the store.
pub fn server_keys(app: &App, server: &str) -> Result<ServerKeys, ApiError> {
    let server = ServerAddress::parse(server)?.to_string();
    let known = app.profile().transaction(|tx| pinned(tx, &server))?;
    Ok(ServerKeys {
        known: known.map(|(server, key)| opaque::fingerprint(&server, &key)),
        refused: app.net.refused_key(&server),
        server,
    })
}
