//! The journal of edits that undo and redo walk: per edit, the versions of each document before and after.

use automerge::ChangeHash;
use groundplan_shared::api::EditState;
use groundplan_shared::model::DocumentId;
use rusqlite::{OptionalExtension, Transaction};
use serde::{Deserialize, Serialize};

use super::typed::typing_in;
use super::{CoreError, Tx};
use crate::doc::text;

/// Edits kept.
const KEEP: i64 = 500;
/// Typing in one text without a longer pause is one step.
pub(super) const TYPING_PAUSE_MS: u64 = 3_000;

/// What an edit did to one document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Step {
    document: DocumentId,
    before: String,
    after: String,
}

impl Step {
    pub(super) fn new(document: DocumentId, before: &[ChangeHash], after: &[ChangeHash]) -> Self {
        Self { document, before: text::version(before), after: text::version(after) }
    }
}

struct Row {
    id: i64,
    label: String,
    steps: Vec<Step>,
    made_ms: u64,
}

/// Adds an edit to the undo stack and empties the redo stack. Typing may have begun before it was `made`.
pub(super) fn push(
    sql: &Transaction<'_>,
    label: &str,
    steps: &[Step],
    began_ms: u64,
    made_ms: u64,
) -> Result<(), CoreError> {
    sql.prepare_cached("DELETE FROM journal WHERE stack = 'redo'")?.execute([])?;
    if let ([step], Some(last)) = (steps, top(sql, "undo")?) {
        let follows = matches!(last.steps.as_slice(), [before] if before.document == step.document && before.after == step.before);
        let typing = label.starts_with(TYPING) && last.label == label;
        if follows && typing && began_ms.saturating_sub(last.made_ms) < TYPING_PAUSE_MS {
            let joined = vec![Step {
                document: step.document,
                before: last.steps.into_iter().next().map(|step| step.before).unwrap_or_default(),
                after: step.after.clone(),
            }];
            sql.prepare_cached("UPDATE journal SET steps = ?2, made_ms = ?3 WHERE id = ?1")?.execute((
                last.id,
                encode(&joined),
                made_ms as i64,
            ))?;
            return Ok(());
        }
    }
    insert(sql, "undo", label, steps, made_ms)?;
    sql.prepare_cached(
        "DELETE FROM journal WHERE stack = 'undo' AND id <= (SELECT max(id) FROM journal WHERE stack = 'undo') - ?1",
    )?
    .execute([KEEP])?;
    Ok(())
}

/// Label prefix of edits that typing joins; alone, the label of typing in whatever is touched.
pub(crate) const TYPING: &str = "Typing in ";

/// Takes the top edit of `from` back and puts the reversal on `to`.
pub(crate) fn step_over(tx: &mut Tx<'_>, from: &str, to: &str) -> Result<EditState, CoreError> {
    tx.without_journal();
    tx.settle()?;
    let Some(row) = top(tx.sql(), from)? else {
        return state(tx);
    };
    tx.sql().prepare_cached("DELETE FROM journal WHERE id = ?1")?.execute([row.id])?;
    for step in row.steps.iter().filter(|step| step.before.is_empty()) {
        tx.carry_back(step.document, &step.after)?;
    }
    let mut reversed = Vec::new();
    for step in &row.steps {
        let (before, after, now) = tx.with_document(step.document, |doc| {
            Ok::<_, crate::doc::DocError>((
                text::heads(doc, &step.before)?,
                text::heads(doc, &step.after)?,
                doc.get_heads(),
            ))
        })??;
        tx.revert_document(step.document, &before, &after)?;
        let then = tx.with_document(step.document, |doc| {
            doc.commit();
            doc.get_heads()
        })?;
        reversed.push(Step::new(step.document, &now, &then));
    }
    let now_ms = tx.now_ms();
    insert(tx.sql(), to, &row.label, &reversed, now_ms)?;
    let mut state = state(tx)?;
    state.done = Some(row.label);
    state.document = match row.steps.first() {
        Some(step) => Some(tx.thing_of(step.document)?),
        None => None,
    };
    Ok(state)
}

/// Says what undo and redo would do.
pub(crate) fn state(tx: &Tx<'_>) -> Result<EditState, CoreError> {
    if let Some(typed) = tx.latest_typed()? {
        return Ok(EditState { undo: Some(typing_in(tx, typed)?), redo: None, done: None, document: None });
    }
    let sql = tx.sql();
    Ok(EditState {
        undo: top(sql, "undo")?.map(|row| row.label),
        redo: top(sql, "redo")?.map(|row| row.label),
        done: None,
        document: None,
    })
}

/// Gives the versions of all steps the names that they have now.
pub(super) fn rename(sql: &Transaction<'_>, name: impl Fn(&str) -> String) -> Result<(), CoreError> {
    let rows: Vec<(i64, String)> = {
        let mut statement = sql.prepare_cached("SELECT id, steps FROM journal")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    for (id, steps) in rows {
        let before: Vec<Step> = serde_json::from_str(&steps).unwrap_or_default();
        let after: Vec<Step> = before
            .iter()
            .map(|step| Step {
                document: step.document,
                before: name(&step.before),
                after: name(&step.after),
            })
            .collect();
        if encode(&after) != encode(&before) {
            sql.prepare_cached("UPDATE journal SET steps = ?2 WHERE id = ?1")?
                .execute((id, encode(&after)))?;
        }
    }
    Ok(())
}

fn top(sql: &Transaction<'_>, stack: &str) -> Result<Option<Row>, CoreError> {
    Ok(sql
        .prepare_cached(
            "SELECT id, label, steps, made_ms FROM journal WHERE stack = ?1 ORDER BY id DESC LIMIT 1",
        )?
        .query_row([stack], |row| {
            let steps: String = row.get(2)?;
            Ok(Row {
                id: row.get(0)?,
                label: row.get(1)?,
                steps: serde_json::from_str(&steps).unwrap_or_default(),
                made_ms: u64::try_from(row.get::<_, i64>(3)?).unwrap_or(0),
            })
        })
        .optional()?)
}

fn insert(
    sql: &Transaction<'_>,
    stack: &str,
    label: &str,
    steps: &[Step],
    now_ms: u64,
) -> Result<(), CoreError> {
    sql.prepare_cached("INSERT INTO journal(stack, label, steps, made_ms) VALUES (?1, ?2, ?3, ?4)")?
        .execute((stack, label, encode(steps), now_ms as i64))?;
    Ok(())
}

fn encode(steps: &[Step]) -> String {
    serde_json::to_string(steps).expect("steps are JSON")
}
