//! The table itself: every address of the server with method, access, sizes, shapes and handler.

use axum::routing::{MethodRouter, delete, get, post, put};
use groundplan_shared::wire::{limits::BLOB_BYTES, rest::path};

use super::{
    account, admin, blob, device, info, mailbox, operate, samples, schema::Shape, second_factor, workspace,
};
use crate::{app::App, socket};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// A device with an access token.
    Session,
    /// An administrator's device.
    Admin,
}

/// A row of the table.
pub struct Route {
    /// The method in capitals.
    pub method: &'static str,
    /// The path with parameters in braces.
    pub path: &'static str,
    /// A stable name.
    pub operation: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Bytes that a body may have.
    pub body_limit: usize,
    /// Parameters of the query: name, whether it is needed, what it means.
    pub query: &'static [(&'static str, bool, &'static str)],
    /// The shape of the body, if there is one.
    pub request: Option<Shape>,
    /// The shape of the answer, if it is JSON.
    pub response: Option<Shape>,
    /// The code.
    pub handler: MethodRouter<App>,
}

/// A body with a few ids, keys and messages.
const SMALL: usize = 16 * 1024;
/// A body with one log entry or mailbox message in base64.
const ENTRY: usize = 512 * 1024;
/// A body with as many ids of blobs as may be asked for.
const BLOBS: usize = 128 * 1024;
/// A body with a whole log.
const LOG: usize = 8 * 1024 * 1024;

const AFTER: &[(&str, bool, &str)] =
    &[("after", false, "entries above this index; from the first where absent")];
const BLOB: &[(&str, bool, &str)] = &[
    ("compartment", true, "whose key sealed it: public, internal, confidential or restricted"),
    ("epoch", true, "the epoch of that key; only the present one is taken"),
    ("sha256", true, "SHA-256 of the body in hexadecimal"),
];
const MAILBOX: &[(&str, bool, &str)] =
    &[("side", true, "whose messages: existing or new"), ("after", false, "from this number on")];

