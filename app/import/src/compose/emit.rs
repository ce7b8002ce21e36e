//! Turns a read project into elements and relations of the model.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Deref;

use groundplan_shared::model::{ElementKind, RelationKind};

use super::environment::{hosts, protocol};
use super::file::{Declared, Project};
use super::infer::{infer, split_image, technology};
use super::service::Service;
use crate::ServiceKinds;
use crate::finish::line_text;
use crate::set::{Dangling, ImportElement, ImportRelation, ImportSet};

/// Key of the element that stands for the project.
const PROJECT: &str = "project";

pub(super) fn emit(project: Project<'_>, title: String, kinds: ServiceKinds) -> ImportSet {
    let mut set = ImportSet { source_title: title.clone(), notes: project.notes, ..ImportSet::default() };
    let mut system = ImportElement::new(PROJECT, ElementKind::System, &title, &project.start, 1);
    system.description = format!(
        "Compose project with {} services and {} named volumes, imported from `{}`.",
        project.services.len(),
        project.volumes.len(),
        project.start
    );
    system.set("technology", "Docker Compose");
    set.elements.push(system);
    let grouped = used_networks(&project.services).len() > 1;
    let names = names(&project.services);
    let mut services: Vec<ImportElement> = Vec::with_capacity(project.services.len());
    for (name, service) in &project.services {
        let mut element = element(name, service, kinds);
        relations(&mut element, service, &names, &mut set);
        stores(&mut element, service, &project.volumes, &mut set);
        if grouped {
            inside(&mut element, service, &project.networks, &mut set);
        }
        services.push(element);
    }
    mark_channels(&mut services);
    set.elements.extend(services);
    set.elements.extend(project.volumes.iter().map(|(name, declared)| volume(name, declared)));
    if grouped {
        set.elements.extend(project.networks.iter().map(|(name, declared)| network(name, declared)));
    }
    set
}

fn element(name: &str, service: &Service, kinds: ServiceKinds) -> ImportElement {
    let image = service.image.as_deref().unwrap_or_default();
    let inferred = infer(name, image, kinds);
    let key = format!("service:{name}");
    let mut element = ImportElement::new(key, inferred.kind, name, &service.file, service.line);
    let label = ["org.opencontainers.image.description", "description"];
    let label = label.iter().find_map(|label| service.labels.get(*label)).filter(|text| !text.is_empty());
    let image_line =
        if image.is_empty() { String::new() } else { format!("Image: `{}`", line_text(image, 300)) };
    let parts = [label.unwrap_or(&service.comment), &image_line];
    element.description =
        parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("\n\n");
    element.set(inferred.property, inferred.kind_type);
    if inferred.kind == ElementKind::Component {
        element.set("level", "container");
    }
    let (repository, tag) = split_image(image);
    let known = inferred.technology.map_or_else(|| technology(repository), str::to_owned);
    element.set("technology", line_text(&known, 120));
    if let Some(tag) = tag.filter(|tag| !tag.contains('$') && tag.chars().any(|c| c.is_ascii_digit())) {
        element.set("version", line_text(tag, 64));
    }
    let ports: Vec<&str> = service.ports.iter().map(|port| port.text.as_str()).collect();
    element.set("ports", line_text(&ports.join(", "), 400));
    let profiles: Vec<&str> = service.profiles.iter().map(String::as_str).collect();
    element.set("profiles", line_text(&profiles.join(", "), 200));
    if service.ports.iter().any(|port| port.open) {
        element.set("internet_facing", "true");
    }
    if let Some(instances) = service.instances.as_ref().filter(|n| n.chars().all(|c| c.is_ascii_digit())) {
        element.set("instances", instances.clone());
    }
    element.parent = Some(PROJECT.to_owned());
    element
}

/// The services of a project.
struct Names {
    /// Services by every name under which others reach them.
    hosts: HashMap<String, String>,
    services: HashSet<String>,
}

fn names<S: Deref<Target = Service>>(services: &[(String, S)]) -> Names {
    let mut found = HashMap::new();
    for (name, service) in services {
        let aliases = service.networks.values().flat_map(|network| network.aliases.iter());
        for other in service.container_name.iter().chain(&service.hostname).chain(aliases) {
            found.entry(other.to_ascii_lowercase()).or_insert_with(|| name.clone());
        }
    }
    for (name, _) in services {
        found.insert(name.to_ascii_lowercase(), name.clone());
    }
    Names { hosts: found, services: services.iter().map(|(name, _)| name.clone()).collect() }
}

fn relations(element: &mut ImportElement, service: &Service, names: &Names, set: &mut ImportSet) {
    let mut found: BTreeMap<String, ImportRelation> = BTreeMap::new();
    let known = &names.services;
    for (target, dependency) in &service.depends_on {
        if !known.contains(target) {
            let reason = "The source has no such service.";
            set.dangling.push(dangling(element, target, "depends_on", reason, dependency.line));
            continue;
        }
        let mut relation = uses("depends_on", element, target, dependency.line);
        let optional = if dependency.required { "" } else { " (optional)" };
        let after = match dependency.condition.as_str() {
            "service_healthy" => "Starts after it is healthy",
            "service_completed_successfully" => "Starts after it has completed",
            _ => "Starts after it",
        };
        relation.set("description", format!("{after}{optional}"));
        found.insert(target.clone(), relation);
    }
    for (target, (origin, _, line)) in &service.named {
        if known.contains(target) {
            found.entry(target.clone()).or_insert_with(|| uses(origin, element, target, *line));
        } else {
            set.dangling.push(dangling(element, target, origin, "The source has no such service.", *line));
        }
    }
    environment(element, service, names, &mut found);
    element.relations.extend(found.into_values());
}

