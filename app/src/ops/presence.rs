//! Presence: saying where one is, and who else is there.

use groundplan_shared::api::{
    ApiError, PresenceList, PresenceListParams, PresenceSetParams, PresentView, TextStretch,
};
use groundplan_shared::crypto::safe::presence::{Place, SELECTED_MAX, Stretch};
use groundplan_shared::model::DocumentId;
use groundplan_shared::wire;

use crate::presence::Spot;
use crate::query;
use crate::runtime::App;
use crate::sync::workspace::model_document;

/// Says where the person of this device is, and lists who else is there.
pub fn set(app: &App, params: PresenceSetParams) -> Result<PresenceList, ApiError> {
    let workspace = app.workspace()?;
    let spot = if params.away {
        None
    } else {
        let (document, compartment) = app.read(|tx| match params.document {
            // What is gone, or not known here yet, is no place.
            Some(id) if query::reference(tx, id)?.document == "missing" => Ok((None, 0)),
            Some(id) => Ok((Some(wire::DocumentId(id.to_bytes())), tx.compartment_of(id)?.unwrap_or(0))),
            None => Ok((None, 0)),
        })?;
        let cursor = params.cursor.map(|at| Stretch { anchor: at.anchor, head: at.head });
        let selected = params.selected.iter().take(SELECTED_MAX);
        let selected = selected.map(|id| wire::DocumentId(id.to_bytes())).collect();
        Some(Spot { place: document.map(|document| Place { document, cursor, selected }), compartment })
    };
    app.net.presence.set(workspace.id(), spot);
    list(app, PresenceListParams {})
}

/// Lists who is there.
pub fn list(app: &App, _: PresenceListParams) -> Result<PresenceList, ApiError> {
    let workspace = app.workspace()?;
    let people = app.people()?;
    let there = app.net.presence.list(workspace.id());
    let mut items = app.read(|tx| {
        let mut items = Vec::new();
        for (device, place) in there {
            let known = |id: DocumentId| {
                Ok::<_, crate::core::CoreError>(query::reference(tx, id)?.document != "missing")
            };
            let mut one = PresentView {
                person: people.device(device),
                device: device.to_string(),
                document: None,
                cursor: None,
                selected: Vec::new(),
            };
            if let Some(place) = place.filter(|place| known(model_document(place.document)).unwrap_or(false))
            {
                one.document = Some(model_document(place.document));
                one.cursor = place.cursor.map(|at| TextStretch { anchor: at.anchor, head: at.head });
                for card in place.selected {
                    if known(model_document(card))? {
                        one.selected.push(model_document(card));
                    }
                }
            }
            items.push(one);
        }
        Ok(items)
    })?;
    items.sort_by(|a, b| (&a.person.name, &a.device).cmp(&(&b.person.name, &b.device)));
    Ok(PresenceList { items })
}
