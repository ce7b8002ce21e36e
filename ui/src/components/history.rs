//! The history of an element or page: who changed what and when, a version side by side with now, bringing one back.
//!
//! Nothing is read before somebody asks for it.

use crate::dom::prelude::*;
use groundplan_shared::api::{
    HistoryAuthor, HistoryChange, HistoryCompareParams, HistoryEntry, HistoryList, HistoryListParams,
    HistoryRestoreParams, HistoryStep, PieceKind, TextPiece,
};
use groundplan_shared::model::DocumentId;

use super::icon::icon;
use super::states::loaded;
use crate::state::{query, use_app};
use crate::text::{ago, count, exact, fill, t};

/// Versions read at first, and more each time.
const STEP: u32 = 20;

/// The section, closed at first.
pub fn history(id: DocumentId) -> AnyView {
    let open = RwSignal::new(false);
    view! {
        <section class="block">
            <header class="block-head">
                <h2>{icon("undo")} {t("history.title")}</h2>
                <button class="button small" aria-expanded=move || if open.get() { "true" } else { "false" }
                    on:click=move |_| open.set(!open.get_untracked())>
                    {move || t(if open.get() { "history.hide" } else { "history.show" })}
                </button>
            </header>
            {move || open.get().then(|| versions(id))}
        </section>
    }
    .into_any()
}

fn versions(id: DocumentId) -> AnyView {
    let app = use_app();
    let limit = RwSignal::new(STEP);
    let chosen = RwSignal::new(None::<String>);
    let params = move || Some(HistoryListParams { limit: limit.get(), ..HistoryListParams::of(id) });
    let state = query(app, params, move |changes| changes.touch(id));
    let show = move |list: &HistoryList| {
        let rows = list.items.iter().enumerate().map(|(at, entry)| row(id, entry, at == 0, chosen));
        let more = list.next.is_some();
        view! {
            <ol class="plain history">{rows.collect_view()}</ol>
            {more.then(|| view! {
                <button class="button small" on:click=move |_| limit.set(limit.get_untracked() + STEP)>{t("history.more")}</button>
            })}
            <p class="muted small">{t("history.advisory")}</p>
        }
        .into_any()
    };
    loaded(state, move |list| show(&list))
}

fn who(author: &HistoryAuthor) -> String {
    match (author.member.as_str(), author.this) {
        (_, true) => t("history.here").to_owned(),
        ("", false) => author.device_name.clone(),
        (member, false) => format!("{member} \u{b7} {}", author.device_name),
    }
}

fn row(id: DocumentId, entry: &HistoryEntry, newest: bool, chosen: RwSignal<Option<String>>) -> AnyView {
    let step = t(match entry.step {
        HistoryStep::Created => "history.created",
        HistoryStep::Changed => "history.changed",
        HistoryStep::Deleted => "history.deleted",
        HistoryStep::Restored => "history.restored",
    });
    let version = entry.version.clone();
    let (asked, mine) = (version.clone(), version.clone());
    let is_open = Memo::new(move |_| chosen.with(|chosen| chosen.as_ref() == Some(&mine)));
    let toggle = move |_| {
        let next = (!is_open.get_untracked()).then(|| asked.clone());
        chosen.set(next);
    };
    // The newest is compared with what was before it, every other with now.
    let (from, to) =
        if newest { (entry.before_version.clone(), Some(version.clone())) } else { (version.clone(), None) };
    let back = (!newest && entry.step != HistoryStep::Deleted).then_some(version);
    let when = exact(entry.made_ms);
    view! {
        <li class="history-version">
            <div class="row-line">
                <span class="strong truncate">{who(&entry.author)}</span>
                <span class="muted small">{step}</span>
                <time class="grow muted small" title=when>{ago(entry.made_ms)}</time>
                <button class="button small" aria-expanded=move || if is_open.get() { "true" } else { "false" } on:click=toggle>
                    {t(if newest { "history.look" } else { "history.compare" })}
                </button>
            </div>
            <ul class="plain muted small">{entry.changes.iter().map(line).collect_view()}</ul>
            {move || is_open.get().then(|| compared(id, from.clone(), to.clone(), back.clone()))}
        </li>
    }
    .into_any()
}

fn line(change: &HistoryChange) -> AnyView {
    let said = match (&change.before, &change.after) {
        _ if change.text => {
            let words = |n: u32, key| (n > 0).then(|| count(key, u64::from(n), &[]));
            let parts: Vec<String> =
                [words(change.added, "history.words_in"), words(change.removed, "history.words_out")]
                    .into_iter()
                    .flatten()
                    .collect();
            parts.join(", ")
        }
        (None, None) => String::new(),
        (None, Some(after)) => after.clone(),
        (Some(before), None) => fill("history.gone", &[("what", before)]),
        (Some(before), Some(after)) => format!("{before} \u{2192} {after}"),
    };
    view! { <li class="history-line"><span class="strong">{change.label.clone()}</span> " " {said}</li> }
        .into_any()
}

/// Two versions side by side, and the button that brings the earlier one back.
fn compared(id: DocumentId, from: String, to: Option<String>, back: Option<String>) -> AnyView {
    let app = use_app();
    let params = move || Some(HistoryCompareParams { document: id, from: from.clone(), to: to.clone() });
    let state = query(app, params, move |changes| changes.touch(id));
    let restore = move |version: String, field: Option<String>| {
        let params = HistoryRestoreParams { document: id, version, field };
        app.run(params, move |done| {
            app.reread();
            if done.documents > 0 {
                app.undoable(t("history.restored_toast"));
            }
        });
    };
    loaded(state, move |compared| {
        let same = compared.changes.is_empty();
        let back = back.clone().filter(|_| !same);
        let several = compared.changes.len() > 1;
        view! {
            <div class="history-compared">
                {same.then(|| view! { <p class="muted">{t("history.same")}</p> })}
                <ul class="plain">{compared.changes.iter().map(|change| view! {
                    {line(change)}
                    {back.clone().filter(|_| several).map(|version| {
                        let field = change.field.clone();
                        let label = fill("history.restore_field", &[("field", &change.label)]);
                        view! {
                            <button class="linklike small" type="button" aria-label=label
                                on:click=move |_| restore(version.clone(), Some(field.clone()))>{t("history.restore_this")}</button>
                        }
                    })}
                    {(!change.pieces.is_empty()).then(|| view! {
                        <p class="history-text" tabindex="0">{change.pieces.iter().map(piece).collect_view()}</p>
                    })}
                }).collect_view()}</ul>
                {back.map(|version| view! {
                    <button class="button primary small" on:click=move |_| restore(version.clone(), None)>{icon("undo")} {t("history.restore")}</button>
                })}
            </div>
        }
        .into_any()
    })
}

fn piece(piece: &TextPiece) -> AnyView {
    let text = piece.text.clone();
    match piece.kind {
        PieceKind::Same => view! { <span>{text}</span> }.into_any(),
        PieceKind::Added => view! { <ins>{text}</ins> }.into_any(),
        PieceKind::Removed => view! { <del>{text}</del> }.into_any(),
        PieceKind::Skipped => view! { <span class="muted">" \u{2026} "</span> }.into_any(),
    }
}
