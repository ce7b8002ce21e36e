//! Bringing file, environment and flags together, later ones winning, and saying exactly where something is wrong.

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
};

use thiserror::Error;
use toml::de::{DeTable, DeValue};

use super::{
    Config, RegistrationMode, check,
    keys::{self, Key, PREFIX},
};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A line of the configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag(&'static str),
    /// Nobody set it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// Why the settings cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: the configuration file cannot be read: {reason}; check path and permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{}:{line}: this is not valid TOML: {reason}; see `groundplan-server serve --help` for an example", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What the parser met.
        reason: String,
    },
    /// There is no such setting.
    #[error("{origin}: there is no setting `{key}`{}", nearest.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    Unknown {
        /// What was written.
        key: String,
        /// Where.
        origin: Origin,
        /// The setting of the most similar name.
        nearest: Option<&'static str>,
    },
    /// A value is wrong.
    #[error("{origin}: `{key}`: {reason}; {remedy}")]
    Value {
        /// The setting.
        key: &'static str,
        /// Where it was set.
        origin: Origin,
        /// What is wrong.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
}

/// Where each setting was last set.
pub(super) type Origins = HashMap<&'static str, Origin>;

/// Reads file, environment and flags, in this order, and checks the result.
///
/// # Errors
/// The first thing that is wrong, with key, place and remedy.
pub fn load(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    flags: &[(&'static str, &'static str, String)],
) -> Result<Config, ConfigError> {
    let mut config = Config::default();
    let mut origins = Origins::new();
    if let Some(path) = file {
        let text = std::fs::read_to_string(path)
            .map_err(|reason| ConfigError::Unreadable { path: path.to_owned(), reason })?;
        for (name, line, values) in read_file(path, &text)? {
            set(&mut config, &mut origins, &name, &values, Origin::File { path: path.to_owned(), line })?;
        }
    }
    let mut variables: Vec<_> =
        environment.into_iter().filter(|(name, _)| name.starts_with(PREFIX)).collect();
    variables.sort();
    for (variable, value) in variables {
        if variable == CONFIG_VARIABLE {
            continue;
        }
        let name =
            keys::all().find(|key| key.variable() == variable).map_or(variable.as_str(), |key| key.name);
        let origin = Origin::Environment(variable.clone());
        set(&mut config, &mut origins, name, &[value], origin)?;
    }
    for (name, flag, value) in flags {
        set(&mut config, &mut origins, name, std::slice::from_ref(value), Origin::Flag(flag))?;
    }
    // Nobody but this machine can reach it, and whoever starts it there wants to try it.
    let private = config.listen.ip().is_loopback() && config.public_url.is_none();
    if private && !origins.contains_key("registration") {
        config.registration = RegistrationMode::Open;
    }
    check::check(&config, &origins)?;
    Ok(config)
}

/// Names the configuration file instead of `--config`.
pub(crate) const CONFIG_VARIABLE: &str = "GROUNDPLAN_SERVER_CONFIG";

fn set(
    config: &mut Config,
    origins: &mut Origins,
    name: &str,
    values: &[String],
    origin: Origin,
) -> Result<(), ConfigError> {
    let Some(key) = keys::all().find(|key| key.name == name) else {
        let nearest = nearest(name);
        return Err(ConfigError::Unknown { key: name.to_owned(), origin, nearest });
    };
    match (key.set)(config, values) {
        Ok(()) => {
            origins.insert(key.name, origin);
            Ok(())
        }
        Err(reason) => Err(ConfigError::Value { key: key.name, origin, reason, remedy: key.remedy }),
    }
}

/// Lists the file's settings as dotted name, line and texts.
fn read_file(path: &Path, text: &str) -> Result<Vec<(String, usize, Vec<String>)>, ConfigError> {
    let line_at = |offset: usize| text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
    let table = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
        path: path.to_owned(),
        line: line_at(error.span().map_or(0, |span| span.start)),
        reason: error.message().to_owned(),
    })?;
    let mut found = Vec::new();
    for (key, value) in table.get_ref() {
        let line = line_at(key.span().start);
        match value.get_ref() {
            DeValue::Table(section) => {
                for (inner, value) in section {
                    let name = format!("{}.{}", key.get_ref(), inner.get_ref());
                    found.push((name, line_at(inner.span().start), texts(value.get_ref())));
                }
            }
            other => found.push((key.get_ref().to_string(), line, texts(other))),
        }
    }
    Ok(found)
}

