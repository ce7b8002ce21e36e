//! The interface's files: built into the program, or from a folder.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../ui/dist"]
#[allow_missing = true]
struct Embedded;

/// Where the files come from.
pub(super) struct Assets {
    folder: Option<PathBuf>,
}

impl Assets {
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// Answers with a file; any path that names none is a page of the interface.
    pub(super) fn answer(&self, path: &str) -> Response {
        let name = path.trim_start_matches('/');
        let wanted = if name.is_empty() { "index.html" } else { name };
        match self.read(wanted) {
            Some(bytes) => file(wanted, bytes),
            None if last(wanted).contains('.') => (StatusCode::NOT_FOUND, "There is no such file.").into_response(),
            None => match self.read("index.html") {
                Some(bytes) => file("index.html", bytes),
                None => (
                    StatusCode::NOT_FOUND,
                    "The interface is not built into this program. Build it with `cargo xtask ui`, or name its folder with --ui-dir.",
                )
                    .into_response(),
            },
        }
    }

    fn read(&self, name: &str) -> Option<Cow<'static, [u8]>> {
        if name.split('/').any(|part| part.is_empty() || part.starts_with('.') || part.contains('\\')) {
            return None;
        }
        match &self.folder {
            Some(folder) => std::fs::read(folder.join(Path::new(name))).ok().map(Cow::Owned),
            None => Embedded::get(name).map(|file| file.data),
        }
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn file(name: &str, bytes: Cow<'static, [u8]>) -> Response {
    let kind = match last(name).rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("json" | "webmanifest") => "application/json",
        _ => "application/octet-stream",
    };
    // Everything but the entry page carries a hash of its content in its name.
    let cache = if name == "index.html" { "no-store" } else { "public, max-age=31536000, immutable" };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)], bytes.into_owned()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_folder_are_served() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("index.html"), "page").unwrap();
        std::fs::create_dir(dir.path().join("ui")).unwrap();
        std::fs::write(dir.path().join("ui/app.js"), "code").unwrap();
        let assets = Assets::new(Some(dir.path().to_owned()));
        let status = |path: &str| assets.answer(path).status();
        assert_eq!(status("/"), StatusCode::OK);
        assert_eq!(status("/elements/123"), StatusCode::OK, "a page of the interface");
        assert_eq!(status("/ui/app.js"), StatusCode::OK);
        assert_eq!(status("/missing.js"), StatusCode::NOT_FOUND);
        assert_eq!(status("/../secret.txt"), StatusCode::NOT_FOUND);
        assert_eq!(status("/..%2fsecret.txt"), StatusCode::NOT_FOUND);
    }
}
