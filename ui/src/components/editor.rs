//! The text editor, bound to a long text of a document: CodeMirror in a module that is loaded on first use.
//!
//! Not here: how edits are batched and merged (`ui/editor/sync.ts`) and what the core does with them.

mod bridge;
mod links;

use crate::dom::prelude::*;
use groundplan_shared::api::{ApiError, TextField, TextOpenParams, TextStretch};
use groundplan_shared::model::DocumentId;
use leptos::html;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;

use super::files::Files;
use crate::state::{App, use_app};
use crate::text::{fill, name_of, t};
use bridge::{Editor, Keeping, Options};

/// Where the editor stands.
#[derive(Debug, Clone, PartialEq)]
enum Stage {
    Opening,
    Failed(ApiError),
    Open(Keeping),
}

/// An editor of one text. Unsaved typing survives errors and even leaving the page; it is sent when it can be.
#[component]
pub fn TextEditor(
    /// The document.
    document: DocumentId,
    /// The text.
    field: TextField,
    /// The accessible name.
    #[prop(optional, into)]
    label: Option<String>,
    /// Shown while the text is empty.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// Forbids typing.
    #[prop(optional, into)]
    read_only: Signal<bool>,
    /// Where pasted and dropped files are kept; without it they are not taken.
    #[prop(optional)]
    files: Option<Files>,
    /// Takes the focus once it is open.
    #[prop(optional)]
    autofocus: bool,
) -> AnyView {
    let app = use_app();
    let node = NodeRef::<html::Div>::new();
    let stage = RwSignal::new(Stage::Opening);
    let editor = StoredValue::new_local(None::<Editor>);
    let label = label.unwrap_or_else(|| {
        t(match field {
            TextField::Description => "editor.description",
            TextField::Body => "editor.body",
        })
        .to_owned()
    });
    let words =
        Words { label, placeholder: placeholder.unwrap_or_else(|| t("editor.placeholder").to_owned()) };
    let attempt = RwSignal::new(0_u32);
    Effect::new(move |_| {
        attempt.track();
        let Some(parent) = node.get() else { return };
        let words = words.clone();
        stage.set(Stage::Opening);
        spawn_local(async move {
            let given = Given { words, files, read_only: read_only.get_untracked() };
            match open(app, &parent, document, field, &given, stage).await {
                Ok(opened) => {
                    // The view may be gone by now.
                    let kept = editor.try_update_value(|editor| editor.replace(opened.clone()));
                    match kept {
                        Some(before) => {
                            opened.set_peers(&untrack(|| others(app, document)));
                            if let Some(before) = before {
                                before.destroy();
                            }
                            if autofocus {
                                opened.focus();
                            }
                        }
                        None => opened.destroy(),
                    }
                }
                Err(error) => {
                    let _ = stage.try_set(Stage::Failed(error));
                }
            }
        });
    });
    Effect::new(move |seen: Option<u64>| {
        let (number, touched) =
            app.changes.with(|changes| (changes.number, changes.number > 0 && changes.touch(document)));
        if touched && seen.is_some_and(|seen| seen != number) {
            // One event, from this device, about this text alone: perhaps of this editor's own typing.
            let maybe_own = seen.is_some_and(|seen| seen + 1 == number)
                && app.changes.with(|changes| !changes.remote && changes.documents == [document]);
            editor.with_value(|editor| {
                if let Some(editor) = editor {
                    editor.pull(maybe_own);
                }
            });
        }
        number
    });
    Effect::new(move |_| {
        let read_only = read_only.get();
        editor.with_value(|editor| {
            if let Some(editor) = editor {
                editor.set_read_only(read_only);
            }
        });
    });
    Effect::new(move |_| {
        let others = others(app, document);
        editor.with_value(|editor| {
            if let Some(editor) = editor {
                editor.set_peers(&others);
            }
        });
    });
    on_cleanup(move || {
        if app.cursor.with_untracked(|at| at.is_some_and(|(of, _)| of == document)) {
            app.cursor.set(None);
        }
        if let Some(Some(editor)) = editor.try_update_value(Option::take) {
            editor.destroy();
        }
    });
    let retry = move |_| match stage.get_untracked() {
        Stage::Failed(_) => attempt.update(|attempt| *attempt += 1),
        _ => editor.with_value(|editor| {
            if let Some(editor) = editor {
                editor.retry();
            }
        }),
    };
    view! {
        <div class="editor">
            <div class="editor-text" node_ref=node></div>
            <p class="editor-status" role="status" data-state=move || stage.with(Stage::word)>
                <span>{move || stage.with(|stage| stage.sentence(read_only.get()))}</span>
                <Show when=move || stage.with(Stage::is_troubled)>
                    <button type="button" on:click=retry>{t("editor.retry")}</button>
                </Show>
            </p>
        </div>
    }
}

