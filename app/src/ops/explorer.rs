//! The explorer's tree.

use groundplan_shared::api::{ApiError, ExplorerList, ExplorerListParams};
use groundplan_shared::validate::check_line;

use crate::query;
use crate::runtime::App;

/// Lists a part of the tree.
pub fn list(app: &App, params: ExplorerListParams) -> Result<ExplorerList, ApiError> {
    check_line("filter", &params.filter, 1_000)?;
    check_line("folder", &params.folder, 4_096)?;
    app.read_index(|tx| query::explorer(tx, &params))
}
