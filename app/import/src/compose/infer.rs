//! What a service is, from its image and name: kinds of element, types and technologies.

use groundplan_shared::model::ElementKind;

use crate::ServiceKinds;

/// What a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inferred {
    pub(super) kind: ElementKind,
    /// Name of the property that holds the type.
    pub(super) property: &'static str,
    pub(super) kind_type: &'static str,
    pub(super) technology: Option<&'static str>,
}

#[derive(Clone, Copy)]
enum Role {
    Store(&'static str),
    Channel(&'static str),
    Part(&'static str),
}
use Role::{Channel, Part, Store};

/// Products by a word of their image's name.
const PRODUCTS: &[(&[&str], &str, Role)] = &[
    (&["postgres", "postgresql", "postgis", "pgvector"], "PostgreSQL", Store("relational")),
    (&["timescaledb", "timescale"], "TimescaleDB", Store("relational")),
    (&["mysql"], "MySQL", Store("relational")),
    (&["mariadb"], "MariaDB", Store("relational")),
    (&["percona"], "Percona Server", Store("relational")),
    (&["mssql", "sqlserver"], "SQL Server", Store("relational")),
    (&["cockroach", "cockroachdb"], "CockroachDB", Store("relational")),
    (&["mongo", "mongodb"], "MongoDB", Store("document")),
    (&["couchdb"], "CouchDB", Store("document")),
    (&["couchbase"], "Couchbase", Store("document")),
    (&["neo4j"], "Neo4j", Store("document")),
    (&["redis"], "Redis", Store("key-value")),
    (&["valkey"], "Valkey", Store("key-value")),
    (&["keydb"], "KeyDB", Store("key-value")),
    (&["dragonfly", "dragonflydb"], "Dragonfly", Store("key-value")),
    (&["cassandra"], "Cassandra", Store("key-value")),
    (&["scylla", "scylladb"], "ScyllaDB", Store("key-value")),
    (&["etcd"], "etcd", Store("key-value")),
    (&["memcached"], "Memcached", Store("cache")),
    (&["clickhouse"], "ClickHouse", Store("warehouse")),
    (&["elasticsearch"], "Elasticsearch", Store("search")),
    (&["opensearch"], "OpenSearch", Store("search")),
    (&["solr"], "Solr", Store("search")),
    (&["meilisearch"], "Meilisearch", Store("search")),
    (&["typesense"], "Typesense", Store("search")),
    (&["minio"], "MinIO", Store("object")),
    (&["seaweedfs"], "SeaweedFS", Store("object")),
    (&["influxdb"], "InfluxDB", Store("warehouse")),
    (&["kafka"], "Kafka", Channel("stream")),
    (&["redpanda"], "Redpanda", Channel("stream")),
    (&["pulsar"], "Pulsar", Channel("stream")),
    (&["rabbitmq"], "RabbitMQ", Channel("queue")),
    (&["activemq", "artemis"], "ActiveMQ", Channel("queue")),
    (&["nsq", "nsqd"], "NSQ", Channel("queue")),
    (&["nats"], "NATS", Channel("bus")),
    (&["mosquitto", "emqx"], "MQTT", Channel("topic")),
    (&["nginx"], "nginx", Part("gateway")),
    (&["traefik"], "Traefik", Part("gateway")),
    (&["caddy"], "Caddy", Part("gateway")),
    (&["envoy"], "Envoy", Part("gateway")),
    (&["kong"], "Kong", Part("gateway")),
    (&["httpd"], "Apache httpd", Part("gateway")),
    (&["haproxy"], "HAProxy", Part("load-balancer")),
    (&["varnish"], "Varnish", Part("cache")),
    (&["pgbouncer"], "PgBouncer", Part("service")),
    (&["keycloak"], "Keycloak", Part("identity-provider")),
    (&["dex"], "Dex", Part("identity-provider")),
    (&["authentik"], "authentik", Part("identity-provider")),
    (&["zookeeper"], "ZooKeeper", Part("service")),
    (&["prometheus"], "Prometheus", Part("service")),
    (&["grafana"], "Grafana", Part("web-app")),
    (&["jaeger"], "Jaeger", Part("service")),
];

/// Words that make an image something about a product rather than the product.
const ABOUT: &[&str] = &[
    "exporter",
    "ui",
    "admin",
    "client",
    "consumer",
    "producer",
    "backup",
    "operator",
    "proxy",
    "init",
    "setup",
    "migrate",
    "migrations",
    "connect",
    "manager",
    "express",
    "commander",
    "insight",
    "agent",
    "worker",
    "sidecar",
];

/// Types of component by a word of the service's name.
const NAMES: &[(&[&str], &str)] = &[
    (&["proxy", "gateway", "ingress", "router"], "gateway"),
    (&["worker", "consumer", "taskworker", "forwarder"], "worker"),
    (&["cron", "cleanup", "migrate", "migrations", "job", "init", "setup", "seed"], "job"),
    (&["frontend", "front", "web", "webapp", "ui"], "web-app"),
];

/// Infers what a service is.
pub(super) fn infer(name: &str, image: &str, kinds: ServiceKinds) -> Inferred {
    let (repository, _) = split_image(image);
    let mut words: Vec<String> = words(last_part(repository));
    if words.iter().all(|word| matches!(word.as_str(), "server" | "image" | "main")) {
        // `mssql/server`: the part before says what it serves.
        words = repository.split('/').flat_map(self::words).collect();
    }
    let about = words.iter().any(|word| ABOUT.contains(&word.as_str()));
    let product = PRODUCTS.iter().find(|(keys, ..)| words.iter().any(|word| keys.contains(&word.as_str())));
    match product.filter(|_| !about) {
        Some((_, technology, role)) => as_role(*role, Some(technology), kinds),
        None => as_role(by_name(name, &words), None, kinds),
    }
}

fn by_name(name: &str, image: &[String]) -> Role {
    let name = words(name);
    let database =
        |words: &[String]| words.last().is_some_and(|word| matches!(word.as_str(), "db" | "database"));
    if database(&name) && (database(image) || image.is_empty()) {
        return Store("relational");
    }
    let found = NAMES.iter().find(|(keys, _)| name.iter().any(|word| keys.contains(&word.as_str())));
    Part(found.map_or("service", |(_, kind)| kind))
}

fn as_role(role: Role, technology: Option<&'static str>, kinds: ServiceKinds) -> Inferred {
    let (kind, property, kind_type) = match (role, kinds) {
        (Part(kind), _) => (ElementKind::Component, "type", kind),
        (Store(kind), ServiceKinds::Inferred) => (ElementKind::Datastore, "store_type", kind),
        (Channel(kind), ServiceKinds::Inferred) => (ElementKind::Channel, "channel_type", kind),
        (Store("cache" | "key-value"), ServiceKinds::Components) => (ElementKind::Component, "type", "cache"),
        (Store(_), ServiceKinds::Components) => (ElementKind::Component, "type", "database"),
        (Channel(_), ServiceKinds::Components) => (ElementKind::Component, "type", "message-broker"),
    };
    Inferred { kind, property, kind_type, technology }
}

/// Splits an image into repository and tag; the digest is dropped.
pub(super) fn split_image(image: &str) -> (&str, Option<&str>) {
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (image, None),
    }
}

/// Returns the last part of a repository: the name of the image.
pub(super) fn last_part(repository: &str) -> &str {
    repository.rsplit('/').next().unwrap_or(repository)
}

/// Names what an image holds: a known product is better; an image that is a variable is named by it.
pub(super) fn technology(repository: &str) -> String {
    let name = last_part(repository);
    if !name.contains('$') {
        return name.to_owned();
    }
    let variable = name.strip_prefix("${").and_then(|name| name.strip_suffix("_IMAGE}"));
    variable
        .filter(|name| !name.contains('$'))
        .map(|name| name.to_lowercase().replace('_', "-"))
        .unwrap_or_default()
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, image: &str) -> String {
        let found = infer(name, image, ServiceKinds::Inferred);
        format!("{} {} {}", found.kind, found.kind_type, found.technology.unwrap_or("-"))
    }

    #[test]
    fn products_are_recognised() {
        assert_eq!(of("x", "postgres:14.24-bookworm"), "datastore relational PostgreSQL");
        assert_eq!(of("x", "valkey/valkey:8"), "datastore key-value Valkey");
        assert_eq!(of("x", "confluentinc/cp-kafka:7"), "channel stream Kafka");
        assert_eq!(of("x", "localhost:5000/clickhouse-self-hosted-local"), "datastore warehouse ClickHouse");
        assert_eq!(of("x", "${POSTGRES_IMAGE}"), "datastore relational PostgreSQL");
        assert_eq!(of("x", "mcr.microsoft.com/mssql/server:2022"), "datastore relational SQL Server");
        assert_eq!(of("x", "edoburu/pgbouncer:v1"), "component service PgBouncer");
        assert_eq!(of("x", "mongo-express"), "component service -");
        assert_eq!(of("x", "prom/mysqld-exporter"), "component service -");
        assert_eq!(of("x", "nginx@sha256:00"), "component gateway nginx");
    }

    #[test]
    fn images_are_split() {
        assert_eq!(split_image("r:5000/a/b:1@sha256:x"), ("r:5000/a/b", Some("1")));
        assert_eq!(split_image("r:5000/a"), ("r:5000/a", None));
        assert_eq!(split_image("${NAME}:${V}-ad"), ("${NAME}", Some("${V}-ad")));
        assert_eq!(technology("${SNUBA_IMAGE}"), "snuba");
        assert_eq!(technology("${NAME}"), "");
        assert_eq!(technology("org/app"), "app");
    }

    #[test]
    fn names_help_where_images_do_not() {
        assert_eq!(of("user-db", "weaveworksdemos/user-db:0.4"), "datastore relational -");
        assert_eq!(of("front-end", "x/front-end"), "component web-app -");
        assert_eq!(of("frontend-proxy", "${IMAGE}"), "component gateway -");
        assert_eq!(of("snuba-replays-consumer", "$SNUBA_IMAGE"), "component worker -");
        assert_eq!(of("api", ""), "component service -");
        let plain = infer("db", "postgres", ServiceKinds::Components);
        assert_eq!((plain.kind, plain.kind_type), (ElementKind::Component, "database"));
    }
}
