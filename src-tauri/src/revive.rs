//! A page whose process crashed is loaded again. On macOS the framework does so by itself; on Linux the window would
//! stay blank, although everything of the client core, which lives in this process, is as it was.
//!
//! Not here: what the page does after it was loaded. It reads everything anew, as at the start.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use webkit2gtk::{WebProcessTerminationReason, WebViewExt};

/// A page that crashes more often than [`OFTEN`] times within this time is left alone: whatever crashes it would crash
/// the next one too.
const WHILE: Duration = Duration::from_secs(60);
const OFTEN: usize = 3;

/// The crashes of the last while.
#[derive(Debug, Default)]
struct Crashes(VecDeque<Instant>);

impl Crashes {
    /// Counts one; true if the page should be loaded again.
    fn count(&mut self, now: Instant) -> bool {
        self.0.retain(|crash| now.duration_since(*crash) < WHILE);
        self.0.push_back(now);
        self.0.len() <= OFTEN
    }
}

/// Watches the page of a window from now on.
pub fn watch(window: &tauri::WebviewWindow) -> tauri::Result<()> {
    window.with_webview(|webview| {
        let crashes = RefCell::new(Crashes::default());
        webview.inner().connect_web_process_terminated(move |view, reason| {
            // Ended on purpose, by whoever drives the window.
            if reason == WebProcessTerminationReason::TerminatedByApi {
                return;
            }
            if crashes.borrow_mut().count(Instant::now()) {
                tracing::warn!(page.reason = ?reason, "the page's process ended; the page is loaded again");
                view.reload();
            } else {
                tracing::error!(
                    page.reason = ?reason,
                    "the page's process ends again and again; nothing is lost, but the program has to be started anew"
                );
            }
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_always_crashes_is_left_alone_for_a_while() {
        let mut crashes = Crashes::default();
        let start = Instant::now();
        let answers: Vec<_> =
            (0..5).map(|second| crashes.count(start + Duration::from_secs(second))).collect();
        assert_eq!(answers, [true, true, true, false, false]);
        assert!(crashes.count(start + Duration::from_secs(90)), "the minute is over");
    }
}
