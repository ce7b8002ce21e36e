//! Our own wrappers around axum's extractors, so that every rejection is a problem document.

use axum::{
    body::to_bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{header, request::Parts},
};
use groundplan_shared::wire::ProblemCode;
use serde::de::DeserializeOwned;

use crate::problem::Refusal;

/// How many bytes the body of a route may have; set by the route table.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimit(pub usize);

/// A JSON body of known shape; unknown fields are refused by the types themselves.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let limit = request.extensions().get::<BodyLimit>().map_or(16 * 1024, |limit| limit.0);
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
        if !essence.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
            let detail = "the body must be JSON; send Content-Type: application/json";
            return Err(Refusal::new(ProblemCode::UnsupportedMediaType, detail));
        }
        let too_large = || {
            Refusal::new(ProblemCode::TooLarge, format!("the body may have {limit} bytes; send less at once"))
        };
        let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        if declared.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let bytes = to_bytes(request.into_body(), limit).await.map_err(|_| too_large())?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        T::deserialize(&mut reader).and_then(|value| reader.end().map(|()| Self(value))).map_err(|error| {
            // Only the place is told: the message of the decoder may quote the body.
            let place = format!("line {} column {}", error.line(), error.column());
            Refusal::new(
                ProblemCode::Malformed,
                format!("the body is not what this route takes, at {place}; see /v1/openapi.json"),
            )
        })
    }
}

/// A body of bytes, of the size that the route allows.
pub struct RawBody(pub axum::body::Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let limit = request.extensions().get::<BodyLimit>().map_or(0, |limit| limit.0);
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if kind != Some("application/octet-stream") {
            let detail = "the body must be bytes; send Content-Type: application/octet-stream";
            return Err(Refusal::new(ProblemCode::UnsupportedMediaType, detail));
        }
        to_bytes(request.into_body(), limit).await.map(Self).map_err(|_| {
            Refusal::new(ProblemCode::TooLarge, format!("the body may have {limit} bytes; send less at once"))
        })
    }
}

/// Parameters in the path.
pub struct PathParams<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathParams<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let found = Path::<T>::from_request_parts(parts, state).await;
        found.map(|Path(value)| Self(value)).map_err(|_| {
            Refusal::new(
                ProblemCode::Malformed,
                "an id in the path is not valid; see /v1/openapi.json for its form",
            )
        })
    }
}

/// Parameters in the query.
pub struct QueryParams<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryParams<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let found = Query::<T>::from_request_parts(parts, state).await;
        found.map(|Query(value)| Self(value)).map_err(|_| {
            Refusal::new(
                ProblemCode::Malformed,
                "a parameter of the query is not valid; see /v1/openapi.json",
            )
        })
    }
}