fn texts(value: &DeValue<'_>) -> Vec<String> {
    match value {
        DeValue::Array(items) => items.iter().map(|item| scalar(item.get_ref())).collect(),
        other => vec![scalar(other)],
    }
}

fn scalar(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(_) | DeValue::Table(_) => String::from("(a nested value)"),
    }
}

/// The setting whose name shares the most letter pairs with what was written.
fn nearest(name: &str) -> Option<&'static str> {
    let pairs = |text: &str| {
        let lower = text.to_ascii_lowercase().replace(PREFIX.to_ascii_lowercase().as_str(), "");
        lower.as_bytes().windows(2).map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    let written = pairs(name);
    let score = |key: &Key| {
        let own = pairs(key.name);
        let shared = written.iter().filter(|pair| own.contains(pair)).count();
        shared * 200 / (written.len() + own.len()).max(1)
    };
    keys::all()
        .map(|key| (score(key), key.name))
        .max()
        .filter(|(score, _)| *score >= 50)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.toml");
        std::fs::write(&path, text).unwrap();
        load(Some(&path), [], &[])
            .map_err(|error| error.to_string().replace(&format!("{}/", folder.path().display()), ""))
    }

    #[test]
    fn reads_files_and_lets_later_sources_win() {
        let config = with_file(
            "listen = \"127.0.0.1:0\"\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n[log]\nformat = \"json\"\n\
             [limits]\nenvelope_burst = 70\n",
        )
        .unwrap();
        assert_eq!(config.trusted_proxies.len(), 2);
        assert_eq!((config.listen.port(), config.limits.envelope_burst), (0, 70));
        let variable = ("GROUNDPLAN_SERVER_LISTEN".to_owned(), "127.0.0.1:1".to_owned());
        let other = ("GROUNDPLAN_SERVER_TRUSTED_PROXIES".to_owned(), "10.0.0.0/8, ::1".to_owned());
        let config = load(None, [variable.clone(), other], &[]).unwrap();
        assert_eq!((config.listen.port(), config.trusted_proxies.len()), (1, 2));
        let config = load(None, [variable], &[("listen", "--listen", "127.0.0.1:2".to_owned())]).unwrap();
        assert_eq!(config.listen.port(), 2);
    }

    #[test]
    fn says_where_and_what() {
        let check = |text: &str, expected: &str| assert_eq!(with_file(text).unwrap_err(), expected);
        check(
            "a = ",
            "server.toml:1: this is not valid TOML: string values must be quoted, expected literal string; \
             see `groundplan-server serve --help` for an example",
        );
        check(
            "\nlisten = \"x\"",
            "server.toml:2: `listen`: \u{201c}x\u{201d} is not an address with a port; write \
             address and port, such as 127.0.0.1:7420; port 0 lets the system choose",
        );
        check(
            "[limits]\n\nenvelope_brust = 1",
            "server.toml:3: there is no setting `limits.envelope_brust`; did \
             you mean `limits.envelope_burst`?",
        );
        check("zzz = 1", "server.toml:1: there is no setting `zzz`");
        check(
            "registration = [\"open\", \"closed\"]",
            "server.toml:1: `registration`: 2 values were given where one \
             is needed; write open, invitation or closed",
        );
        check(
            "[limits]\nconnections = 0",
            "server.toml:2: `limits.connections`: it must be at least 1; write how \
             many connections may be open at once",
        );
        let variable = ("GROUNDPLAN_SERVER_LISTN".to_owned(), "x".to_owned());
        assert_eq!(
            load(None, [variable], &[]).unwrap_err().to_string(),
            "environment variable GROUNDPLAN_SERVER_LISTN: there is no setting `GROUNDPLAN_SERVER_LISTN`; did you \
             mean `listen`?"
        );
        let flag = [("database_url", "--database-url", "mysql://u:secret@h".to_owned())];
        let message = load(None, [], &flag).unwrap_err().to_string();
        assert!(
            message.starts_with("flag --database-url: `database_url`") && !message.contains("secret"),
            "{message}"
        );
    }
}