/// Adds what environment variables say: a relation where there is none yet, else its protocol.
fn environment(
    element: &ImportElement,
    service: &Service,
    names: &Names,
    found: &mut BTreeMap<String, ImportRelation>,
) {
    let mut said_by: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (variable, value) in &service.environment {
        for host in hosts(variable, &value.value) {
            let linked = |(name, (_, alias, _)): (&String, &(String, Option<String>, u32))| {
                (alias.as_deref() == Some(host.name.as_str())).then(|| name.clone())
            };
            let target =
                service.named.iter().find_map(linked).or_else(|| names.hosts.get(&host.name).cloned());
            let Some(target) = target.filter(|target| element.key != format!("service:{target}")) else {
                continue;
            };
            let relation = found
                .entry(target.clone())
                .or_insert_with(|| uses("environment", element, &target, value.line));
            if let Some(protocol) = host.scheme.as_deref().and_then(protocol)
                && !relation.fields.contains_key("protocol")
            {
                relation.set("protocol", protocol);
            }
            let variables = said_by.entry(target).or_default();
            if variables.last() != Some(&variable.as_str()) {
                variables.push(variable);
            }
        }
    }
    for (target, variables) in said_by {
        let Some(relation) = found.get_mut(&target) else { continue };
        let more = if variables.len() > 3 { ", \u{2026}" } else { "" };
        let some = variables.iter().take(3).copied().collect::<Vec<_>>().join(", ");
        let said = format!("Named in {some}{more}");
        let text = match relation.fields.get("description") {
            Some(before) => format!("{before}. {said}"),
            None => said,
        };
        relation.set("description", line_text(&text, 400));
    }
}

fn uses(origin: &str, element: &ImportElement, target: &str, line: u32) -> ImportRelation {
    ImportRelation::new(RelationKind::Uses, origin, &element.key, &format!("service:{target}"), line)
}

fn stores(
    element: &mut ImportElement,
    service: &Service,
    volumes: &BTreeMap<String, Declared>,
    set: &mut ImportSet,
) {
    let mut found: BTreeMap<&str, ImportRelation> = BTreeMap::new();
    for mount in &service.mounts {
        if !volumes.contains_key(&mount.volume) {
            let reason = "The source declares no such volume.";
            set.dangling.push(dangling(element, &mount.volume, "volume", reason, mount.line));
            continue;
        }
        let target = format!("volume:{}", mount.volume);
        let relation = found.entry(&mount.volume).or_insert_with(|| {
            let mut new =
                ImportRelation::new(RelationKind::Stores, "volume", &element.key, &target, mount.line);
            new.set("description", line_text(&format!("Mounted at {}", mount.target), 400));
            new.set("access", "read");
            new
        });
        if !mount.read_only {
            relation.set("access", "read-write");
        }
    }
    element.relations.extend(found.into_values());
}

fn used_networks<S: Deref<Target = Service>>(services: &[(String, S)]) -> BTreeSet<&str> {
    services.iter().flat_map(|(_, service)| service.networks.keys().map(String::as_str)).collect()
}

fn inside(
    element: &mut ImportElement,
    service: &Service,
    networks: &BTreeMap<String, Declared>,
    set: &mut ImportSet,
) {
    for (name, membership) in &service.networks {
        if networks.contains_key(name) {
            let target = format!("network:{name}");
            let new =
                ImportRelation::new(RelationKind::Inside, "network", &element.key, &target, membership.line);
            element.relations.push(new);
        } else if name != "default" {
            let reason = "The source declares no such network.";
            set.dangling.push(dangling(element, name, "network", reason, membership.line));
        }
    }
}

fn volume(name: &str, declared: &Declared) -> ImportElement {
    let key = format!("volume:{name}");
    let mut element = ImportElement::new(key, ElementKind::Datastore, name, &declared.file, declared.line);
    let kind =
        if declared.external { "Named volume, created outside of this project." } else { "Named volume." };
    let parts = [declared.comment.as_str(), kind];
    element.description = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    element.set("store_type", "file");
    element.set("technology", "Docker volume");
    element.parent = Some(PROJECT.to_owned());
    element
}

fn network(name: &str, declared: &Declared) -> ImportElement {
    let key = format!("network:{name}");
    let mut element = ImportElement::new(key, ElementKind::Boundary, name, &declared.file, declared.line);
    element.description.clone_from(&declared.comment);
    element.set("technology", "Docker network");
    element
}

/// What goes to a channel is asynchronous.
fn mark_channels(services: &mut [ImportElement]) {
    let channels = services.iter().filter(|element| element.kind == ElementKind::Channel);
    let channels: BTreeSet<String> = channels.map(|element| element.key.clone()).collect();
    for relation in services.iter_mut().flat_map(|element| &mut element.relations) {
        if channels.contains(&relation.target) {
            relation.set("interaction", "async");
        }
    }
}

fn dangling(element: &ImportElement, to: &str, what: &str, reason: &str, line: u32) -> Dangling {
    Dangling {
        from: element.key.clone(),
        to: to.to_owned(),
        what: what.to_owned(),
        reason: reason.to_owned(),
        file: element.file.clone(),
        line,
    }
}
