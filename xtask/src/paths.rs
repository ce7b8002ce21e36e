//! Where things live: the checkout, and everything that is kept outside of it.
//!
//! The cache survives a fresh checkout, so that a warm machine builds quickly: cargo's target directories, tools
//! and the output of test runs. `GROUNDPLAN_CACHE` moves it.

use std::env;
use std::path::{Path, PathBuf};

/// The root of the checkout.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().expect("the crate lies one level below the root of the checkout").to_path_buf()
}

/// The folder that holds all state outside the checkout.
pub fn cache() -> PathBuf {
    cache_from(env::var_os("GROUNDPLAN_CACHE"), env::var_os("XDG_CACHE_HOME"), env::var_os("HOME"))
}

fn cache_from(
    own: Option<std::ffi::OsString>,
    xdg: Option<std::ffi::OsString>,
    home: Option<std::ffi::OsString>,
) -> PathBuf {
    let given = |value: Option<std::ffi::OsString>| value.filter(|text| !text.is_empty()).map(PathBuf::from);
    if let Some(own) = given(own) {
        return own;
    }
    // A relative XDG_CACHE_HOME is to be ignored, says the XDG base directory specification.
    if let Some(xdg) = given(xdg).filter(|path| path.is_absolute()) {
        return xdg.join("groundplan");
    }
    given(home).unwrap_or_else(|| PathBuf::from("/tmp")).join(".cache/groundplan")
}

/// Cargo's target directory for programs of this machine; `CARGO_TARGET_DIR` wins.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| cache().join("target"), PathBuf::from)
}

/// Cargo's target directory for the UI. It is separate because another compiler may build it, and because its
/// lock must not wait for a build of the programs.
pub fn target_wasm() -> PathBuf {
    cache().join("target-wasm")
}

/// Where tools are installed that only this project uses.
pub fn tools() -> PathBuf {
    cache().join("tools")
}

/// Where test runs leave screenshots and logs; `GROUNDPLAN_ARTIFACTS` wins.
pub fn artifacts() -> PathBuf {
    env::var_os("GROUNDPLAN_ARTIFACTS").map_or_else(|| cache().join("artifacts"), PathBuf::from)
}

/// Where a server that `xtask` starts keeps its data unless told otherwise: with the user's data, not in the cache.
pub fn server_data() -> PathBuf {
    user_data().join("groundplan-server")
}

/// Where the app keeps its data unless told otherwise; the app itself decides, this is for telling people.
pub fn app_data() -> PathBuf {
    user_data().join("groundplan")
}

fn user_data() -> PathBuf {
    let xdg = env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = env::var_os("HOME").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from);
    xdg.unwrap_or_else(|| home.join(".local/share"))
}

/// The folder of the UI crate and its npm tools.
pub fn ui() -> PathBuf {
    root().join("ui")
}

/// A program that cargo built in the given profile folder (`debug`, `release`).
pub fn program(profile: &str, name: &str) -> PathBuf {
    target().join(profile).join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(own: Option<&str>, xdg: Option<&str>, home: Option<&str>, expected: &str) {
        let found = cache_from(own.map(Into::into), xdg.map(Into::into), home.map(Into::into));
        assert_eq!(found, PathBuf::from(expected));
    }

    #[test]
    fn the_cache_follows_the_environment() {
        check(Some("/a"), Some("/b"), Some("/c"), "/a");
        check(None, Some("/b"), Some("/c"), "/b/groundplan");
        check(Some(""), Some("relative"), Some("/c"), "/c/.cache/groundplan");
        check(None, None, None, "/tmp/.cache/groundplan");
    }
}
