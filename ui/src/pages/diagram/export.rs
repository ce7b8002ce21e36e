//! Saving the drawing as an SVG file: the very text that the command line exports.

use crate::dom::prelude::*;
use groundplan_shared::api::{ErrorCode, ExportParams};
use groundplan_shared::scene::{draw, to_svg};
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};

use super::state::Canvas;
use crate::text::{fill, t};
use crate::transport::Pick;

/// Saves what is shown: by a path chosen in the desktop's dialog, or as a download of the browser.
pub(super) fn run(canvas: Canvas) {
    let (name, svg) = canvas
        .picture
        .with_untracked(|picture| (file_name(&picture.scene.title), to_svg(&draw(&picture.scene))));
    let app = canvas.app;
    if !app.transport.picks_paths() {
        if download(&name, &svg).is_some() {
            app.say(fill("diagram.exported", &[("file", &name)]));
        }
        return;
    }
    let at = canvas.at.get_untracked();
    spawn_local(async move {
        let folder = match app.transport.pick(Pick::Folder).await {
            Ok(Some(folder)) => folder,
            Ok(None) => return,
            Err(error) if error.code == ErrorCode::Unsupported => {
                download(&name, &svg);
                return;
            }
            Err(error) => {
                app.fail(error);
                return;
            }
        };
        let path = format!("{}/{name}", folder.trim_end_matches('/'));
        let params = ExportParams {
            format: "svg".to_owned(),
            view: at.id,
            scope: at.scope,
            focus: at.focus,
            focus_depth: at.depth,
            path: Some(path.clone()),
            at_ms: None,
        };
        app.run(params, move |_| app.say(fill("diagram.exported", &[("file", &path)])));
    });
}

/// A file name of a title: letters, digits and hyphens.
fn file_name(title: &str) -> String {
    let mut name = String::new();
    for c in title.trim().chars() {
        if c.is_alphanumeric() {
            name.extend(c.to_lowercase());
        } else if !name.ends_with('-') && !name.is_empty() {
            name.push('-');
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() { format!("{}.svg", t("diagram.file")) } else { format!("{name}.svg") }
}

fn download(name: &str, svg: &str) -> Option<()> {
    let parts = js_sys::Array::of1(&JsValue::from_str(svg));
    let blob = web_sys::Blob::new_with_str_sequence(&parts).ok()?;
    let blob = blob.slice_with_i32_and_i32_and_content_type(0, i32::MAX, "image/svg+xml").ok()?;
    let url = web_sys::Url::create_object_url_with_blob(&blob).ok()?;
    let link = document().create_element("a").ok()?.dyn_into::<web_sys::HtmlElement>().ok()?;
    link.set_attribute("href", &url).ok()?;
    link.set_attribute("download", name).ok()?;
    link.click();
    // The browser needs the address until it has begun to save.
    set_timeout(
        move || {
            let _ = web_sys::Url::revoke_object_url(&url);
        },
        std::time::Duration::from_secs(30),
    );
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_file_names() {
        for (title, expected) in [
            ("Web shop / Payment", "web-shop-payment.svg"),
            ("../../etc/passwd", "etc-passwd.svg"),
            ("Größe 2", "größe-2.svg"),
            ("  ", "diagram.svg"),
        ] {
            assert_eq!(file_name(title), expected);
        }
    }
}
