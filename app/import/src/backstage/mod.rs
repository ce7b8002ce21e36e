//! Backstage catalogue: entities of all its kinds, from one file or a folder of them.
//!
//! Lives here: finding and reading the files. Their entities are in `entity`, references in `reference`, the
//! mapping to the model in `emit`.

mod emit;
mod entity;
mod fields;
mod reference;

use std::collections::{BTreeMap, BTreeSet};

use crate::limits::{OnProgress, Stage, report};
use crate::set::{Dangling, ImportSet};
use crate::tree::{FileTree, path, read_text};
use crate::{ImportError, Limits, yaml};
use entity::Entity;

/// Says whether a text holds entities of a catalogue.
pub(crate) fn is_catalogue(text: &str) -> bool {
    text.lines().any(|line| {
        let value = line.trim_start_matches('\u{feff}').strip_prefix("apiVersion:");
        value.is_some_and(|value| value.trim().trim_start_matches(['"', '\'']).starts_with("backstage.io/"))
    })
}

/// Reads a catalogue.
pub(crate) fn extract(
    tree: &dyn FileTree,
    limits: &Limits,
    progress: &mut OnProgress<'_>,
) -> Result<ImportSet, ImportError> {
    report(progress, Stage::Listing, 0, 0, "")?;
    let mut reader =
        Reader { tree, limits, set: ImportSet::default(), entities: Vec::new(), others: BTreeMap::new() };
    let mut queue: Vec<String> = match tree.primary() {
        Some(file) => vec![file.to_owned()],
        None => reader.yaml_files()?,
    };
    queue.reverse();
    let picked = tree.primary().is_some();
    let mut seen: BTreeSet<String> = queue.iter().cloned().collect();
    let mut done = 0;
    while let Some(file) = queue.pop() {
        report(progress, Stage::Reading, done, done + queue.len() + 1, &file)?;
        done += 1;
        for target in reader.file(&file, picked)? {
            if seen.insert(target.clone()) {
                queue.push(target);
            }
        }
    }
    report(progress, Stage::Linking, 0, 1, "")?;
    let Reader { mut set, entities, others, .. } = reader;
    if entities.is_empty() {
        return Err(ImportError::file(
            tree.primary().map_or_else(|| tree.title(), str::to_owned),
            "holds no entity of a Backstage catalogue",
            "Choose a file or folder with entities (`apiVersion: backstage.io/\u{2026}`).",
        ));
    }
    for (kind, count) in others {
        set.note(
            "",
            None,
            format!("{count} entities of the kind {kind} were left out: the model has no such kind."),
        );
    }
    set.source_title = tree.primary().map_or_else(|| tree.title(), |file| path::stem(file).to_owned());
    emit::emit(&entities, &mut set);
    Ok(set)
}

struct Reader<'a> {
    tree: &'a dyn FileTree,
    limits: &'a Limits,
    set: ImportSet,
    entities: Vec<Entity>,
    others: BTreeMap<String, usize>,
}

impl Reader<'_> {
    fn yaml_files(&self) -> Result<Vec<String>, ImportError> {
        let listing = self.tree.list()?;
        let yaml = |file: &String| matches!(path::extension(file).as_str(), "yml" | "yaml");
        Ok(listing.entries.into_iter().map(|entry| entry.path).filter(yaml).collect())
    }

    /// Reads a file; returns the files that its locations name. Files of a folder without entities are skipped.
    fn file(&mut self, file: &str, picked: bool) -> Result<Vec<String>, ImportError> {
        let text = read_text(self.tree, file, self.limits)?;
        if !picked && !is_catalogue(&text) {
            return Ok(Vec::new());
        }
        let mut targets = Vec::new();
        for document in yaml::load(file, &text, self.limits)? {
            let Some(entity) = Entity::read(file, document)? else { continue };
            match entity.kind.as_str() {
                "location" => self.location(&entity, &mut targets)?,
                "component" | "api" | "resource" | "system" | "domain" | "group" | "user" => {
                    self.entities.push(entity);
                }
                other => *self.others.entry(other.to_owned()).or_default() += 1,
            }
        }
        Ok(targets)
    }

    fn location(&mut self, entity: &Entity, targets: &mut Vec<String>) -> Result<(), ImportError> {
        let mut named = entity.texts("targets")?;
        named.extend(entity.texts("target")?);
        for (target, line) in named {
            let found = if target.contains("://") { None } else { path::join(&entity.file, &target) };
            let reason = match found {
                Some(found) if self.tree.size(&found)?.is_some() => {
                    targets.push(found);
                    continue;
                }
                Some(_) => "There is no such file in the source.",
                None => "It lies outside the source and was not fetched.",
            };
            self.set.dangling.push(Dangling {
                from: entity.key(),
                to: target,
                what: "location".to_owned(),
                reason: reason.to_owned(),
                file: entity.file.clone(),
                line,
            });
        }
        Ok(())
    }
}
