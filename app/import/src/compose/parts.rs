//! The parts of a service that have several forms: environment, dependencies, volumes, ports, networks.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::interpolate::Variables;
use crate::ImportError;
use crate::yaml::{Node, Value};

/// An environment variable.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    pub(super) value: String,
    pub(super) line: u32,
}

/// A dependency on another service.
#[derive(Debug, Clone)]
pub(super) struct Dependency {
    pub(super) condition: String,
    pub(super) required: bool,
    pub(super) line: u32,
}

/// A mounted named volume.
#[derive(Debug, Clone)]
pub(super) struct Mount {
    pub(super) volume: String,
    pub(super) target: String,
    pub(super) read_only: bool,
    pub(super) line: u32,
}

/// A port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Port {
    pub(super) text: String,
    /// Whether it is published under a fixed port on an address that is not loopback.
    pub(super) open: bool,
}

/// Another name under which a service is found, and the line that gives it.
#[derive(Debug, Clone)]
pub(super) struct Membership {
    pub(super) aliases: Vec<String>,
    pub(super) line: u32,
}

/// Where values are read: the file for errors, the variables to fill in.
pub(super) struct Reader<'a> {
    pub(super) file: &'a str,
    pub(super) vars: &'a Variables,
}

impl Reader<'_> {
    pub(super) fn text(&self, node: &Node, name: &str) -> Result<String, ImportError> {
        Ok(self.vars.fill(node.scalar(self.file, name)?))
    }

    pub(super) fn optional(&self, node: &Node, name: &str) -> Result<Option<String>, ImportError> {
        let text = node.get(name).map(|value| self.text(value, name)).transpose()?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    /// Reads a list of texts, or a single one.
    pub(super) fn texts(&self, node: &Node, name: &str) -> Result<Vec<(String, u32)>, ImportError> {
        if let Value::Scalar(text) = &node.value {
            return Ok(vec![(self.vars.fill(text), node.mark.line)]);
        }
        let items = node.sequence(self.file, name)?;
        items.iter().map(|item| Ok((self.text(item, name)?, item.mark.line))).collect()
    }

    /// Reads `KEY=value` items or a mapping.
    pub(super) fn environment(&self, node: &Node) -> Result<BTreeMap<String, Variable>, ImportError> {
        let mut found = BTreeMap::new();
        let mut add = |name: &str, value: Option<String>, line| {
            let value = value.or_else(|| self.vars.get(name).map(str::to_owned)).unwrap_or_default();
            found.insert(name.to_owned(), Variable { value, line });
        };
        if let Value::Sequence(items) = &node.value {
            for item in items {
                let text = item.scalar(self.file, "environment")?;
                match text.split_once('=') {
                    Some((name, value)) => add(name, Some(self.vars.fill(value)), item.mark.line),
                    None => add(text, None, item.mark.line),
                }
            }
        } else {
            for pair in node.mapping(self.file, "environment")? {
                let value = pair.value.scalar(self.file, &pair.key)?;
                let value = (!pair.value.is_null()).then(|| self.vars.fill(value));
                add(&pair.key, value, pair.mark.line);
            }
        }
        Ok(found)
    }

    /// Reads labels in both forms.
    pub(super) fn labels(&self, node: &Node) -> Result<BTreeMap<String, String>, ImportError> {
        let found = self.environment(node)?;
        Ok(found.into_iter().map(|(name, variable)| (name, variable.value)).collect())
    }

    /// Reads `depends_on` as a list or a mapping.
    pub(super) fn depends_on(&self, node: &Node) -> Result<BTreeMap<String, Dependency>, ImportError> {
        let mut found = BTreeMap::new();
        if let Value::Sequence(items) = &node.value {
            for item in items {
                let name = self.text(item, "depends_on")?;
                let condition = "service_started".to_owned();
                found.insert(name, Dependency { condition, required: true, line: item.mark.line });
            }
            return Ok(found);
        }
        for pair in node.mapping(self.file, "depends_on")? {
            pair.value.mapping(self.file, &pair.key)?;
            let condition =
                self.optional(&pair.value, "condition")?.unwrap_or_else(|| "service_started".to_owned());
            let required = pair.value.text_of("required") != Some("false");
            found.insert(pair.key.to_string(), Dependency { condition, required, line: pair.mark.line });
        }
        Ok(found)
    }

    /// Reads the mounts of named volumes; those of folders and unnamed ones are left out.
    pub(super) fn mounts(&self, node: &Node) -> Result<Vec<Mount>, ImportError> {
        let items = node.sequence(self.file, "volumes")?;
        let mut found = Vec::new();
        for item in items {
            found.extend(match &item.value {
                Value::Mapping(_) => self.long_mount(item)?,
                _ => short_mount(&self.text(item, "volumes")?, item.mark.line),
            });
        }
        Ok(found)
    }

    fn long_mount(&self, item: &Rc<Node>) -> Result<Option<Mount>, ImportError> {
        let kind = self.optional(item, "type")?;
        let source = self.optional(item, "source")?.or(self.optional(item, "src")?);
        let target = self.optional(item, "target")?.unwrap_or_default();
        let read_only = item.text_of("read_only") == Some("true");
        let volume =
            source.filter(|source| kind.as_deref().unwrap_or("volume") == "volume" && is_named(source));
        Ok(volume.map(|volume| Mount { volume, target, read_only, line: item.mark.line }))
    }

    /// Reads ports in both forms.
    pub(super) fn ports(&self, node: &Node) -> Result<Vec<Port>, ImportError> {
        let items = node.sequence(self.file, "ports")?;
        items
            .iter()
            .map(|item| match &item.value {
                Value::Mapping(_) => self.long_port(item),
                _ => Ok(short_port(&self.text(item, "ports")?)),
            })
            .collect()
    }

    fn long_port(&self, item: &Rc<Node>) -> Result<Port, ImportError> {
        let part = |name: &str| self.optional(item, name);
        let address = part("host_ip")?;
        let published = part("published")?;
        let protocol = part("protocol")?.map(|protocol| format!("/{protocol}")).unwrap_or_default();
        let target = part("target")?.unwrap_or_default();
        let before: Vec<String> = [address, published].into_iter().flatten().collect();
        let text = before.into_iter().chain([format!("{target}{protocol}")]).collect::<Vec<_>>().join(":");
        Ok(short_port(&text))
    }

    /// Reads networks as a list or a mapping.
    pub(super) fn networks(&self, node: &Node) -> Result<BTreeMap<String, Membership>, ImportError> {
        if matches!(node.value, Value::Sequence(_)) {
            let names = self.texts(node, "networks")?;
            return Ok(names
                .into_iter()
                .map(|(name, line)| (name, Membership { aliases: Vec::new(), line }))
                .collect());
        }
        let mut found = BTreeMap::new();
        for pair in node.mapping(self.file, "networks")? {
            let aliases = match pair.value.get("aliases") {
                Some(aliases) => {
                    self.texts(aliases, "aliases")?.into_iter().map(|(alias, _)| alias).collect()
                }
                None => Vec::new(),
            };
            found.insert(pair.key.to_string(), Membership { aliases, line: pair.mark.line });
        }
        Ok(found)
    }
}

