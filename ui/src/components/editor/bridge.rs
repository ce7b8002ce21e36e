//! The editor's JavaScript module as Rust sees it (`ui/editor/editor.ts`), and the values that cross over.

use groundplan_shared::api::{ApiError, Command, TextChange, TextEditParams, TextField, TextOpenParams};
use groundplan_shared::model::DocumentId;
use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use crate::components::files::Files;
use crate::state::App;

#[wasm_bindgen]
extern "C" {
    /// Loads the module on first use; the page's start script offers it.
    #[wasm_bindgen(js_name = groundplanLoadEditor, catch)]
    pub(super) async fn load() -> Result<JsValue, JsValue>;

    /// The module.
    pub(super) type Module;

    /// Makes an editor below an element.
    #[wasm_bindgen(method, js_name = createEditor, catch)]
    pub(super) fn create(
        this: &Module,
        parent: &web_sys::HtmlElement,
        options: &JsValue,
    ) -> Result<Editor, JsValue>;

    /// An editor.
    #[derive(Clone)]
    pub(super) type Editor;

    /// Fetches what others did, unless what happened may be, and is, this editor's own typing.
    #[wasm_bindgen(method)]
    pub(super) fn pull(this: &Editor, maybe_own: bool);
    /// Tries to save again now.
    #[wasm_bindgen(method)]
    pub(super) fn retry(this: &Editor);
    /// Shows where others are in the text.
    #[wasm_bindgen(method, js_name = setPeers)]
    pub(super) fn set_peers(this: &Editor, others: &JsValue);
    /// Allows or forbids typing.
    #[wasm_bindgen(method, js_name = setReadOnly)]
    pub(super) fn set_read_only(this: &Editor, read_only: bool);
    /// Moves the focus into it.
    #[wasm_bindgen(method)]
    pub(super) fn focus(this: &Editor);
    /// Takes it away; what is not saved yet keeps trying.
    #[wasm_bindgen(method)]
    pub(super) fn destroy(this: &Editor);
}

/// Where saving stands, as the editor tells it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum Keeping {
    /// Everything typed is kept.
    Saved,
    /// Something typed is on its way.
    Saving,
    /// It could not be kept; the editor tries again.
    Unsaved {
        /// Why.
        why: String,
    },
}

/// Closures of an editor; they live as long as it may call them.
pub(super) struct Options {
    object: Object,
    kept: Vec<JsValue>,
}

impl Options {
    pub(super) fn new() -> Self {
        Self { object: Object::new(), kept: Vec::new() }
    }

    pub(super) fn value(&self) -> &JsValue {
        &self.object
    }

    pub(super) fn set(&mut self, name: &str, value: &JsValue) {
        // Setting a field of a plain object cannot fail.
        let _ = Reflect::set(&self.object, &JsValue::from_str(name), value);
    }

    /// Adds a function of up to two arguments. It is garbage-collected together with the editor, which may outlive
    /// the view while something is not saved.
    pub(super) fn function(&mut self, name: &str, body: impl Fn(JsValue, JsValue) -> JsValue + 'static) {
        let function = Closure::<dyn Fn(JsValue, JsValue) -> JsValue>::new(body).into_js_value();
        self.set(name, &function);
        self.kept.push(function);
    }
}

/// The two calls that bind the editor to the core.
pub(super) fn bind(options: &mut Options, app: App, document: DocumentId, field: TextField) {
    options.function("open", move |_, _| promise(app, TextOpenParams { document, field }));
    options.function("edit", move |version, changes| {
        let version = version.as_string().unwrap_or_default();
        match from_js::<Vec<TextChange>>(&changes) {
            Some(changes) => promise(app, TextEditParams { document, field, version, changes }),
            None => Promise::reject(&JsValue::from_str("the editor's changes cannot be read")).into(),
        }
    });
}

/// The call that keeps a pasted or dropped file and answers with the link to it.
pub(super) fn take_files(options: &mut Options, files: Files) {
    options.function("attach", move |file, _| match file.dyn_into::<web_sys::File>() {
        Ok(file) => future_to_promise(async move {
            Ok(files.keep_in_text(file).await.map_or(JsValue::NULL, |link| JsValue::from_str(&link)))
        })
        .into(),
        Err(_) => JsValue::NULL,
    });
}

fn promise<P: Command>(app: App, params: P) -> JsValue {
    future_to_promise(async move {
        match app.call(params).await {
            Ok(answer) => Ok(to_js(&answer)),
            Err(error) => Err(to_js::<ApiError>(&error)),
        }
    })
    .into()
}

/// A value as a JavaScript object.
pub(super) fn to_js<T: Serialize>(value: &T) -> JsValue {
    JSON::parse(&crate::transport::json::write(value)).unwrap_or(JsValue::NULL)
}

/// A JavaScript object as a value.
pub(super) fn from_js<T: DeserializeOwned>(value: &JsValue) -> Option<T> {
    let text = JSON::stringify(value).ok()?.as_string()?;
    crate::transport::json::read(&text)
}

/// Pairs of label and detail as the editor's completion wants them.
pub(super) fn targets(found: Vec<(String, String)>) -> JsValue {
    let list = Array::new();
    for (label, detail) in found {
        let target = Object::new();
        let _ = Reflect::set(&target, &"label".into(), &label.into());
        let _ = Reflect::set(&target, &"detail".into(), &detail.into());
        list.push(&target);
    }
    list.into()
}

/// The module behind what `load` resolved to.
pub(super) fn module(loaded: JsValue) -> Option<Module> {
    let create = Reflect::get(&loaded, &"createEditor".into()).ok()?;
    create.is_instance_of::<Function>().then(|| loaded.unchecked_into())
}
