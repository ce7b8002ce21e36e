//! Finding what a person means by a name or an id.

use std::sync::Arc;

use groundplan_shared::api::{ApiError, ElementListParams, ErrorCode, PageListParams, ViewListParams};
use groundplan_shared::model::DocumentId;

use crate::dispatch::Caller;
use crate::runtime::App;

/// What something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Element,
    Page,
    View,
}

/// Finds an element, page or diagram by id or exact name.
pub(super) async fn find(
    app: &Arc<App>,
    named: &str,
    among: &[What],
) -> Result<(DocumentId, What), ApiError> {
    let id: Option<DocumentId> = named.parse().ok();
    let fits = |item: DocumentId, name: &str| id == Some(item) || name == named;
    let mut found: Vec<(DocumentId, What)> = Vec::new();
    if among.contains(&What::Element) {
        let list = app.run(Caller::CommandLine, ElementListParams::default()).await?;
        found.extend(list.items.iter().filter(|e| fits(e.id, &e.name)).map(|e| (e.id, What::Element)));
    }
    if among.contains(&What::Page) {
        let list = app.run(Caller::CommandLine, PageListParams::default()).await?;
        found.extend(
            list.items.iter().filter(|p| fits(p.id, &p.title) || p.path == named).map(|p| (p.id, What::Page)),
        );
    }
    if among.contains(&What::View) {
        let list = app.run(Caller::CommandLine, ViewListParams {}).await?;
        found.extend(list.items.iter().filter(|v| fits(v.id, &v.name)).map(|v| (v.id, What::View)));
    }
    match found.as_slice() {
        [only] => Ok(*only),
        [] => Err(ApiError::new(
            ErrorCode::NotFound,
            format!("There is nothing called \u{201c}{named}\u{201d}."),
            "Use the exact name or an id; `groundplan search` finds both.",
        )),
        several => Err(ApiError::new(
            ErrorCode::Conflict,
            format!("{} things are called \u{201c}{named}\u{201d}.", several.len()),
            format!(
                "Use one of the ids: {}.",
                several.iter().take(5).map(|(id, _)| id.to_string()).collect::<Vec<_>>().join(", ")
            ),
        )),
    }
}