fn short_mount(text: &str, line: u32) -> Option<Mount> {
    let mut parts = text.split(':');
    let (volume, target) = (parts.next()?, parts.next()?);
    let read_only = parts.next().is_some_and(|mode| mode.split(',').any(|word| word == "ro"));
    is_named(volume).then(|| Mount { volume: volume.to_owned(), target: target.to_owned(), read_only, line })
}

/// A volume has a name where it is no path: docker takes letters, digits, `_`, `.` and `-`.
fn is_named(source: &str) -> bool {
    source.len() > 1
        && source.chars().next().is_some_and(|c| c.is_ascii_alphanumeric())
        && source.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

fn short_port(text: &str) -> Port {
    let loopback = ["127.", "localhost:", "[::1]:", "::1:"].iter().any(|start| text.starts_with(start));
    let after = text.rsplit_once(']').map_or(text, |(_, rest)| rest);
    Port { text: text.to_owned(), open: after.contains(':') && !loopback }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_read() {
        let mount = short_mount("data:/var/lib:ro,z", 1).unwrap();
        assert_eq!(
            (mount.volume.as_str(), mount.target.as_str(), mount.read_only),
            ("data", "/var/lib", true)
        );
        for path in ["./a:/b", "/a:/b", "~/a:/b", "/data", "${X}:/b", "C:\\a:/b", "../a:/b"] {
            assert!(short_mount(path, 1).is_none(), "{path}");
        }
        for (text, open) in [
            ("80:80", true),
            ("80", false),
            ("127.0.0.1:80:80", false),
            ("[::1]:80:80", false),
            ("0.0.0.0:80:80", true),
            ("${P}:80/tcp", true),
        ] {
            assert_eq!(short_port(text).open, open, "{text}");
        }
    }
}
