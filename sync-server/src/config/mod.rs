//! Settings of a server: their meaning and defaults. Where they come from is `keys` and `load`; what they must satisfy
//! together is `check`.

mod check;
mod keys;
mod load;
mod parse;

use std::{net::SocketAddr, path::PathBuf};

pub use groundplan_shared::wire::rest::RegistrationMode;
pub(crate) use load::CONFIG_VARIABLE;
pub use load::{ConfigError, Origin, load};
pub use parse::{Network, Secret};

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the server listens; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Where metrics are served, apart from the public listener.
    pub admin_listen: Option<SocketAddr>,
    /// Whether metrics are served on the public listener too.
    pub metrics_on_main: bool,
    /// The address that clients use and the issuer of tokens; made from the listening address where absent.
    pub public_url: Option<String>,
    /// Folder of the embedded database.
    pub data_dir: PathBuf,
    /// Where the bytes of attachments lie.
    pub blobs: Blobs,
    /// A Postgres database instead of the embedded one.
    pub database_url: Option<Secret>,
    /// Most connections to Postgres.
    pub database_connections: u32,
    /// Who may register.
    pub registration: RegistrationMode,
    /// Networks whose `X-Forwarded-For` is believed, and whose addresses stand for many clients.
    pub trusted_proxies: Vec<Network>,
    /// Origins from which browsers may open the socket.
    pub allowed_origins: Vec<String>,
    /// Certificate chain and key, as PEM files.
    pub tls: Option<Tls>,
    /// Permits plain HTTP on an address that is not loopback, behind a proxy that ends TLS.
    pub allow_plain_http: bool,
    /// How the log looks.
    pub log_format: LogFormat,
    /// What the log holds, in the words of `tracing`'s filter.
    pub log_filter: String,
    /// What one caller may use.
    pub limits: Limits,
}

/// Where the bytes of attachments lie: a folder, or a bucket if one is named.
#[derive(Debug, Clone, Default)]
pub struct Blobs {
    /// The folder; `blobs` in the data folder if none.
    pub folder: Option<PathBuf>,
    /// An S3 bucket instead.
    pub s3_bucket: Option<String>,
    /// Its region.
    pub s3_region: Option<String>,
    /// Address of an S3-compatible service; Amazon's if none.
    pub s3_endpoint: Option<String>,
    /// Beginning of the names of all objects, without a slash at its end.
    pub s3_prefix: Option<String>,
    /// The access key.
    pub s3_access_key_id: Option<String>,
    /// The secret of the access key.
    pub s3_secret_access_key: Option<Secret>,
    /// Permits an endpoint without TLS, on loopback or a private network.
    pub s3_allow_http: bool,
}

/// Certificate and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The certificate chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// How the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Pretty,
}

/// What one caller may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at once.
    pub connections: u32,
    /// Connections open at once from one network address.
    pub connections_per_ip: u32,
    /// Sockets open at once for one account.
    pub sockets_per_account: u32,
    /// Requests a minute from one network address.
    pub requests_per_minute: u32,
    /// Sign-in and registration attempts a minute from one network address.
    pub sign_ins_per_minute: u32,
    /// Sign-in attempts a minute for one name from one network address. Refreshing with a device key is not affected.
    pub sign_ins_per_name_per_minute: u32,
    /// Requests a minute from one account.
    pub requests_per_account_per_minute: u32,
    /// Envelopes a second from one device, in the long run.
    pub envelopes_per_second: u32,
    /// Envelopes from one device at once.
    pub envelope_burst: u32,
    /// Bytes of envelopes and log entries in one workspace.
    pub workspace_bytes: u64,
    /// Bytes of attachments in one workspace, sealed.
    pub workspace_blob_bytes: u64,
    /// Blobs that one device may put or read a minute.
    pub blobs_per_minute: u32,
    /// Days that a blob is kept after a member declared it unused.
    pub blob_unused_days: u32,
    /// Hours between a second device's agreement to a snapshot and dropping what it covers.
    pub compaction_grace_hours: u32,
    /// Workspaces that one account may own.
    pub workspaces_per_account: u32,
    /// Workspaces that one socket may follow.
    pub subscriptions_per_socket: u32,
    /// Mailboxes alive at once.
    pub mailboxes: u32,
    /// Minutes that a mailbox lives.
    pub mailbox_minutes: u32,
    /// Seconds until a request's header must have arrived.
    pub header_seconds: u32,
    /// Seconds that a request may take as a whole.
    pub request_seconds: u32,
    /// Seconds of silence after which a socket is closed.
    pub socket_idle_seconds: u32,
    /// Seconds that open sockets get to close when the server stops.
    pub drain_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            connections_per_ip: 1_000,
            sockets_per_account: 64,
            requests_per_minute: 6_000,
            sign_ins_per_minute: 300,
            sign_ins_per_name_per_minute: 20,
            requests_per_account_per_minute: 3_600,
            envelopes_per_second: 50,
            envelope_burst: 2_000,
            workspace_bytes: 8 << 30,
            workspace_blob_bytes: 16 << 30,
            blobs_per_minute: 3_000,
            blob_unused_days: 30,
            compaction_grace_hours: 168,
            workspaces_per_account: 100,
            subscriptions_per_socket: 64,
            mailboxes: 10_000,
            mailbox_minutes: 15,
            header_seconds: 10,
            request_seconds: 30,
            socket_idle_seconds: 75,
            drain_seconds: 10,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7420)),
            admin_listen: None,
            metrics_on_main: false,
            public_url: None,
            data_dir: PathBuf::from("groundplan-server-data"),
            blobs: Blobs::default(),
            database_url: None,
            database_connections: 16,
            registration: RegistrationMode::Invitation,
            trusted_proxies: Vec::new(),
            allowed_origins: Vec::new(),
            tls: None,
            allow_plain_http: false,
            log_format: LogFormat::Pretty,
            log_filter: "info".to_owned(),
            limits: Limits::default(),
        }
    }
}
