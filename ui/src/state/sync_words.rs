//! How synchronisation stands, in words that a tired person understands and that never claim too much.

use groundplan_shared::api::{SyncState, SyncStatus};

use crate::text::{count, fill, t};

/// How urgent it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to do, nothing promised.
    Quiet,
    /// All is well.
    Good,
    /// Under way.
    Busy,
    /// Changes wait; work goes on.
    Waiting,
    /// Someone has to decide.
    Bad,
}

impl Tone {
    /// The class that styles it; the words say it too.
    pub fn class(self) -> &'static str {
        match self {
            Self::Quiet => "tone-quiet",
            Self::Good => "tone-good",
            Self::Busy => "tone-busy",
            Self::Waiting => "tone-waiting",
            Self::Bad => "tone-bad",
        }
    }
}

/// The few words of the status bar.
pub fn short(status: &SyncStatus) -> (Tone, String) {
    let waiting = || count("sync.waiting", status.waiting, &[]);
    match status.state {
        SyncState::LocalOnly => (Tone::Quiet, t("sync.local").to_owned()),
        SyncState::Offline if status.waiting > 0 => {
            (Tone::Waiting, count("sync.offline_waiting", status.waiting, &[]))
        }
        SyncState::Offline => (Tone::Waiting, t("sync.offline").to_owned()),
        SyncState::Connecting => (Tone::Busy, t("sync.connecting").to_owned()),
        SyncState::Syncing if status.total > 0 => {
            let (done, total) = (status.done.to_string(), status.total.to_string());
            (Tone::Busy, fill("sync.syncing_of", &[("done", &done), ("total", &total)]))
        }
        SyncState::Syncing => (Tone::Busy, t("sync.syncing").to_owned()),
        // What waits is not up to date, whatever the state says.
        SyncState::UpToDate if status.waiting > 0 => (Tone::Waiting, waiting()),
        SyncState::UpToDate if status.attachments.to_send > 0 => {
            (Tone::Busy, t("sync.sending_files").to_owned())
        }
        SyncState::UpToDate => (Tone::Good, t("sync.up_to_date").to_owned()),
        SyncState::Problem => (Tone::Bad, t("sync.problem").to_owned()),
    }
}

/// The sentences of the popover, the most important first. `ago` says how long ago a moment was. What is wrong is left
/// out where a list of troubles stands beside them.
pub fn long(status: &SyncStatus, beside_troubles: bool, ago: impl Fn(u64) -> String) -> Vec<String> {
    let mut out = Vec::new();
    match status.state {
        SyncState::Problem if beside_troubles => {}
        SyncState::LocalOnly => out.push(t("sync.local_long").to_owned()),
        SyncState::Offline => out.push(t("sync.offline_long").to_owned()),
        SyncState::Connecting => out.push(t("sync.connecting_long").to_owned()),
        SyncState::Syncing => out.push(t("sync.syncing_long").to_owned()),
        SyncState::UpToDate if status.waiting == 0 && status.attachments.to_send == 0 => {
            out.push(t("sync.up_to_date_long").to_owned());
        }
        SyncState::UpToDate => {}
        SyncState::Problem => match &status.problem {
            Some(problem) => out.extend([problem.message.clone(), problem.hint.clone()]),
            None => out.push(t("sync.problem_unknown").to_owned()),
        },
    }
    if status.waiting > 0 && status.state != SyncState::LocalOnly {
        out.push(count("sync.waiting_long", status.waiting, &[]));
    }
    if status.state != SyncState::LocalOnly {
        let files = &status.attachments;
        for (key, n) in [("sync.files_to_send", files.to_send), ("sync.files_to_fetch", files.to_fetch)] {
            if n > 0 {
                out.push(count(key, n, &[]));
            }
        }
        let problem = files.problem.iter().filter(|_| !beside_troubles);
        out.extend(problem.flat_map(|problem| [problem.message.clone(), problem.hint.clone()]));
    }
    if let Some((device, moment_ms)) = &status.last_heard {
        out.push(fill("sync.heard", &[("device", device), ("ago", &ago(*moment_ms))]));
    } else if status.synced_ms > 0 && status.state != SyncState::LocalOnly {
        out.push(fill("sync.synced", &[("ago", &ago(status.synced_ms))]));
    }
    if status.quarantined > 0 && !beside_troubles {
        out.push(count("sync.quarantined", status.quarantined, &[]));
    }
    out.retain(|sentence| !sentence.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use groundplan_shared::api::{ApiError, ErrorCode};

    use super::*;

    fn status(state: SyncState, waiting: u64) -> SyncStatus {
        SyncStatus { waiting, ..SyncStatus::bare(state) }
    }

    #[test]
    fn never_claims_to_be_up_to_date_while_changes_wait() {
        let (tone, words) = short(&status(SyncState::UpToDate, 2));
        assert_eq!(tone, Tone::Waiting);
        assert!(words.contains('2') && !words.to_lowercase().contains("up to date"), "{words}");
        let long = long(&status(SyncState::UpToDate, 2), false, |_| String::new()).join(" ");
        assert!(!long.to_lowercase().contains("up to date"), "{long}");
    }

    #[test]
    fn never_claims_to_be_up_to_date_while_files_wait() {
        let mut sending = status(SyncState::UpToDate, 0);
        sending.attachments.to_send = 3;
        assert_eq!(short(&sending).0, Tone::Busy);
        let words = long(&sending, false, |_| String::new()).join(" ");
        assert!(words.contains("3 pieces") && !words.to_lowercase().contains("everything here"), "{words}");
        sending.state = SyncState::LocalOnly;
        assert!(
            !long(&sending, false, |_| String::new()).join(" ").contains("pieces"),
            "nothing waits for no server"
        );
    }

    #[test]
    fn says_what_waits_and_who_was_heard() {
        assert_eq!(short(&status(SyncState::Offline, 14)).1, "Offline, 14 changes waiting");
        assert_eq!(short(&status(SyncState::Offline, 1)).1, "Offline, 1 change waiting");
        let mut heard = status(SyncState::UpToDate, 0);
        heard.last_heard = Some(("Mara's phone".to_owned(), 1));
        let words = long(&heard, false, |_| "2 min ago".to_owned()).join(" ");
        assert!(words.contains("Mara's phone") && words.contains("2 min ago"), "{words}");
        let mut busy = status(SyncState::Syncing, 0);
        (busy.done, busy.total) = (3, 9);
        assert_eq!(short(&busy).1, "Syncing 3 of 9");
    }

    #[test]
    fn a_problem_says_what_to_do() {
        let mut bad = status(SyncState::Problem, 3);
        bad.problem =
            Some(ApiError::new(ErrorCode::ServerRefused, "The server refuses this device.", "Sign in."));
        let words = long(&bad, false, |_| String::new());
        assert_eq!(words[..2], ["The server refuses this device.", "Sign in."]);
        assert_eq!(short(&bad).0, Tone::Bad);
        bad.quarantined = 2;
        assert!(long(&bad, false, |_| String::new()).join(" ").contains("2 received"), "quarantine is told");
        let beside = long(&bad, true, |_| String::new()).join(" ");
        assert!(!beside.contains("refuses") && !beside.contains("2 received"), "and not twice: {beside}");
    }
}