fn route(
    (method, path, operation): (&'static str, &'static str, &'static str),
    access: Access,
    handler: MethodRouter<App>,
    summary: &'static str,
) -> Route {
    let (query, request, response, body_limit) = (&[][..], None, None, 0);
    Route { method, path, operation, summary, access, body_limit, query, request, response, handler }
}

impl Route {
    fn takes(mut self, body_limit: usize, shape: Shape) -> Self {
        self.body_limit = body_limit;
        self.request = Some(shape);
        self
    }

    /// Takes bytes as they are.
    fn takes_bytes(mut self, body_limit: usize) -> Self {
        self.body_limit = body_limit;
        self
    }

    fn gives(mut self, shape: Shape) -> Self {
        self.response = Some(shape);
        self
    }

    fn asks(mut self, query: &'static [(&'static str, bool, &'static str)]) -> Self {
        self.query = query;
        self
    }
}

/// Routes of the public listener.
pub fn table(with_metrics: bool) -> Vec<Route> {
    let mut routes = operation();
    routes.extend(accounts());
    routes.extend(workspaces());
    if with_metrics {
        routes.push(metrics());
    }
    routes
}

/// Routes of the operators' listener.
pub fn admin_table() -> Vec<Route> {
    let mut routes = operation();
    routes.retain(|route| !route.path.starts_with("/v1"));
    routes.push(metrics());
    routes
}

fn metrics() -> Route {
    let name = ("GET", "/metrics", "server.metrics");
    route(name, Access::Public, get(operate::metrics), "Counters in Prometheus' text format")
}

fn operation() -> Vec<Route> {
    use Access::Public;
    vec![
        route(
            ("GET", "/healthz", "server.health"),
            Public,
            get(operate::health),
            "Tells that the process runs",
        ),
        route(
            ("GET", "/readyz", "server.ready"),
            Public,
            get(operate::ready),
            "Tells that the server can answer: its database answers and it is not stopping",
        ),
        route(("GET", path::SERVER, "server.describe"), Public, get(info::describe), "Describes the server")
            .gives(samples::server_info()),
        route(
            ("GET", path::JWKS, "server.keys"),
            Public,
            get(info::jwks),
            "Publishes the keys of access tokens",
        )
        .gives(samples::jwks()),
        route(
            ("GET", "/v1/openapi.json", "server.openapi"),
            Public,
            get(info::openapi),
            "Publishes this document",
        ),
        route(
            ("GET", path::SOCKET, "socket.open"),
            Public,
            get(socket::open),
            "Opens the WebSocket (subprotocol groundplan.v1); it is signed in on by its first frame",
        ),
    ]
}

fn accounts() -> Vec<Route> {
    use Access::{Admin, Public, Session};
    vec![
        route(
            ("POST", path::REGISTER_START, "account.register_start"),
            Public,
            post(account::register_start),
            "Begins a registration (OPAQUE)",
        )
        .takes(SMALL, samples::register_start())
        .gives(samples::register_started()),
        route(
            ("POST", path::REGISTER_FINISH, "account.register_finish"),
            Public,
            post(account::register_finish),
            "Finishes a registration and makes the account",
        )
        .takes(SMALL, samples::register_finish())
        .gives(samples::registered()),
        route(
            ("POST", path::LOGIN_START, "account.login_start"),
            Public,
            post(account::login_start),
            "Begins a sign-in (OPAQUE)",
        )
        .takes(SMALL, samples::login_start())
        .gives(samples::login_started()),
        route(
            ("POST", path::LOGIN_FINISH, "account.login_finish"),
            Public,
            post(account::login_finish),
            "Finishes a sign-in, registers the device and gives it tokens",
        )
        .takes(SMALL, samples::login_finish())
        .gives(samples::logged_in()),
        route(
            ("POST", path::TOKEN_REFRESH, "account.token_refresh"),
            Public,
            post(account::refresh),
            "Trades a refresh token, with the device's proof, for new tokens",
        )
        .takes(SMALL, samples::refresh())
        .gives(samples::tokens()),
        route(("POST", path::LOGOUT, "account.logout"), Session, post(account::logout), "Ends sessions")
            .takes(SMALL, samples::logout()),
        route(
            ("GET", path::SECOND_FACTOR, "second_factor.get"),
            Session,
            get(second_factor::view),
            "Tells whether the account has a second factor, and whether this sign-in brought it",
        )
        .gives(samples::second_factor()),
        route(
            ("POST", path::SECOND_FACTOR, "second_factor.begin"),
            Session,
            post(second_factor::begin),
            "Makes a secret for an authenticator, which counts once a code of it comes back",
        )
        .gives(samples::second_factor_begun()),
        route(
            ("POST", path::SECOND_FACTOR_CONFIRM, "second_factor.confirm"),
            Session,
            post(second_factor::confirm),
            "Takes the first code; from then on sign-ins need one",
        )
        .takes(SMALL, samples::second_factor_code()),
        route(
            ("POST", path::SECOND_FACTOR_REMOVE, "second_factor.remove"),
            Session,
            post(second_factor::remove),
            "Removes the second factor, given one more code of it",
        )
        .takes(SMALL, samples::second_factor_code()),
        route(
            ("GET", path::DEVICES, "device.list"),
            Session,
            get(device::list),
            "Lists the account's devices",
        )
        .gives(samples::devices()),
        route(
            ("DELETE", path::DEVICE, "device.revoke"),
            Session,
            delete(device::remove),
            "Ends a device's sessions and bars its keys from this server",
        ),
        route(
            ("POST", "/v1/admin/invitations", "admin.invite"),
            Admin,
            post(admin::invite),
            "Makes a single-use invitation to register",
        )
        .takes(SMALL, samples::invitation())
        .gives(samples::invited()),
    ]
}

fn workspaces() -> Vec<Route> {
    use Access::{Public, Session};
    vec![
        route(
            ("POST", path::WORKSPACES, "workspace.create"),
            Session,
            post(workspace::create),
            "Makes a workspace of its membership log; repeating it changes nothing",
        )
        .takes(LOG, samples::workspace_create())
        .gives(samples::workspace_created()),
        route(
            ("GET", path::WORKSPACES, "workspace.list"),
            Session,
            get(workspace::list),
            "Lists the workspaces that the calling device is in",
        )
        .gives(samples::workspaces()),
        route(
            ("GET", path::LOG, "log.get"),
            Session,
            get(workspace::log_get),
            "Reads a part of a membership log",
        )
        .asks(AFTER)
        .gives(samples::log()),
        route(
            ("POST", path::LOG, "log.append"),
            Session,
            post(workspace::log_append),
            "Appends an entry if the head has not moved; repeating it changes nothing",
        )
        .takes(ENTRY, samples::log_append())
        .gives(samples::log_appended()),
        route(
            ("POST", path::INVITE_ACCESS, "log.get_invited"),
            Session,
            post(workspace::invite_read),
            "Reads a membership log with an invitation's secret, before joining",
        )
        .asks(AFTER)
        .takes(SMALL, samples::invite_access())
        .gives(samples::log()),
        route(
            ("POST", path::BLOBS_MISSING, "blob.missing"),
            Session,
            post(blob::missing),
            "Tells which blobs are missing; asking for one takes back that it was declared unused",
        )
        .takes(BLOBS, samples::blobs_asked())
        .gives(samples::blobs_missing()),
        route(
            ("PUT", path::BLOB, "blob.put"),
            Session,
            put(blob::put),
            "Takes a sealed chunk of an attachment; repeating it changes nothing",
        )
        .asks(BLOB)
        .takes_bytes(BLOB_BYTES),
        route(
            ("GET", path::BLOB, "blob.get"),
            Session,
            get(blob::get),
            "Gives a sealed chunk of an attachment; HEAD says whether it is there",
        ),
        route(
            ("DELETE", path::BLOB, "blob.remove"),
            Session,
            delete(blob::remove),
            "Declares a sealed chunk unused; it goes after some days unless a device asks for it",
        ),
        route(
            ("POST", path::MAILBOX, "mailbox.put"),
            Public,
            post(mailbox::put),
            "Leaves a sealed message for the other device of a pairing; repeating it changes nothing",
        )
        .takes(ENTRY, samples::mailbox_put())
        .gives(samples::mailbox_put_done()),
        route(
            ("GET", path::MAILBOX, "mailbox.get"),
            Public,
            get(mailbox::get),
            "Reads the messages of one side of a pairing",
        )
        .asks(MAILBOX)
        .gives(samples::mailbox()),
    ]
}
