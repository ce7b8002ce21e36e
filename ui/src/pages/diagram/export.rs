//! Saving the drawing as an SVG file: the very text that the command line exports.

use groundplan_shared::api::{ErrorCode, ExportParams};
use groundplan_shared::scene::{draw, to_svg};
use leptos::task::spawn_local;

use super::state::Canvas;
use crate::components::save::download;
use crate::text::{fill, t};
use crate::transport::Pick;

/// Saves what is shown: by a path chosen in the desktop's dialog, or as a download of the browser.
pub(super) fn run(canvas: Canvas) {
    let (name, svg) = canvas
        .picture
        .with_untracked(|picture| (file_name(&picture.scene.title), to_svg(&draw(&picture.scene))));
    let app = canvas.app;
    if !app.transport.picks_paths() {
        if download(&name, "image/svg+xml", &svg).is_some() {
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
                download(&name, "image/svg+xml", &svg);
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
