//! `list`, `show`, `add`, `relate`, `page`, `edit`, `delete`, `undo`, `redo` and `search`.

use std::io::Read;
use std::sync::Arc;

use groundplan_shared::api::{
    ApiError, EditRedoParams, EditState, EditUndoParams, ElementCreateParams, ElementDeleteParams,
    ElementGetParams, ElementListParams, ElementUpdateParams, ElementView, ErrorCode, PageCreateParams,
    PageDeleteParams, PageGetParams, PageListParams, PageUpdateParams, PageView, Reference,
    RelationCreateParams, RelationListParams, SearchParams, TextChange, TextEditParams, TextField,
    TextOpenParams, ViewListParams,
};
use groundplan_shared::model::{
    DocumentId, ElementKind, PropertyValue, Shape, element_properties, element_property, relation_properties,
    relation_property,
};
use groundplan_shared::validate::{FieldError, parse_property};
use std::collections::BTreeMap;

use super::Command;
use super::find::{What, find};
use super::output::{Output, plain, table};
use crate::dispatch::Caller;
use crate::runtime::App;

const CLI: Caller = Caller::CommandLine;
const BOTH: &[What] = &[What::Element, What::Page];

pub(super) async fn run(app: &Arc<App>, command: &Command, output: &Output) -> Result<(), ApiError> {
    match command {
        Command::List { .. } => list(app, command, output).await,
        Command::Show { item } => match find(app, item, BOTH).await? {
            (id, What::Page) => {
                let page = app.run(CLI, PageGetParams { id }).await?;
                output.answer(&page, show_page);
                Ok(())
            }
            (id, _) => {
                let element = app.run(CLI, ElementGetParams { id }).await?;
                output.answer(&element, show_element);
                Ok(())
            }
        },
        Command::Add { kind, name, parent, description, set, tags } => {
            let kind: ElementKind = kind.parse().map_err(|error| unknown(&error))?;
            let parent = match parent {
                Some(named) => Some(find(app, named, &[What::Element]).await?.0),
                None => None,
            };
            let properties = assignments(set)?
                .into_iter()
                .map(|(name, text)| {
                    let spec = element_property(kind, &name).ok_or_else(|| no_property(&name))?;
                    Ok((name, parse_property(spec, &text)?))
                })
                .collect::<Result<_, FieldError>>()?;
            let params = ElementCreateParams {
                kind,
                name: name.clone(),
                description: description.clone().unwrap_or_default(),
                properties,
                tags: tags.iter().cloned().collect(),
                parent,
            };
            let made = app.run(CLI, params).await?;
            output.answer(&made, |made| {
                format!("Added {} {} ({}).", made.element.kind, plain(&made.element.name), made.element.id)
            });
            Ok(())
        }
        Command::Relate { source, kind, target, set } => {
            let kind = kind.parse().map_err(|error| unknown(&error))?;
            let source = find(app, source, &[What::Element]).await?.0;
            let target = find(app, target, BOTH).await?.0;
            let properties = assignments(set)?
                .into_iter()
                .map(|(name, text)| {
                    let spec = relation_property(&name).ok_or_else(|| no_property(&name))?;
                    Ok((name, parse_property(spec, &text)?))
                })
                .collect::<Result<_, FieldError>>()?;
            let made = app.run(CLI, RelationCreateParams { kind, source, target, properties }).await?;
            output.answer(&made, |r| {
                format!("{} {} {}.", plain(&r.source_name), r.kind, plain(&r.target_name))
            });
            Ok(())
        }
        Command::Page { title, kind, text, stdin, path, about, classification } => {
            let about = match about {
                Some(named) => Some(find(app, named, &[What::Element]).await?.0),
                None => None,
            };
            let params = PageCreateParams {
                kind: kind.parse().map_err(|error| unknown(&error))?,
                title: title.clone(),
                path: path.clone().unwrap_or_default(),
                body: given_text(text.as_deref(), *stdin)?.unwrap_or_default(),
                about,
                classification: classification.clone(),
            };
            let made = app.run(CLI, params).await?;
            output.answer(&made, |made| {
                format!("Added the page {} ({}).", plain(&made.page.title), made.page.id)
            });
            Ok(())
        }
        Command::Edit { .. } => edit(app, command, output).await,
        Command::Delete { items } => delete(app, items, output).await,
        Command::Undo => {
            let state = app.run(CLI, EditUndoParams {}).await?;
            output.answer(&state, |state| done("Undone", state));
            Ok(())
        }
        Command::Redo => {
            let state = app.run(CLI, EditRedoParams {}).await?;
            output.answer(&state, |state| done("Done again", state));
            Ok(())
        }
        Command::Search { words, limit } => {
            let params = SearchParams { text: words.join(" "), limit: *limit };
            let found = app.run(CLI, params).await?;
            output.answer(&found, |found| {
                let rows: Vec<Vec<String>> = found
                    .hits
                    .iter()
                    .map(|hit| {
                        let piece: String =
                            hit.snippet.chars().filter(|c| !matches!(c, '\u{e000}' | '\u{e001}')).collect();
                        let piece = piece.split_whitespace().collect::<Vec<_>>().join(" ");
                        vec![hit.item.kind.clone(), plain(&hit.item.name), plain(&hit.context), plain(&piece)]
                    })
                    .collect();
                if rows.is_empty() { "Nothing found.".to_owned() } else { table(&rows) }
            });
            Ok(())
        }
        _ => Ok(()),
    }
}

