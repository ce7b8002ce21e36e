//! Sample data in memory: answers like the client core, forgets everything at the end.

use groundplan_shared::api::ApiError;

use super::Signal;

pub(super) fn call(method: &'static str, _params: &str) -> Result<String, ApiError> {
    Err(super::garbled(method))
}

pub(super) fn listen(callback: impl Fn(Signal) + 'static) {
    callback(Signal::Connected);
}
