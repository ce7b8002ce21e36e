//! The one table of settings: name, how to read it, what to write instead of something wrong.
//!
//! Files, environment and flags all go through it, so that they cannot differ in what they accept.

use super::{Config, LogFormat, Tls, parse};
use groundplan_shared::wire::rest::RegistrationMode;

/// Values as text: one, or the items of a list.
pub(super) type Values<'a> = &'a [String];

/// A setting.
pub(super) struct Key {
    /// Its name, with a dot between section and key.
    pub(super) name: &'static str,
    /// What to write.
    pub(super) remedy: &'static str,
    /// Reads it into the settings.
    pub(super) set: fn(&mut Config, Values<'_>) -> Result<(), String>,
}

impl Key {
    /// The environment variable of the same meaning.
    pub(super) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.replace('.', "_").to_ascii_uppercase())
    }
}

/// What environment variables of the server begin with.
pub(super) const PREFIX: &str = "GROUNDPLAN_SERVER_";

fn one(values: Values<'_>) -> Result<&str, String> {
    match values {
        [only] => Ok(only),
        _ => Err(format!("{} values were given where one is needed", values.len())),
    }
}

fn filled(values: Values<'_>) -> Result<&str, String> {
    one(values).and_then(|text| if text.is_empty() { Err("it is empty".to_owned()) } else { Ok(text) })
}

fn items<'a>(values: Values<'a>) -> impl Iterator<Item = &'a str> {
    // An environment variable holds a list as one text with commas.
    values.iter().flat_map(|value| value.split(',')).map(str::trim).filter(|item| !item.is_empty())
}

fn address(values: Values<'_>) -> Result<std::net::SocketAddr, String> {
    let text = one(values)?;
    text.parse().map_err(|_| format!("\u{201c}{text}\u{201d} is not an address with a port"))
}

macro_rules! limit_keys {
    ($($field:ident: $remedy:literal),* $(,)?) => {
        [$(Key {
            name: concat!("limits.", stringify!($field)),
            remedy: $remedy,
            set: |config, values| {
                config.limits.$field = parse::number(one(values)?)?;
                if config.limits.$field == 0 { Err("it must be at least 1".to_owned()) } else { Ok(()) }
            },
        }),*]
    };
}