async fn list(app: &Arc<App>, command: &Command, output: &Output) -> Result<(), ApiError> {
    let Command::List { kind, tag, filter, relations, pages, views, properties } = command else {
        return Ok(());
    };
    let text = |value: &Option<String>| value.clone();
    if *properties {
        list_properties(output);
    } else if *relations {
        let kind = parsed(kind)?;
        let found = app.run(CLI, RelationListParams { kind, ..Default::default() }).await?;
        output.answer(&found.items, |items| {
            table(
                &items
                    .iter()
                    .map(|r| vec![plain(&r.source_name), r.kind.to_string(), plain(&r.target_name)])
                    .collect::<Vec<_>>(),
            )
        });
    } else if *pages {
        let found = app
            .run(CLI, PageListParams { kind: parsed(kind)?, filter: text(filter), ..Default::default() })
            .await?;
        output.answer(&found.items, |items| {
            let rows = items.iter().map(|p| vec![p.kind.to_string(), plain(&p.title), plain(&p.path)]);
            table(&rows.chain(signs(&found.hidden)).collect::<Vec<_>>())
        });
    } else if *views {
        let found = app.run(CLI, ViewListParams {}).await?;
        output.answer(&found.items, |items| {
            let rows = items.iter().map(|v| vec![v.kind.to_string(), plain(&v.name), v.id.to_string()]);
            table(&rows.chain(signs(&found.hidden)).collect::<Vec<_>>())
        });
    } else {
        let params = ElementListParams {
            kind: parsed(kind)?,
            tag: text(tag),
            filter: text(filter),
            ..ElementListParams::default()
        };
        let found = app.run(CLI, params).await?;
        output.answer(&found.items, |items| {
            let rows = items.iter().map(|e| {
                vec![e.kind.to_string(), plain(&e.name), plain(e.technology.as_deref().unwrap_or(""))]
            });
            table(&rows.chain(signs(&found.hidden)).collect::<Vec<_>>())
        });
    }
    Ok(())
}

/// Rows that say that something is there which may not be known here.
fn signs(hidden: &[Reference]) -> impl Iterator<Item = Vec<String>> + '_ {
    hidden.iter().map(|sign| vec![sign.kind.clone(), plain(&sign.name), sign.id.to_string()])
}

fn list_properties(output: &Output) {
    let describe = |shape: Shape| match shape {
        Shape::Bool => "true or false".to_owned(),
        Shape::Integer(..) => "whole number".to_owned(),
        Shape::Line(max) => format!("text, at most {max} characters"),
        Shape::Choice(choices) => choices.join(", "),
        Shape::Suggested(choices) => format!("{}, \u{2026}", choices.join(", ")),
        Shape::Duration => "length of time, like 15m".to_owned(),
    };
    let mut rows: BTreeMap<&str, (String, Vec<&str>)> = BTreeMap::new();
    for kind in ElementKind::ALL {
        for spec in element_properties(*kind) {
            rows.entry(spec.name).or_insert_with(|| (describe(spec.shape), Vec::new())).1.push(kind.as_str());
        }
    }
    let all = ElementKind::ALL.len();
    let mut lines: Vec<Vec<String>> = rows
        .into_iter()
        .map(|(name, (shape, kinds))| {
            let kinds = if kinds.len() == all { "all kinds".to_owned() } else { kinds.join(", ") };
            vec![name.to_owned(), kinds, shape]
        })
        .collect();
    lines.extend(
        relation_properties()
            .map(|spec| vec![spec.name.to_owned(), "relations".to_owned(), describe(spec.shape)]),
    );
    output.answer(&lines, |lines| table(lines));
}

