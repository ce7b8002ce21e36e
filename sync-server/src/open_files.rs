//! How many files and sockets this process may hold open. Not here: how many connections it takes (`config`).

/// Raises the soft limit of open files to the hard one, and warns if the configured connections do not fit in it.
///
/// Systems start programs with a low soft limit, often 1,024, for the sake of old ones that cannot count further.
#[cfg(unix)]
pub(crate) fn raise(connections: u32) {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        limit.current = limit.maximum;
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::warn!(%error, "the limit of open files could not be raised");
        }
    }
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    if allowed < u64::from(connections) {
        tracing::warn!(
            allowed,
            connections,
            "this process may hold fewer files open than `limits.connections`; raise the limit (LimitNOFILE, ulimit -n) \
             or lower the setting"
        );
    }
}

/// Nothing to raise here.
#[cfg(not(unix))]
pub(crate) fn raise(_connections: u32) {}
