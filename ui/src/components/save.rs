//! Handing a text over as a file: a download of the browser.

use std::time::Duration;

use wasm_bindgen::{JsCast, JsValue};

use crate::dom::prelude::*;

/// Begins a download; none if the browser does not let us.
pub fn download(name: &str, media_type: &str, text: &str) -> Option<()> {
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let blob = web_sys::Blob::new_with_str_sequence(&parts).ok()?;
    let blob = blob.slice_with_i32_and_i32_and_content_type(0, i32::MAX, media_type).ok()?;
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
        Duration::from_secs(30),
    );
    Some(())
}