async fn edit(app: &Arc<App>, command: &Command, output: &Output) -> Result<(), ApiError> {
    let Command::Edit { item, name, text, stdin, set, tags, untags, parent, owner } = command else {
        return Ok(());
    };
    let (id, what) = find(app, item, BOTH).await?;
    let text = given_text(text.as_deref(), *stdin)?;
    let field = if what == What::Page { TextField::Body } else { TextField::Description };
    if let Some(text) = &text {
        replace_text(app, id, field, text).await?;
    }
    if what == What::Page {
        let mut classification = None;
        let mut others = false;
        for (field, level) in assignments(set)? {
            others |= field != "classification";
            classification = Some(level);
        }
        if others || !tags.is_empty() || !untags.is_empty() || parent.is_some() || owner.is_some() {
            return Err(ApiError::new(
                ErrorCode::InvalidInput,
                "A page has no properties but its classification, no tags of its own, parent or owner.",
                "Tags stand in its text (#tag) or front matter.",
            ));
        }
        let changed = name.is_some() || classification.is_some();
        let (title, kind, path, front_matter) = (name.clone(), None, None, None);
        let params = PageUpdateParams { id, title, kind, path, front_matter, classification };
        let view = match changed {
            true => app.run(CLI, params).await?,
            false => app.run(CLI, PageGetParams { id }).await?,
        };
        output.answer(&view, |view| format!("Changed the page {}.", plain(&view.page.title)));
        return Ok(());
    }
    let kind = app.run(CLI, ElementGetParams { id }).await?.element.kind;
    let mut params = ElementUpdateParams::of(id);
    params.name = name.clone();
    params.add_tags = tags.iter().cloned().collect();
    params.remove_tags = untags.iter().cloned().collect();
    for (name, text) in assignments(set)? {
        let spec = element_property(kind, &name).ok_or_else(|| no_property(&name))?;
        let value: Option<PropertyValue> =
            if text.is_empty() { None } else { Some(parse_property(spec, &text)?) };
        params.properties.insert(name, value);
    }
    (params.parent, params.clear_parent) = target(app, parent.as_deref()).await?;
    (params.owner, params.clear_owner) = target(app, owner.as_deref()).await?;
    let changed = params.name.is_some()
        || !params.properties.is_empty()
        || !params.add_tags.is_empty()
        || !params.remove_tags.is_empty()
        || parent.is_some()
        || owner.is_some();
    if !changed && text.is_none() {
        return Err(ApiError::new(
            ErrorCode::InvalidInput,
            "Nothing to change was given.",
            "Use --name, --text, --set, --tag, --untag, --parent or --owner.",
        ));
    }
    let view =
        if changed { app.run(CLI, params).await? } else { app.run(CLI, ElementGetParams { id }).await? };
    output.answer(&view, |view| format!("Changed {}.", plain(&view.element.name)));
    Ok(())
}

async fn target(app: &Arc<App>, named: Option<&str>) -> Result<(Option<DocumentId>, bool), ApiError> {
    match named {
        None => Ok((None, false)),
        Some("") => Ok((None, true)),
        Some(named) => Ok((Some(find(app, named, &[What::Element]).await?.0), false)),
    }
}

async fn replace_text(app: &Arc<App>, id: DocumentId, field: TextField, text: &str) -> Result<(), ApiError> {
    let state = app.run(CLI, TextOpenParams { document: id, field }).await?;
    // Only what differs is replaced, so that edits made elsewhere to the rest of the text survive.
    let old: Vec<u16> = state.text.encode_utf16().collect();
    let new: Vec<u16> = text.encode_utf16().collect();
    let surrogate = |unit: &u16| (0xdc00..0xe000).contains(unit);
    let mut start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    while start > 0 && (old.get(start).is_some_and(surrogate) || new.get(start).is_some_and(surrogate)) {
        start -= 1;
    }
    let room = old.len().min(new.len()) - start;
    let mut end = old.iter().rev().zip(new.iter().rev()).take(room).take_while(|(a, b)| a == b).count();
    while end > 0 && old.get(old.len() - end).is_some_and(surrogate) {
        end -= 1;
    }
    let delete = old.len() - start - end;
    let insert = String::from_utf16_lossy(new.get(start..new.len() - end).unwrap_or_default());
    if delete == 0 && insert.is_empty() {
        return Ok(());
    }
    let unit = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let changes = vec![TextChange { at: unit(start), delete: unit(delete), insert }];
    app.run(CLI, TextEditParams { document: id, field, version: state.version, changes }).await?;
    Ok(())
}

