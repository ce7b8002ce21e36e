//! What importing would change: counts, rows, what leads nowhere, remarks of the reader.

use crate::dom::prelude::*;
use groundplan_shared::api::{ImportPreview, ImportRow};

use crate::components::icon::{icon, kind_icon};
use crate::text::{count, grouped, name_of, t};

/// The most rows and lines drawn.
const SHOWN: usize = 300;

pub(super) fn preview(found: &ImportPreview) -> AnyView {
    let counts = &found.counts;
    let inside = [
        ("import.elements", counts.elements),
        ("import.relations", counts.relations),
        ("import.pages", counts.pages),
        ("import.attachments", counts.attachments),
    ];
    let changes = [
        ("change.added", counts.added),
        ("change.changed", counts.changed),
        ("change.removed", counts.removed),
        ("change.drift", counts.drift),
        ("change.unchanged", counts.unchanged),
    ];
    let inside =
        inside.into_iter().filter(|(_, n)| *n > 0).map(|(key, n)| count(key, n, &[])).collect::<Vec<_>>();
    let title = found.title.clone();
    let again = found.source.is_some();
    view! {
        <section class="block">
            <h2 class="block-title">{title} " " <span class="badge">{name_of("format", &found.format)}</span></h2>
            <p class="muted">{inside.join(" \u{b7} ")}</p>
            {again.then(|| view! { <p class="note">{t("import.again")}</p> })}
            <div class="stats">
                {changes.into_iter().filter(|(_, n)| *n > 0).map(|(key, n)| view! {
                    <span class="stat"><span class="stat-number">{grouped(n)}</span><span class="muted">{t(key)}</span></span>
                }).collect_view()}
            </div>
        </section>
        {lines("import.dangling", "import.dangling_text", &found.dangling)}
        {lines("import.notes", "import.notes_text", &found.notes)}
        {rows(&found.rows)}
    }
    .into_any()
}

fn rows(rows: &[ImportRow]) -> AnyView {
    if rows.is_empty() {
        return ().into_any();
    }
    let more = rows.len().saturating_sub(SHOWN) as u64;
    let drawn = rows.iter().take(SHOWN).map(|row| {
        let fields: Vec<String> = row
            .fields
            .iter()
            .map(|field| field.strip_prefix("properties.").map_or_else(|| name_of("field", field), |name| name_of("property", name)))
            .collect();
        let kind = if row.document == "relation" { name_of("relation", &row.kind) } else { name_of("kind", &row.kind) };
        view! {
            <tr>
                <td><span class=format!("change change-{}", row.change)>{name_of("change", &row.change)}</span></td>
                <td><span class="row-line">{(row.document != "relation").then(|| kind_icon(&row.kind))} <span class="truncate">{row.name.clone()}</span></span></td>
                <td class="muted">{kind}</td>
                <td class="muted small">{fields.join(", ")}</td>
            </tr>
        }
    });
    view! {
        <section class="block">
            <h2 class="block-title">{t("import.rows")}</h2>
            <div class="table-scroll" tabindex="0" role="region" aria-label=t("import.rows")>
                <table class="grid">
                    <thead><tr>
                        <th>{t("import.column_change")}</th><th>{t("field.name")}</th>
                        <th>{t("field.kind")}</th><th>{t("import.column_fields")}</th>
                    </tr></thead>
                    <tbody>{drawn.collect_view()}</tbody>
                </table>
            </div>
            {(more > 0).then(|| view! { <p class="muted small">{count("import.more_rows", more, &[])}</p> })}
        </section>
    }
    .into_any()
}

fn lines(title: &'static str, text: &'static str, lines: &[String]) -> AnyView {
    if lines.is_empty() {
        return ().into_any();
    }
    let more = lines.len().saturating_sub(SHOWN) as u64;
    view! {
        <details class="group note-group">
            <summary>{icon("warn")} {t(title)} <span class="count">{grouped(lines.len() as u64)}</span></summary>
            <p class="muted small">{t(text)}</p>
            <ul class="plain mono small">
                {lines.iter().take(SHOWN).map(|line| view! { <li>{line.clone()}</li> }).collect_view()}
            </ul>
            {(more > 0).then(|| view! { <p class="muted small">{count("import.more_rows", more, &[])}</p> })}
        </details>
    }
    .into_any()
}