/// Every setting but the limits.
pub(super) const MAIN: &[Key] = &[
    Key {
        name: "listen",
        remedy: "write address and port, such as 127.0.0.1:7420; port 0 lets the system choose",
        set: |config, values| {
            config.listen = address(values)?;
            Ok(())
        },
    },
    Key {
        name: "admin_listen",
        remedy: "write address and port of a private interface, such as 127.0.0.1:7421, or leave it out",
        set: |config, values| {
            config.admin_listen = Some(address(values)?);
            Ok(())
        },
    },
    Key {
        name: "metrics_on_main",
        remedy: "write true or false",
        set: |config, values| {
            config.metrics_on_main = parse::boolean(one(values)?)?;
            Ok(())
        },
    },
    Key {
        name: "public_url",
        remedy: "write the address that clients use, such as https://sync.example.org",
        set: |config, values| {
            config.public_url = Some(parse::base_url(one(values)?)?);
            Ok(())
        },
    },
    Key {
        name: "data_dir",
        remedy: "write a folder that this user may write to",
        set: |config, values| match one(values)? {
            "" => Err("it is empty".to_owned()),
            path => {
                config.data_dir = path.into();
                Ok(())
            }
        },
    },
    Key {
        name: "database_url",
        remedy: "write postgres://user:password@host/database, or leave it out for the embedded database",
        set: |config, values| {
            let text = one(values)?;
            if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
                return Err("it does not begin with postgres://".to_owned());
            }
            config.database_url = Some(parse::Secret::new(text));
            Ok(())
        },
    },
    Key {
        name: "database_connections",
        remedy: "write a number from 2 to 500",
        set: |config, values| match parse::number(one(values)?)? {
            number @ 2..=500 => {
                config.database_connections = number;
                Ok(())
            }
            number => Err(format!("{number} is out of range")),
        },
    },
    Key {
        name: "registration",
        remedy: "write open, invitation or closed",
        set: |config, values| {
            config.registration = match one(values)? {
                "open" => RegistrationMode::Open,
                "invitation" => RegistrationMode::Invitation,
                "closed" => RegistrationMode::Closed,
                other => return Err(format!("\u{201c}{other}\u{201d} is not a registration mode")),
            };
            Ok(())
        },
    },
    Key {
        name: "trusted_proxies",
        remedy: "list the addresses or networks of your reverse proxies, such as [\"10.0.0.0/8\"]",
        set: |config, values| {
            config.trusted_proxies = items(values).map(str::parse).collect::<Result<_, _>>()?;
            Ok(())
        },
    },
    Key {
        name: "allowed_origins",
        remedy: "list origins of web pages, such as [\"https://app.example.org\"]",
        set: |config, values| {
            config.allowed_origins = items(values).map(parse::base_url).collect::<Result<_, _>>()?;
            Ok(())
        },
    },
    Key {
        name: "allow_plain_http",
        remedy: "write true only behind a proxy that ends TLS",
        set: |config, values| {
            config.allow_plain_http = parse::boolean(one(values)?)?;
            Ok(())
        },
    },
    Key {
        name: "tls.certificate",
        remedy: "write the path of the PEM file with the certificate chain",
        set: |config, values| {
            tls(config).certificate = one(values)?.into();
            Ok(())
        },
    },
    Key {
        name: "tls.key",
        remedy: "write the path of the PEM file with the private key",
        set: |config, values| {
            tls(config).key = one(values)?.into();
            Ok(())
        },
    },
    Key {
        name: "blobs.folder",
        remedy: "write a folder that this user may write to",
        set: |config, values| {
            config.blobs.folder = Some(filled(values)?.into());
            Ok(())
        },
    },
    Key {
        name: "blobs.s3_bucket",
        remedy: "write the name of the bucket",
        set: |config, values| {
            config.blobs.s3_bucket = Some(filled(values)?.to_owned());
            Ok(())
        },
    },
    Key {
        name: "blobs.s3_region",
        remedy: "write the region, such as eu-central-1",
        set: |config, values| {
            config.blobs.s3_region = Some(filled(values)?.to_owned());
            Ok(())
        },
    },
    Key {
        name: "blobs.s3_endpoint",
        remedy: "write the address of the service, such as https://s3.example.org",
        set: |config, values| {
            config.blobs.s3_endpoint = Some(parse::base_url(filled(values)?)?);
            Ok(())
        },
    },
    Key {
        name: "blobs.s3_prefix",
        remedy: "write a beginning for all names, such as groundplan, without slashes",
        set: |config, values| {
            config.blobs.s3_prefix = Some(filled(values)?.to_owned());
            Ok(())
        },
    },
    Key {
        name: "blobs.s3_access_key_id",
        remedy: "write the id of the access key",
        set: |config, values| {
            config.blobs.s3_access_key_id = Some(filled(values)?.to_owned());
            Ok(())
        },
    },
    Key {
        name: "blobs.s3_secret_access_key",
        remedy: "write the secret of the access key, best in the environment",
        set: |config, values| {
            config.blobs.s3_secret_access_key = Some(parse::Secret::new(filled(values)?));
            Ok(())
        },
    },
    Key {
        name: "blobs.s3_allow_http",
        remedy: "write true only for a service on a private network",
        set: |config, values| {
            config.blobs.s3_allow_http = parse::boolean(one(values)?)?;
            Ok(())
        },
    },
    Key {
        name: "log.format",
        remedy: "write json or pretty",
        set: |config, values| {
            config.log_format = match one(values)? {
                "json" => LogFormat::Json,
                "pretty" => LogFormat::Pretty,
                other => return Err(format!("\u{201c}{other}\u{201d} is not a log format")),
            };
            Ok(())
        },
    },
    Key {
        name: "log.filter",
        remedy: "write a filter such as info, or groundplan_server=debug,info",
        set: |config, values| {
            let text = one(values)?;
            tracing_subscriber::EnvFilter::try_new(text).map_err(|error| error.to_string())?;
            config.log_filter = text.to_owned();
            Ok(())
        },
    },
];

fn tls(config: &mut Config) -> &mut Tls {
    config.tls.get_or_insert_with(|| Tls { certificate: "".into(), key: "".into() })
}

/// The limits.
pub(super) const LIMITS: &[Key] = &limit_keys! {
    connections: "write how many connections may be open at once",
    connections_per_ip: "write how many connections one address may have open at once",
    sockets_per_account: "write how many sockets one account may have open at once",
    requests_per_minute: "write how many requests a minute one address may make",
    sign_ins_per_minute: "write how many sign-ins a minute one address may try",
    sign_ins_per_name_per_minute: "write how many sign-ins a minute one address may try for one name",
    requests_per_account_per_minute: "write how many requests a minute one account may make",
    envelopes_per_second: "write how many envelopes a second one device may push in the long run",
    envelope_burst: "write how many envelopes one device may push at once",
    workspace_bytes: "write how many bytes a workspace may hold",
    workspace_blob_bytes: "write how many bytes of attachments a workspace may hold",
    blobs_per_minute: "write how many pieces of attachments a minute one device may put or read",
    blob_unused_days: "write for how many days a piece is kept that no attachment needs any more",
    compaction_grace_hours: "write for how many hours envelopes are kept after another device agreed to their snapshot",
    workspaces_per_account: "write how many workspaces an account may own",
    subscriptions_per_socket: "write how many workspaces one socket may follow",
    mailboxes: "write how many pairing mailboxes may exist at once",
    mailbox_minutes: "write after how many minutes a pairing mailbox is deleted",
    header_seconds: "write after how many seconds a request's header must have arrived",
    request_seconds: "write how many seconds a request may take",
    socket_idle_seconds: "write after how many seconds of silence a socket is closed",
    drain_seconds: "write how many seconds open sockets get when the server stops",
};

/// Every setting.
pub(super) fn all() -> impl Iterator<Item = &'static Key> {
    MAIN.iter().chain(LIMITS)
}