async fn delete(app: &Arc<App>, items: &[String], output: &Output) -> Result<(), ApiError> {
    let mut elements = Vec::new();
    let mut pages = Vec::new();
    for item in items {
        match find(app, item, BOTH).await? {
            (id, What::Page) => pages.push(id),
            (id, _) => elements.push(id),
        }
    }
    let mut all = Vec::new();
    if !elements.is_empty() {
        all.push(app.run(CLI, ElementDeleteParams { ids: elements }).await?);
    }
    for id in pages {
        all.push(app.run(CLI, PageDeleteParams { id }).await?);
    }
    output.answer(&all, |all| {
        let documents: u64 = all.iter().map(|deleted| deleted.documents).sum();
        format!("Deleted {documents}; `groundplan undo` brings the latest back.")
    });
    Ok(())
}

fn show_element(view: &ElementView) -> String {
    let element = &view.element;
    let mut rows = vec![
        vec!["id".to_owned(), element.id.to_string()],
        vec!["kind".to_owned(), element.kind.to_string()],
    ];
    if let Some(parent) = &view.parent {
        rows.push(vec!["part of".to_owned(), plain(&parent.name)]);
    }
    rows.extend(element.properties.iter().map(|(name, value)| vec![name.clone(), plain(&value.to_text())]));
    if !element.tags.is_empty() {
        rows.push(vec![
            "tags".to_owned(),
            plain(&element.tags.iter().cloned().collect::<Vec<_>>().join(", ")),
        ]);
    }
    rows.extend(
        view.outgoing.iter().map(|r| vec![r.kind.to_string(), format!("\u{2192} {}", plain(&r.target_name))]),
    );
    rows.extend(
        view.incoming.iter().map(|r| vec![r.kind.to_string(), format!("\u{2190} {}", plain(&r.source_name))]),
    );
    rows.extend(view.pages.iter().map(|page| vec!["page".to_owned(), plain(&page.name)]));
    rows.extend(
        view.conflicts.iter().map(|c| vec![format!("conflict in {}", c.field), plain(&c.values.join(" / "))]),
    );
    format!("{}\n{}\n{}", plain(&element.name), table(&rows), plain(&element.description))
}

fn show_page(view: &PageView) -> String {
    format!("{}{}", plain(&view.page.front_matter), plain(&view.page.body))
}

fn done(verb: &str, state: &EditState) -> String {
    match &state.done {
        Some(label) => format!("{verb}: {}.", plain(label)),
        None => "There is nothing to do.".to_owned(),
    }
}

fn parsed<T: std::str::FromStr>(text: &Option<String>) -> Result<Option<T>, ApiError>
where
    T::Err: std::fmt::Display,
{
    text.as_deref().map(|text| text.parse().map_err(|error| unknown(&error))).transpose()
}

fn unknown(error: &impl std::fmt::Display) -> ApiError {
    ApiError::new(ErrorCode::InvalidInput, format!("{error}."), "See `groundplan list --help`.")
}

fn no_property(name: &str) -> FieldError {
    FieldError::new(
        format!("properties.{name}"),
        "is not a property of this kind",
        "See `groundplan list --properties`.",
    )
}

fn assignments(set: &[String]) -> Result<Vec<(String, String)>, FieldError> {
    set.iter()
        .map(|text| {
            text.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.to_owned())).ok_or_else(
                || {
                    FieldError::new(
                        "--set",
                        format!("\u{201c}{text}\u{201d} has no `=`"),
                        "Write it as name=value.",
                    )
                },
            )
        })
        .collect()
}

fn given_text(text: Option<&str>, stdin: bool) -> Result<Option<String>, ApiError> {
    if !stdin {
        return Ok(text.map(str::to_owned));
    }
    let mut read = String::new();
    std::io::stdin().read_to_string(&mut read).map_err(|error| {
        ApiError::new(
            ErrorCode::InvalidInput,
            format!("Standard input cannot be read: {error}."),
            "It must be UTF-8 text.",
        )
    })?;
    Ok(Some(read))
}
