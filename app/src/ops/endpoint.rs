//! Endpoints of APIs.

use groundplan_shared::api::{
    ApiError, ElementGetParams, ElementView, EndpointRemoveParams, EndpointSetParams,
};
use groundplan_shared::model::ElementKind;
use groundplan_shared::validate::{FieldError, check_line, check_name};

use super::{element, require_element};
use crate::core::CoreError;
use crate::doc;
use crate::runtime::App;

/// Adds or changes an endpoint.
pub fn set(app: &App, params: EndpointSetParams) -> Result<ElementView, ApiError> {
    let endpoint = &params.endpoint;
    check_name("endpoints.path", &endpoint.path)?;
    check_line("endpoints.method", &endpoint.method, 32)?;
    check_line("endpoints.operation", &endpoint.operation, 200)?;
    check_line("endpoints.authentication", &endpoint.authentication, 64)?;
    check_line("endpoints.data", &endpoint.data, 400)?;
    app.edit(&format!("Set endpoint {}", endpoint.path), |tx| {
        if require_element(tx, params.api)? != ElementKind::Api {
            let error = FieldError::new("api", "is not an API", "Endpoints belong to elements of kind api.");
            return Err(CoreError::from(error));
        }
        tx.edit(params.api, |doc| Ok(doc::element::set_endpoint(doc, endpoint)?))
    })?;
    element::get(app, ElementGetParams { id: params.api })
}

/// Removes an endpoint.
pub fn remove(app: &App, params: EndpointRemoveParams) -> Result<ElementView, ApiError> {
    app.edit("Remove endpoint", |tx| {
        require_element(tx, params.api)?;
        tx.edit(params.api, |doc| Ok(doc::element::remove_entry(doc, "endpoints", &params.id.to_string())?))
    })?;
    element::get(app, ElementGetParams { id: params.api })
}
