//! Who made a change: from the actor that signed devices cannot share, to the names that the signed log gives.

use std::collections::BTreeMap;

use groundplan_shared::api::{ApiError, HistoryAuthor};
use groundplan_shared::wire::DeviceId;

use crate::identity::membership;
use crate::runtime::App;
use crate::sync::{names, run};

/// Names the device that an actor belongs to: its first bytes are the device's id, which is checked on arrival.
fn device_of(actor: &[u8]) -> DeviceId {
    DeviceId(actor.first_chunk().copied().unwrap_or_default())
}

/// Finds who made changes, by their actors. Who cannot be found keeps the beginning of the device's id as its name.
///
/// # Errors
/// `NotFound` if no workspace is open.
pub(crate) fn name_authors(
    app: &App,
    actors: impl IntoIterator<Item = Vec<u8>>,
) -> Result<impl Fn(&[u8]) -> HistoryAuthor, ApiError> {
    let workspace = app.workspace()?;
    let own = app.device().keys().id();
    let mut known: BTreeMap<DeviceId, HistoryAuthor> =
        actors.into_iter().map(|actor| device_of(&actor)).map(|id| (id, unnamed(id, own))).collect();
    let named = membership::load(&workspace).and_then(|(state, _)| {
        run(&*workspace, |tx| {
            for (id, author) in &mut known {
                author.device_name = names::device(tx, &state, *id)?;
                if let Some(device) = state.device(id) {
                    author.member = names::member(tx, &state, device.member)?;
                }
            }
            Ok(())
        })
        .map_err(membership::sync_failed)
    });
    if let Err(error) = named {
        // A history without names is still a history.
        tracing::warn!(error.code = ?error.code, "authors could not be named");
    }
    Ok(move |actor: &[u8]| {
        let id = device_of(actor);
        known.get(&id).cloned().unwrap_or_else(|| unnamed(id, own))
    })
}

fn unnamed(id: DeviceId, own: DeviceId) -> HistoryAuthor {
    let text = id.to_string();
    HistoryAuthor {
        device_name: text.chars().take(8).collect(),
        device: text,
        member: String::new(),
        this: id == own,
    }
}
