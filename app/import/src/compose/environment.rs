//! Hosts named in the values of environment variables: URLs, `host:port`, lists of them, connection strings.
//!
//! Values are looked at and forgotten: they hold secrets and never reach the model.

/// A host that a value names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) name: String,
    /// Scheme of the URL, where it was one.
    pub(super) scheme: Option<String>,
}

const LONGEST: usize = 16 << 10;

/// Endings of variable names whose bare value is a host.
const HOST_NAMES: &[&str] = &[
    "HOST",
    "HOSTS",
    "HOSTNAME",
    "ADDR",
    "ADDRESS",
    "SERVER",
    "SERVERS",
    "URL",
    "URI",
    "ENDPOINT",
    "ENDPOINTS",
    "BROKER",
    "BROKERS",
    "UPSTREAM",
    "BACKEND",
    "NODE",
    "NODES",
    "DSN",
];

/// Finds the hosts that a value names.
pub(super) fn hosts(variable: &str, value: &str) -> Vec<Host> {
    let mut found: Vec<Host> = Vec::new();
    if value.len() > LONGEST {
        return found;
    }
    let breaks = |c: char| {
        c.is_whitespace()
            || matches!(c, ',' | ';' | '|' | '=' | '&' | '?' | '(' | ')' | '"' | '\'' | '<' | '>')
    };
    let by_name = expects_host(variable);
    let tokens: Vec<&str> = value.split(breaks).filter(|token| !token.is_empty()).collect();
    let listed = value.split([',', ';']).all(|part| is_host(part.trim()));
    let mut before = "";
    for token in &tokens {
        let bare =
            (by_name && listed) || matches!(before.to_ascii_lowercase().as_str(), "host" | "server" | "addr");
        if let Some(host) = host(token, bare)
            && !found.contains(&host)
        {
            found.push(host);
        }
        before = token;
    }
    found
}

fn expects_host(variable: &str) -> bool {
    let upper = variable.to_ascii_uppercase();
    upper.rsplit(['_', '.', '-']).next().is_some_and(|last| HOST_NAMES.contains(&last))
}

fn is_host(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

fn host(token: &str, bare: bool) -> Option<Host> {
    let (scheme, rest) = match token.split_once("://") {
        Some((scheme, rest)) => (Some(scheme.rsplit(':').next().unwrap_or(scheme)), rest),
        None => (None, token),
    };
    let authority = rest.split(['/', '#']).next().unwrap_or(rest);
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    let (name, port) = match authority.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (authority, None),
    };
    let port_fits = port.is_some_and(|port| {
        !port.is_empty() && (port.chars().all(|c| c.is_ascii_digit()) || port.starts_with("${"))
    });
    let named = scheme.is_some() || port_fits || bare;
    if !named || !is_host(name) || (port.is_some() && !port_fits && scheme.is_none()) {
        return None;
    }
    let scheme = scheme.filter(|scheme| is_host(scheme)).map(str::to_ascii_lowercase);
    Some(Host { name: name.to_ascii_lowercase(), scheme })
}

/// Returns how people write the protocol of a scheme; `None` for schemes that only name a place in a list.
pub(super) fn protocol(scheme: &str) -> Option<&'static str> {
    Some(match scheme {
        "http" => "HTTP",
        "https" => "HTTPS",
        "ws" | "wss" => "WebSocket",
        "grpc" | "grpcs" => "gRPC",
        "redis" | "rediss" | "valkey" => "Redis",
        "postgres" | "postgresql" | "pgsql" => "PostgreSQL",
        "mysql" | "mariadb" => "MySQL",
        "mongodb" => "MongoDB",
        "amqp" | "amqps" => "AMQP",
        "mqtt" | "mqtts" => "MQTT",
        "nats" => "NATS",
        "kafka" => "Kafka",
        "smtp" | "smtps" => "SMTP",
        "ldap" | "ldaps" => "LDAP",
        "clickhouse" => "ClickHouse",
        "s3" => "S3",
        "tcp" => "TCP",
        "udp" => "UDP",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(variable: &str, value: &str) -> Vec<String> {
        hosts(variable, value)
            .into_iter()
            .map(|host| host.scheme.map_or(host.name.clone(), |scheme| format!("{scheme}:{}", host.name)))
            .collect()
    }

    #[test]
    fn hosts_are_found() {
        assert_eq!(names("X", "http://snuba-api:1218/path"), ["http:snuba-api"]);
        assert_eq!(names("X", "postgres://u:p%40ss@db/app?host=other:5"), ["postgres:db", "other"]);
        assert_eq!(names("X", "jdbc:postgresql://db:5432/x"), ["postgresql:db"]);
        assert_eq!(names("X", "kafka1:9092,kafka2:9092"), ["kafka1", "kafka2"]);
        assert_eq!(names("X", "user:pw@tcp(db:3306)/name"), ["db"]);
        assert_eq!(names("X", "host=db port=5432 user=redis"), ["db"]);
        assert_eq!(names("X", "s3://b?endpoint=seaweedfs:8333&x=1"), ["s3:b", "seaweedfs"]);
        assert_eq!(names("DB_HOST", "postgres"), ["postgres"]);
        assert_eq!(names("HOSTS", "a, b"), ["a", "b"]);
        assert_eq!(names("X", "redis:${PORT}"), ["redis"]);
    }

    #[test]
    fn other_values_name_none() {
        for (variable, value) in [
            ("DB_NAME", "postgres"),
            ("X", "PLAINTEXT:SASL"),
            ("X", "a b c"),
            ("X", "-Xmx128m -Dx=redis"),
            ("X", ""),
            ("X", "redis:latest"),
            ("COMMENT_HOST", "see the redis page"),
        ] {
            assert_eq!(names(variable, value), Vec::<String>::new(), "{variable}={value}");
        }
        assert_eq!(protocol("https"), Some("HTTPS"));
        assert_eq!(protocol("plaintext"), None);
    }
}
