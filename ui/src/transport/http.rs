//! The local agent: commands as POST requests, events as a server-sent stream. The session is a same-site cookie
//! that the one-time link of `groundplan agent` set; no token ever passes through this code.

use std::rc::Rc;
use std::time::Duration;

use groundplan_shared::api::{ApiError, ErrorCode};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{EventSource, MessageEvent, Request, RequestInit, Response};

use super::{Signal, read_error};
use crate::text::t;

/// How long after a stream was given up the next one is opened.
const RETRY_MS: u64 = 5_000;

pub(super) async fn call(method: &'static str, params: &str) -> Result<String, ApiError> {
    // Method names are literals of the command table and `params` is JSON already.
    let body = format!("{{\"method\":\"{method}\",\"params\":{params}}}");
    let (status, text) = post("/api/call", &body).await.map_err(|_| unreachable())?;
    match status {
        200..=299 => Ok(text),
        401 => Err(ApiError::new(ErrorCode::NotAllowed, t("error.no_session"), t("error.no_session_hint"))),
        _ => Err(read_error(method, &text)),
    }
}

async fn post(url: &str, body: &str) -> Result<(u16, String), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_body(&JsValue::from_str(body));
    let request = Request::new_with_str_and_init(url, &options)?;
    request.headers().set("Content-Type", "application/json")?;
    // A form of another site cannot set this header, so the agent knows that this page asks.
    request.headers().set("X-Groundplan", "1")?;
    let response: Response = JsFuture::from(window.fetch_with_request(&request)).await?.dyn_into()?;
    let text = JsFuture::from(response.text()?).await?;
    Ok((response.status(), text.as_string().unwrap_or_default()))
}

fn unreachable() -> ApiError {
    ApiError::new(ErrorCode::Offline, t("error.core_gone"), t("error.core_gone_hint"))
}

pub(super) fn listen(callback: impl Fn(Signal) + 'static) {
    connect(Rc::new(callback));
}

/// Opens the stream. Where the browser gives it up for good (the agent answered with a refusal, or was not there
/// at all), it is opened anew after a while.
fn connect(callback: Rc<dyn Fn(Signal)>) {
    let Ok(source) = EventSource::new("/api/events") else {
        callback(Signal::Lost);
        return;
    };
    let inner = callback.clone();
    let message = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
        // An event of a newer core that this interface does not know changes nothing it shows.
        if let Some(event) = message.data().as_string().and_then(|text| super::event::read(&text)) {
            inner(Signal::Event(Box::new(event)));
        }
    });
    source.set_onmessage(Some(message.as_ref().unchecked_ref()));
    let inner = callback.clone();
    let open = Closure::<dyn Fn()>::new(move || inner(Signal::Connected));
    source.set_onopen(Some(open.as_ref().unchecked_ref()));
    let failed = source.clone();
    let error = Closure::<dyn Fn()>::new(move || {
        callback(Signal::Lost);
        if failed.ready_state() == EventSource::CLOSED {
            let callback = callback.clone();
            leptos::prelude::set_timeout(move || connect(callback), Duration::from_millis(RETRY_MS));
        }
    });
    source.set_onerror(Some(error.as_ref().unchecked_ref()));
    // They live as long as the page; a stream given up leaves three small closures behind.
    message.forget();
    open.forget();
    error.forget();
    std::mem::forget(source);
}
