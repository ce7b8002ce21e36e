//! Reads what the core tells unasked. By hand: what serde derives for a kind that stands among the members reads every
//! type in it by a second program.

use groundplan_shared::api::Event;
use serde::de::DeserializeOwned;

use super::json::{Json, parse};

/// Reads an event; none if it is of a newer core, or garbled.
pub fn read(text: &str) -> Option<Event> {
    let message = parse(text)?;
    Some(match message.text("event").as_str() {
        "changed" => Event::Changed {
            workspace: member(&message, "workspace")?,
            documents: member(&message, "documents")?,
            remote: message.flag("remote"),
        },
        "workspaces" => Event::Workspaces,
        "seen" => Event::Seen { workspace: member(&message, "workspace")? },
        "presence" => Event::Presence { workspace: member(&message, "workspace")? },
        "profile" => Event::Profile,
        "sync" => {
            Event::Sync { workspace: member(&message, "workspace")?, status: member(&message, "status")? }
        }
        "job" => Event::Job(value(message)?),
        _ => return None,
    })
}

fn member<T: DeserializeOwned>(message: &Json<'_>, name: &str) -> Option<T> {
    value(message.at(name).clone())
}

fn value<T: DeserializeOwned>(json: Json<'_>) -> Option<T> {
    T::deserialize(json).ok()
}

#[cfg(test)]
mod tests {
    use groundplan_shared::api::{JobProgress, SyncState, SyncStatus};
    use groundplan_shared::model::WorkspaceId;

    use super::*;

    /// Every event; a new one has to be named here to compile, and then read above.
    fn all() -> Vec<Event> {
        let workspace = WorkspaceId::from_bytes([7; 16]);
        let job =
            JobProgress { job: "j".into(), step: "read".into(), done: 1, total: 2, detail: "1 2".into() };
        let all = vec![
            Event::Changed { workspace, documents: vec![], remote: true },
            Event::Workspaces,
            Event::Seen { workspace },
            Event::Presence { workspace },
            Event::Profile,
            Event::Sync { workspace, status: SyncStatus::bare(SyncState::UpToDate) },
            Event::Job(job),
        ];
        for event in &all {
            match event {
                Event::Changed { .. }
                | Event::Workspaces
                | Event::Seen { .. }
                | Event::Presence { .. }
                | Event::Profile
                | Event::Sync { .. }
                | Event::Job(_) => {}
            }
        }
        all
    }

    #[test]
    fn reads_every_event() {
        for event in all() {
            let text = serde_json::to_string(&event).unwrap();
            assert_eq!(read(&text), Some(event), "{text}");
        }
        assert_eq!(read(r#"{"event":"of tomorrow"}"#), None);
        assert_eq!(read(r#"{"event":"seen"}"#), None);
    }
}
