//! Search.

use groundplan_shared::api::{ApiError, SearchParams, SearchResults};
use groundplan_shared::validate::check_line;

use crate::query;
use crate::runtime::App;

/// Searches names, texts, tags and properties.
pub fn query(app: &App, params: SearchParams) -> Result<SearchResults, ApiError> {
    check_line("text", &params.text, 1_000)?;
    app.read_index(|tx| query::search(tx, &params))
}