#[derive(Debug, Clone)]
struct Words {
    label: String,
    placeholder: String,
}

/// What the editor is given besides its text.
struct Given {
    words: Words,
    files: Option<Files>,
    read_only: bool,
}

async fn open(
    app: App,
    parent: &web_sys::HtmlElement,
    document: DocumentId,
    field: TextField,
    given: &Given,
    stage: RwSignal<Stage>,
) -> Result<Editor, ApiError> {
    let unusable = || {
        ApiError::new(
            groundplan_shared::api::ErrorCode::Unsupported,
            t("editor.module_failed"),
            t("editor.module_failed_hint"),
        )
    };
    let state = app.call(TextOpenParams { document, field }).await?;
    let module = bridge::load().await.ok().and_then(bridge::module).ok_or_else(unusable)?;
    let mut options = Options::new();
    bridge::bind(&mut options, app, document, field);
    options.set("key", &format!("{document}/{}", words_of(field)).into());
    options.set("state", &bridge::to_js(&state));
    options.set("label", &given.words.label.as_str().into());
    options.set("placeholder", &given.words.placeholder.as_str().into());
    options.set("readOnly", &given.read_only.into());
    if let Some(files) = given.files {
        bridge::take_files(&mut options, files);
    }
    options.function("onStatus", move |status, _| {
        if let Some(saving) = bridge::from_js::<Keeping>(&status) {
            // The view may be gone while the rest is still being saved.
            let _ = stage.try_set(Stage::Open(saving));
        }
        JsValue::UNDEFINED
    });
    options.function("completeLink", move |typed, _| {
        let typed = typed.as_string().unwrap_or_default();
        let found = app.index.with_untracked(|index| links::complete(index, &typed));
        bridge::targets(found.into_iter().map(|(name, kind)| (name, name_of("kind", kind))).collect())
    });
    options.function("onOpenLink", move |target, _| {
        let target = target.as_string().unwrap_or_default();
        match app.index.with_untracked(|index| links::resolve(index, &target)) {
            Some(route) => app.go(route),
            None => app.say(fill("editor.no_target", &[("target", &target)])),
        }
        JsValue::UNDEFINED
    });
    options.function("onCursor", move |anchor, head| {
        let at = |end: JsValue| end.as_f64().map(|at| at as u32);
        let stretch = at(anchor).zip(at(head)).map(|(anchor, head)| TextStretch { anchor, head });
        let here = stretch.map(|stretch| (document, stretch));
        // The view may be gone by now.
        if app.cursor.try_with_untracked(|before| *before != here) == Some(true) {
            app.cursor.set(here);
        }
        JsValue::UNDEFINED
    });
    let editor = module.create(parent, options.value()).map_err(|_| unusable())?;
    let _ = stage.try_update(|stage| {
        if !matches!(stage, Stage::Open(_)) {
            *stage = Stage::Open(Keeping::Saved);
        }
    });
    Ok(editor)
}

/// Where others are in a text, as the editor takes it.
fn others(app: App, document: DocumentId) -> JsValue {
    let others = app.there.get().into_iter().filter(|peer| peer.document == Some(document));
    let list = js_sys::Array::new();
    for (peer, at) in others.filter_map(|peer| peer.cursor.map(|at| (peer, at))) {
        let one = js_sys::Object::new();
        let number = |value: u32| JsValue::from_f64(f64::from(value));
        for (name, value) in [
            ("name", peer.name.as_str().into()),
            ("colour", number(peer.colour)),
            ("anchor", number(at.anchor)),
            ("head", number(at.head)),
        ] {
            // Setting a field of a plain object cannot fail.
            let _ = js_sys::Reflect::set(&one, &name.into(), &value);
        }
        list.push(&one);
    }
    list.into()
}

const fn words_of(field: TextField) -> &'static str {
    match field {
        TextField::Description => "description",
        TextField::Body => "body",
    }
}

impl Stage {
    const fn word(&self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Failed(_) => "failed",
            Self::Open(Keeping::Saved) => "saved",
            Self::Open(Keeping::Saving) => "saving",
            Self::Open(Keeping::Unsaved { .. }) => "unsaved",
        }
    }

    const fn is_troubled(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::Open(Keeping::Unsaved { .. }))
    }

    fn sentence(&self, read_only: bool) -> String {
        match self {
            Self::Opening => t("editor.loading").to_owned(),
            Self::Failed(error) => format!("{} {} {}", t("editor.failed"), error.message, error.hint),
            Self::Open(_) if read_only => t("editor.read_only").to_owned(),
            Self::Open(Keeping::Saved) => t("editor.saved").to_owned(),
            Self::Open(Keeping::Saving) => t("editor.saving").to_owned(),
            Self::Open(Keeping::Unsaved { why }) => fill("editor.unsaved", &[("why", why)]),
        }
    }
}
