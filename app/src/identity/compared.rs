//! With whom the person of this device compared safety numbers: which devices the other member had then, so that a new one
//! shows. It stays on this device; nobody else learns of it, and nothing is allowed or refused by it.
//!
//! Not here: the numbers themselves (`roster`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use groundplan_shared::api::{ApiError, ErrorCode};
use groundplan_shared::membership::MembershipState;
use groundplan_shared::wire::MemberId;

use super::membership::{blocking, load};
use super::{roster, words};
use crate::core::{CoreError, Workspace};
use crate::runtime::App;

/// Before the id of a member in the table of the store's own settings.
const PREFIX: &str = "compared/";

fn devices(state: &MembershipState, member: MemberId) -> BTreeSet<String> {
    state.devices_of(member).map(|(id, _)| id.to_string()).collect()
}

/// Remembers that a number was compared; an empty one: that it was not.
///
/// # Errors
/// `Conflict` if it is not the member's number now, `NotFound` for an unknown member; those of the store.
pub async fn remember(app: &Arc<App>, member: String, number: String) -> Result<(), ApiError> {
    let given: String = number.chars().filter(char::is_ascii_digit).collect();
    let now = roster::safety(app, member.clone()).await?;
    let right: String = now.number.chars().filter(char::is_ascii_digit).collect();
    if !number.trim().is_empty() && given != right {
        return Err(ApiError::new(
            ErrorCode::Conflict,
            format!("This is not the number that this device sees for {}.", now.name),
            "Read it to each other once more. If it differs, somebody stands between you: do not trust the member\u{2019}s devices.",
        ));
    }
    let app = Arc::clone(app);
    blocking(move || {
        let workspace = app.workspace()?;
        let (state, _) = load(&workspace)?;
        let id = words::member_of(&workspace, &state, &member)?;
        let name = format!("{PREFIX}{id}");
        let value: Vec<String> = devices(&state, id).into_iter().collect();
        workspace.transaction::<_, CoreError>(|tx| {
            match given.is_empty() {
                true => tx.sql().execute("DELETE FROM meta WHERE name = ?1", [&name])?,
                false => tx.sql().execute(
                    "INSERT OR REPLACE INTO meta(name, value) VALUES (?1, ?2)",
                    (&name, value.join(",").into_bytes()),
                )?,
            };
            Ok(())
        })?;
        Ok(())
    })
    .await
}

/// Returns with whom numbers were compared: whether every device that the member has was there then. Blocks.
///
/// # Errors
/// Those of the store.
pub(super) fn all(
    workspace: &Workspace,
    state: &MembershipState,
) -> Result<BTreeMap<String, bool>, ApiError> {
    let rows: Vec<(String, Vec<u8>)> = workspace.read(|tx| {
        let mut statement =
            tx.sql().prepare_cached("SELECT substr(name, ?2), value FROM meta WHERE name GLOB ?1")?;
        let of = (format!("{PREFIX}*"), PREFIX.len() as i64 + 1);
        let rows = statement.query_map(of, |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    })?;
    let rows: BTreeMap<String, Vec<u8>> = rows.into_iter().collect();
    let mut found = BTreeMap::new();
    for (id, _) in state.members() {
        let Some(then) = rows.get(&id.to_string()) else { continue };
        let then = String::from_utf8_lossy(then).into_owned();
        let then: BTreeSet<&str> = then.split(',').collect();
        let known = devices(state, *id).iter().all(|device| then.contains(device.as_str()));
        found.insert(id.to_string(), known);
    }
    Ok(found)
}
