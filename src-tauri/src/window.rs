//! The main window: made from `tauri.conf.json`, kept on the embedded page.

use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Url, WebviewWindowBuilder};

/// The label of the one window.
pub const MAIN: &str = "main";

/// Opens the main window.
pub fn open(app: &AppHandle) -> tauri::Result<()> {
    let windows = &app.config().app.windows;
    let config =
        windows.iter().find(|window| window.label == MAIN).expect("tauri.conf.json names the main window");
    let window = WebviewWindowBuilder::from_config(app, config)?
        .on_navigation(is_embedded)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    #[cfg(target_os = "linux")]
    crate::revive::watch(&window)?;
    #[cfg(not(target_os = "linux"))]
    drop(window);
    Ok(())
}

/// True for addresses of the embedded UI. Everything else stays outside: a link in a page must not replace the app.
fn is_embedded(address: &Url) -> bool {
    match address.scheme() {
        "tauri" => address.host_str() == Some("localhost"),
        // How the embedded page is addressed on Windows and Android.
        "http" | "https" => address.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, expected: bool) {
        assert_eq!(is_embedded(&Url::parse(address).unwrap()), expected, "{address}");
    }

    #[test]
    fn only_the_embedded_page_is_shown() {
        check("tauri://localhost/element/1", true);
        check("http://tauri.localhost/", true);
        check("tauri://elsewhere/", false);
        check("https://example.org/", false);
        check("http://localhost/", false);
        check("file:///etc/passwd", false);
        check("javascript:alert(1)", false);
        check("data:text/html,x", false);
    }
}
