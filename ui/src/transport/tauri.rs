//! The desktop window: Tauri's bridge, used directly so that no script library is needed.

use groundplan_shared::api::ApiError;
use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::JsFuture;

use super::{Pick, Signal, read_error};

/// The one event that the shell forwards.
const EVENT: &str = "groundplan://event";

fn internals() -> Option<Object> {
    let window = web_sys::window()?;
    Reflect::get(&window, &JsValue::from_str("__TAURI_INTERNALS__")).ok()?.dyn_into().ok()
}

/// Says whether this page runs in the desktop window.
#[cfg_attr(feature = "mock", expect(dead_code, reason = "the sample data takes its place"))]
pub(super) fn present() -> bool {
    internals().is_some()
}

fn object(pairs: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (key, value) in pairs {
        // Setting a property of a fresh plain object cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(key), value);
    }
    object.into()
}

async fn invoke(command: &str, arguments: JsValue) -> Result<JsValue, JsValue> {
    let internals = internals().ok_or(JsValue::NULL)?;
    let invoke: Function = Reflect::get(&internals, &JsValue::from_str("invoke"))?.dyn_into()?;
    let promise: Promise = invoke.call2(&internals, &JsValue::from_str(command), &arguments)?.dyn_into()?;
    JsFuture::from(promise).await
}

fn to_text(value: &JsValue) -> Option<String> {
    JSON::stringify(value).ok().and_then(|text| text.as_string())
}

pub(super) async fn call(method: &'static str, params: &str) -> Result<String, ApiError> {
    let params = JSON::parse(params).map_err(|_| super::garbled(method))?;
    let arguments = object(&[("method", JsValue::from_str(method)), ("params", params)]);
    match invoke("call", arguments).await {
        Ok(answer) => to_text(&answer).ok_or_else(|| super::garbled(method)),
        Err(error) => Err(read_error(method, &to_text(&error).unwrap_or_default())),
    }
}

pub(super) async fn pick(what: Pick) -> Result<Option<String>, ApiError> {
    let kind = match what {
        Pick::File => "file",
        Pick::Folder => "folder",
    };
    match invoke("pick", object(&[("kind", JsValue::from_str(kind))])).await {
        Ok(path) => Ok(path.as_string()),
        Err(error) => Err(read_error("pick", &to_text(&error).unwrap_or_default())),
    }
}

pub(super) fn listen(callback: impl Fn(Signal) + 'static) {
    wasm_bindgen_futures::spawn_local(async move {
        let callback = std::rc::Rc::new(callback);
        let inner = callback.clone();
        let handler = Closure::<dyn Fn(JsValue)>::new(move |message: JsValue| {
            let payload = Reflect::get(&message, &JsValue::from_str("payload")).unwrap_or(JsValue::NULL);
            // An event of a newer core that this interface does not know changes nothing it shows.
            if let Some(event) = to_text(&payload).and_then(|text| super::event::read(&text)) {
                inner(Signal::Event(Box::new(event)));
            }
        });
        let registered = register(handler.as_ref().unchecked_ref()).await;
        handler.forget();
        callback(if registered.is_ok() { Signal::Connected } else { Signal::Lost });
    });
}

async fn register(handler: &Function) -> Result<JsValue, JsValue> {
    let internals = internals().ok_or(JsValue::NULL)?;
    let transform: Function =
        Reflect::get(&internals, &JsValue::from_str("transformCallback"))?.dyn_into()?;
    let id = transform.apply(&internals, &Array::of2(handler, &JsValue::FALSE))?;
    let target = object(&[("kind", JsValue::from_str("Any"))]);
    let arguments = object(&[("event", JsValue::from_str(EVENT)), ("target", target), ("handler", id)]);
    invoke("plugin:event|listen", arguments).await
}
