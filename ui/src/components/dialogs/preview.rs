//! A look at an attached file without saving it: pictures and plain text, drawn here from the bytes that the core decrypts.
//!
//! Everything else could carry a program or ask another machine for something, and is only saved. Not here: the list of
//! files (`attachments`).

use crate::dom::prelude::*;
use groundplan_shared::api::{AttachmentContent, AttachmentGetParams, AttachmentView};

use crate::components::dialog::Modal;
use crate::components::files::save;
use crate::components::icon::icon;
use crate::components::states::loaded;
use crate::state::{query, use_app, use_shell};
use crate::text::{bytes, fill};

/// Largest file that is looked at.
const MOST_BYTES: u64 = 8 * 1024 * 1024;
/// So much of a text is shown.
const TEXT_BYTES: usize = 64 * 1024;

/// How a file is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Picture,
    Text,
}

/// Says how a file is shown; none if it can only be saved.
fn look(media_type: &str, name: &str, size: u64) -> Option<Look> {
    if size > MOST_BYTES {
        return None;
    }
    let end = name.rsplit_once('.').map_or("", |(_, end)| end).to_ascii_lowercase();
    match media_type {
        "image/png" | "image/jpeg" | "image/gif" | "image/webp" => Some(Look::Picture),
        // A picture that is a program is shown as what it is made of.
        "text/plain" | "text/csv" | "application/json" | "application/yaml" | "application/xml"
        | "image/svg+xml" | "text/html" => Some(Look::Text),
        _ if ["md", "toml", "conf", "sql", "tf"].contains(&end.as_str()) => Some(Look::Text),
        _ => None,
    }
}

/// Says whether a file can be looked at.
pub fn can(file: &AttachmentView) -> bool {
    look(&file.media_type, &file.name, file.size).is_some()
}

/// The dialog.
pub(super) fn preview(file: AttachmentView) -> AnyView {
    let (app, shell) = (use_app(), use_shell());
    let (id, name) = (file.id, file.name.clone());
    let shown =
        query(app, move || Some(AttachmentGetParams { id, path: None, only_fetch: false }), |_| false);
    let body = loaded(shown, |content| drawn(&content));
    view! {
        <Modal title=file.name.clone() on_close=Callback::new(move |()| shell.close()) class="wide">
            <div class="dialog-form">
                {body}
                <footer class="dialog-foot">
                    <span class="grow muted small">{bytes(file.size)}</span>
                    <button class="button" type="button" on:click=move |_| save(app, id, name.clone())>
                        {icon("import")} {fill("file.save", &[("name", &file.name)])}
                    </button>
                </footer>
            </div>
        </Modal>
    }
}

fn drawn(content: &AttachmentContent) -> AnyView {
    let file = &content.attachment;
    let base64 = content.base64.as_deref().unwrap_or_default();
    match look(&file.media_type, &file.name, file.size) {
        Some(Look::Picture) => {
            let source = format!("data:{};base64,{base64}", file.media_type);
            view! { <img class="preview-picture" src=source alt=file.name.clone() /> }.into_any()
        }
        Some(Look::Text) => {
            let (text, all) = beginning(base64);
            view! {
                <pre class="preview-text" tabindex="0">{text}</pre>
                {(!all).then(|| view! { <p class="muted small">{t("file.preview_cut")}</p> })}
            }
            .into_any()
        }
        None => view! { <p class="muted">{t("file.no_preview")}</p> }.into_any(),
    }
}

/// The beginning of a text, and whether it is all of it. Bytes that are no text show as such.
fn beginning(base64: &str) -> (String, bool) {
    // Four letters are three bytes.
    let most = TEXT_BYTES / 3 * 4;
    let part = base64.get(..most).unwrap_or(base64);
    let letters = web_sys::window().and_then(|window| window.atob(part).ok()).unwrap_or_default();
    let bytes: Vec<u8> = letters.chars().map(|letter| letter as u8).collect();
    (String::from_utf8_lossy(&bytes).into_owned(), part.len() == base64.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_harmless_is_drawn() {
        assert_eq!(look("image/png", "plan.png", 9), Some(Look::Picture));
        assert_eq!(look("image/svg+xml", "plan.svg", 9), Some(Look::Text));
        assert_eq!(look("text/html", "page.html", 9), Some(Look::Text));
        assert_eq!(look("application/octet-stream", "Read.MD", 9), Some(Look::Text));
        assert_eq!(look("application/pdf", "plan.pdf", 9), None);
        assert_eq!(look("image/png", "wall.png", MOST_BYTES + 1), None);
    }
}
