//! Keeping files with a page or an element: by the file dialog, by dropping, by pasting; and saving one of them.
//!
//! Not here: the list of them (`attachments`) and where pasted ones stand in a text (`ui/editor/files.ts`).

use groundplan_shared::api::{ApiError, AttachmentAddParams, AttachmentGetParams, AttachmentView, ErrorCode};
use groundplan_shared::model::{ATTACHMENT_MAX_BYTES, AttachmentId, DocumentId};
use leptos::ev;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::{File, FileList};

use super::upload::read_one;
use crate::dom::prelude::*;
use crate::state::App;
use crate::text::{fill, now_ms, stamp, t};
use crate::transport::Pick;

/// Where adding files to a document stands. Freely copied.
#[derive(Clone, Copy)]
pub struct Files {
    app: App,
    /// The page or element.
    pub document: DocumentId,
    /// How many of how many are kept, and the name of the present one.
    pub adding: RwSignal<Option<(u32, u32, String)>>,
    /// Why the last one was not kept.
    pub wrong: RwSignal<Option<ApiError>>,
    /// Whether files are held over the page.
    pub over: RwSignal<bool>,
}

impl Files {
    /// Adding files to a document.
    pub fn of(app: App, document: DocumentId) -> Self {
        let adding = RwSignal::new(None);
        Self { app, document, adding, wrong: RwSignal::new(None), over: RwSignal::new(false) }
    }

    /// Keeps one file.
    async fn keep(self, file: &File, name: String) -> Result<AttachmentView, ApiError> {
        // Before it is read: a browser would run out of memory over a film.
        if file.size() > ATTACHMENT_MAX_BYTES as f64 {
            let message = fill("file.too_large", &[("name", &name)]);
            return Err(ApiError::new(ErrorCode::InvalidInput, message, t("file.too_large_hint")));
        }
        let base64 = Some(read_one(file, &name).await?);
        let params = AttachmentAddParams { document: self.document, name: Some(name), path: None, base64 };
        self.app.call(params).await
    }

    /// Keeps one file that stands in a text; answers with the link to it.
    pub async fn keep_in_text(self, file: File) -> Option<String> {
        let name = given_name(&file.name(), &file.type_(), &stamp(now_ms()));
        self.adding.set(Some((0, 1, name.clone())));
        self.wrong.set(None);
        let kept = self.keep(&file, name).await;
        self.adding.set(None);
        match kept {
            Ok(kept) if kept.media_type.starts_with("image/") => Some(format!("![[{}]]", kept.name)),
            Ok(kept) => Some(format!("[[{}]]", kept.name)),
            Err(error) => {
                self.app.fail(error);
                None
            }
        }
    }

    /// Keeps several files, one after the other; stops at the first that cannot be kept.
    pub fn add(self, files: FileList) {
        let all: Vec<File> = (0..files.length()).filter_map(|at| files.get(at)).collect();
        let total = files.length();
        if all.is_empty() || self.adding.with_untracked(Option::is_some) {
            return;
        }
        self.wrong.set(None);
        spawn_local(async move {
            for (done, file) in (0..).zip(&all) {
                let name = given_name(&file.name(), &file.type_(), &stamp(now_ms()));
                self.adding.set(Some((done, total, name.clone())));
                if let Err(error) = self.keep(file, name).await {
                    self.wrong.set(Some(error));
                    break;
                }
            }
            self.adding.set(None);
        });
    }

    /// Lets the desktop's dialog choose a file and keeps it.
    pub fn pick(self) {
        let app = self.app;
        self.wrong.set(None);
        spawn_local(async move {
            let kept = match app.transport.pick(Pick::File).await {
                Ok(Some(path)) => {
                    let document = self.document;
                    app.call(AttachmentAddParams { document, name: None, path: Some(path), base64: None })
                        .await
                }
                Ok(None) => return,
                Err(error) => Err(error),
            };
            if let Err(error) = kept {
                self.wrong.set(Some(error));
            }
        });
    }

    /// Shows that files held over the page can be dropped.
    pub fn held(self, event: &ev::DragEvent) {
        if carries_files(event) {
            event.prevent_default();
            self.over.set(true);
        }
    }

    /// Takes what was dropped.
    pub fn dropped(self, event: &ev::DragEvent) {
        self.over.set(false);
        // The editor took it already, and wrote a link to it.
        if event.default_prevented() || !carries_files(event) {
            return;
        }
        event.prevent_default();
        if let Some(files) = event.data_transfer().and_then(|data| data.files()) {
            self.add(files);
        }
    }
}

/// Says whether what is dragged are files.
pub fn carries_files(event: &ev::DragEvent) -> bool {
    let types = event.data_transfer().map(|data| data.types());
    types.is_some_and(|types| types.iter().any(|kind| kind == "Files"))
}

/// Pictures from the clipboard are all called the same; they get the moment as their name.
fn given_name(name: &str, media_type: &str, moment: &str) -> String {
    let pasted = name.is_empty() || (name == "image.png" && media_type == "image/png");
    if !pasted {
        return name.to_owned();
    }
    let end = media_type.split(['/', '+']).nth(1).filter(|end| end.chars().all(char::is_alphanumeric));
    format!("pasted-{moment}.{}", end.unwrap_or("bin"))
}

/// Saves a file: by a folder chosen in the desktop's dialog, or as a download of the browser. What is not on this
/// device yet is fetched first.
pub fn save(app: App, id: AttachmentId, name: String) {
    spawn_local(async move {
        if let Err(error) = saved(app, id, &name).await {
            app.fail(error);
        }
    });
}

async fn saved(app: App, id: AttachmentId, name: &str) -> Result<(), ApiError> {
    if app.transport.picks_paths() {
        let Some(folder) = app.transport.pick(Pick::Folder).await? else { return Ok(()) };
        let path = format!("{}/{name}", folder.trim_end_matches('/'));
        app.call(AttachmentGetParams { id, path: Some(path.clone()), only_fetch: false }).await?;
        app.say(fill("diagram.exported", &[("file", &path)]));
        return Ok(());
    }
    app.call(AttachmentGetParams { id, path: None, only_fetch: true }).await?;
    let link =
        document().create_element("a").ok().and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(link) = link {
        // Names of attributes that every browser knows.
        let _ = link.set_attribute("href", &format!("/api/attachment/{id}"));
        let _ = link.set_attribute("download", name);
        link.click();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_pictures_are_named_after_the_moment() {
        let name = |name: &str, kind: &str| given_name(name, kind, "20261122-211530");
        assert_eq!(name("image.png", "image/png"), "pasted-20261122-211530.png");
        assert_eq!(name("", "image/svg+xml"), "pasted-20261122-211530.svg");
        assert_eq!(name("", ""), "pasted-20261122-211530.bin");
        assert_eq!(name("plan.png", "image/png"), "plan.png");
        assert_eq!(name("report.pdf", "application/pdf"), "report.pdf");
    }
}
