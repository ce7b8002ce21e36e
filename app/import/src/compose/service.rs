//! A service as its file describes it, with the forms of its parts made one.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::{Dependency, Membership, Mount, Port, Reader, Variable};
use crate::ImportError;
use crate::yaml::{Pair, Value};

/// A service.
#[derive(Debug, Clone, Default)]
pub(super) struct Service {
    pub(super) file: String,
    pub(super) line: u32,
    /// The comment above it.
    pub(super) comment: String,
    pub(super) image: Option<String>,
    pub(super) container_name: Option<String>,
    pub(super) hostname: Option<String>,
    pub(super) instances: Option<String>,
    pub(super) environment: BTreeMap<String, Variable>,
    pub(super) depends_on: BTreeMap<String, Dependency>,
    /// Services named by `links`, `volumes_from` and `network_mode`: key that names it, alias, line.
    pub(super) named: BTreeMap<String, (String, Option<String>, u32)>,
    pub(super) mounts: Vec<Mount>,
    pub(super) ports: Vec<Port>,
    pub(super) networks: BTreeMap<String, Membership>,
    pub(super) profiles: BTreeSet<String>,
    pub(super) labels: BTreeMap<String, String>,
}

/// What a service extends.
pub(super) struct Extends {
    pub(super) file: Option<String>,
    pub(super) service: String,
}

impl Service {
    /// Reads the mapping of a service.
    pub(super) fn read(reader: &Reader<'_>, pair: &Pair, comment: String) -> Result<Self, ImportError> {
        let node = &pair.value;
        node.mapping(reader.file, &pair.key)?;
        let mut service = Self {
            file: reader.file.to_owned(),
            line: pair.mark.line,
            comment,
            image: reader.optional(node, "image")?,
            container_name: reader.optional(node, "container_name")?,
            hostname: reader.optional(node, "hostname")?,
            instances: reader.optional(node, "scale")?,
            ..Self::default()
        };
        if let Some(deploy) = node.get("deploy") {
            deploy.mapping(reader.file, "deploy")?;
            service.instances = reader.optional(deploy, "replicas")?.or(service.instances);
        }
        if let Some(environment) = node.get("environment") {
            service.environment = reader.environment(environment)?;
        }
        if let Some(labels) = node.get("labels") {
            service.labels = reader.labels(labels)?;
        }
        if let Some(depends_on) = node.get("depends_on") {
            service.depends_on = reader.depends_on(depends_on)?;
        }
        if let Some(volumes) = node.get("volumes") {
            service.mounts = reader.mounts(volumes)?;
        }
        if let Some(ports) = node.get("ports") {
            service.ports = reader.ports(ports)?;
        }
        if let Some(networks) = node.get("networks") {
            service.networks = reader.networks(networks)?;
        }
        if let Some(profiles) = node.get("profiles") {
            service.profiles =
                reader.texts(profiles, "profiles")?.into_iter().map(|(name, _)| name).collect();
        }
        service.read_named(reader, pair)?;
        Ok(service)
    }

    fn read_named(&mut self, reader: &Reader<'_>, pair: &Pair) -> Result<(), ImportError> {
        if let Some(links) = pair.value.get("links") {
            for (text, line) in reader.texts(links, "links")? {
                let (name, alias) = match text.split_once(':') {
                    Some((name, alias)) => (name.to_owned(), Some(alias.to_owned())),
                    None => (text, None),
                };
                self.named.insert(name, ("links".to_owned(), alias, line));
            }
        }
        if let Some(from) = pair.value.get("volumes_from") {
            for (text, line) in reader.texts(from, "volumes_from")? {
                let name = text.split(':').next().unwrap_or_default();
                if name != "container" {
                    self.named.entry(name.to_owned()).or_insert(("volumes_from".to_owned(), None, line));
                }
            }
        }
        if let Some(mode) = pair.value.get("network_mode")
            && let Some(name) = reader.text(mode, "network_mode")?.strip_prefix("service:")
        {
            self.named.entry(name.to_owned()).or_insert(("network_mode".to_owned(), None, mode.mark.line));
        }
        Ok(())
    }
}

impl Extends {
    /// Reads what a service extends: a name, or a name and a file.
    pub(super) fn read(
        reader: &Reader<'_>,
        pair: &Pair,
    ) -> Result<Option<(Self, crate::error::Mark)>, ImportError> {
        let Some(node) = pair.value.get("extends") else { return Ok(None) };
        let extends = match &node.value {
            Value::Scalar(name) => Self { file: None, service: reader.vars.fill(name) },
            Value::Mapping(_) => {
                let Some(service) = reader.optional(node, "service")? else {
                    return Err(node.refuse(
                        reader.file,
                        format!("`extends` of the service `{}` names no service", pair.key),
                        "Add `service:` below `extends:`.",
                    ));
                };
                Self { file: reader.optional(node, "file")?, service }
            }
            _ => return Err(node.wrong(reader.file, "extends", "a name, or a mapping with `service`")),
        };
        Ok(Some((extends, node.mark)))
    }
}
