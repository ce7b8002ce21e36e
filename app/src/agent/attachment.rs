//! The bytes of attachments for the interface: whole, piece by piece, or a range of them, with headers that keep them
//! inert.
//!
//! What people attached is never trusted: no type is sniffed, nothing in it may run, load or be framed, and only
//! pictures are shown in place; everything else is a download.

use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use groundplan_shared::api::{ApiError, ErrorCode};
use groundplan_shared::model::{Attachment, AttachmentId};

use super::routes::{Context, fail};
use crate::attachment::{chunks, find};
use crate::runtime::App;

/// Bytes read at once, and of an answer to a range at most; whoever wants more asks for the next range.
const RANGE_BYTES: u64 = 8 << 20;
/// Nothing runs, loads, submits or navigates, and the origin is nobody's.
const CSP: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
/// Types that browsers decode to pixels and nothing else. SVG is among them: the policy above makes it inert.
const SHOWN: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"];

/// Answers with an attachment.
pub(super) async fn get(
    State(context): State<Context>,
    Path(id): Path<AttachmentId>,
    headers: HeaderMap,
) -> Response {
    let app = match context.app().await {
        Ok(app) => app,
        Err(error) => return fail(&error),
    };
    let wanted = headers.get(header::RANGE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let files = Arc::clone(&app);
    let read = move || {
        files.read(|tx| {
            let (view, record) = find::one(tx, id)?;
            let range = wanted.as_deref().map(|wanted| parse(wanted, record.size));
            let (start, end, partial) = match range {
                None | Some(Range::None) => (0, record.size.min(RANGE_BYTES), false),
                Some(Range::Of(start, end)) => (start, end.min(start + RANGE_BYTES), true),
                Some(Range::Beyond) => return Ok((view, record, 0, None, true)),
            };
            let bytes = chunks::range(tx.sql(), &record, start, end - start)?;
            Ok((view, record, start, Some(bytes), partial))
        })
    };
    let found = match tokio::task::spawn_blocking(read).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => return fail(&error),
        Err(_) => {
            return fail(&ApiError::new(
                ErrorCode::StorageFailed,
                "The attachment could not be read.",
                "Try again; if it persists, run `groundplan doctor`.",
            ));
        }
    };
    let (view, record, start, bytes, partial) = found;
    let Some(bytes) = bytes else {
        let range = format!("bytes */{}", view.size);
        return (StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, range)]).into_response();
    };
    let shown = SHOWN.contains(&view.media_type.as_str());
    let kind = if shown { view.media_type.as_str() } else { "application/octet-stream" };
    let length = bytes.len() as u64;
    let whole = !partial && length < view.size;
    let mut response = Response::new(if whole { rest(app, record, bytes) } else { Body::from(bytes) });
    if partial {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    let headers = response.headers_mut();
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, kind);
    set(header::CONTENT_SECURITY_POLICY, CSP);
    set(header::ACCEPT_RANGES, "bytes");
    set(header::CACHE_CONTROL, "private, no-store");
    set(header::CONTENT_DISPOSITION, &disposition(&view.name, shown));
    if whole {
        set(header::CONTENT_LENGTH, &view.size.to_string());
    }
    if partial && length > 0 {
        set(header::CONTENT_RANGE, &format!("bytes {start}-{}/{}", start + length - 1, view.size));
    }
    response
}

/// The first piece, and all others as they are wanted: memory holds one at a time. What fails on the way breaks the answer
/// off before its stated length, so that nobody takes it for whole.
fn rest(app: Arc<App>, record: Attachment, first: Vec<u8>) -> Body {
    let start = (app, Arc::new(record), Some(first), 0_u64);
    Body::from_stream(futures_util::stream::unfold(start, async |(app, record, first, at)| {
        if at >= record.size {
            return None;
        }
        let read = match first {
            Some(first) => Ok(first),
            None => {
                let (app, record) = (Arc::clone(&app), Arc::clone(&record));
                let read = move || app.read(|tx| chunks::range(tx.sql(), &record, at, RANGE_BYTES));
                match tokio::task::spawn_blocking(read).await {
                    Ok(read) => read.map_err(|error| io::Error::other(error.message)),
                    Err(error) => Err(io::Error::other(error)),
                }
            }
        };
        // Nothing follows a failure.
        let next = read.as_ref().map_or(record.size, |piece| at + piece.len() as u64);
        Some((read.map(Bytes::from), (app, record, None, next)))
    }))
}

/// The name in ASCII only, and encoded for those who read it (RFC 6266).
fn disposition(name: &str, shown: bool) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') { c } else { '_' })
        .collect();
    let encoded: String = name
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    let how = if shown { "inline" } else { "attachment" };
    format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[derive(Debug, PartialEq, Eq)]
enum Range {
    /// None that is understood: the whole is given.
    None,
    /// From the first byte up to, not including, the second.
    Of(u64, u64),
    /// Outside the content.
    Beyond,
}

/// Reads a `Range` header of one range; several at once are not understood, which RFC 9110 allows.
fn parse(header: &str, size: u64) -> Range {
    let Some((from, to)) = header.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Range::None;
    };
    let number =
        |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    match (from, to) {
        ("", last) => match number(last) {
            Some(0) => Range::Beyond,
            Some(_) if size == 0 => Range::Beyond,
            Some(last) => Range::Of(size.saturating_sub(last), size),
            None => Range::None,
        },
        (from, to) => match (number(from), number(to)) {
            (Some(from), _) if from >= size => Range::Beyond,
            (Some(from), None) if to.is_empty() => Range::Of(from, size),
            (Some(from), Some(to)) if from <= to => Range::Of(from, size.min(to.saturating_add(1))),
            _ => Range::None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_stay_inside() {
        let check = |header: &str, size: u64, expected: Range| {
            assert_eq!(parse(header, size), expected, "{header} of {size}");
        };
        check("bytes=0-", 10, Range::Of(0, 10));
        check("bytes=2-4", 10, Range::Of(2, 5));
        check("bytes=2-400", 10, Range::Of(2, 10));
        check("bytes=-3", 10, Range::Of(7, 10));
        check("bytes=-30", 10, Range::Of(0, 10));
        check("bytes=10-", 10, Range::Beyond);
        check("bytes=-0", 10, Range::Beyond);
        check("bytes=-1", 0, Range::Beyond);
        check(&format!("bytes=0-{}", u64::MAX), 10, Range::Of(0, 10));
        for odd in ["bytes=4-2", "bytes=0-1,3-4", "items=0-1", "bytes=+1-2", "bytes=", "bytes=a-b"] {
            check(odd, 10, Range::None);
        }
    }

    #[test]
    fn names_cannot_leave_their_header() {
        let header = disposition("a\"; x=\r\nSet-Cookie: b\u{202e}gnp.exe", false);
        assert!(header.starts_with("attachment; filename=\"a__ x"), "{header}");
        assert!(!header.contains(['\r', '\n', '\u{202e}']));
        assert_eq!(header.matches('"').count(), 2);
    }
}
