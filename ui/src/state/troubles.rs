//! What is wrong with synchronisation, the most serious first, and what can be done about each: one list for the page,
//! the popover and the banner over everything.
//!
//! A new kind of trouble is one more entry here. Not here: how it is shown (`pages/sync`), and the sentences of the
//! core, which says itself what happened and what to do.

use groundplan_shared::api::{ApiError, ErrorCode, MemberStanding, SyncState, SyncStatus};

use crate::text::{count, name_of, t};

/// Something that can be done about a trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Signing in.
    SignIn,
    /// Synchronising now.
    SyncNow,
    /// Looking at what was not sent, and saving it.
    Rescue,
    /// Looking at what the server did, with the proof.
    Alarm,
    /// Looking at what was set aside.
    Quarantine,
    /// Deciding about what another device deletes.
    Held,
    /// Starting new keys.
    Rotate,
    /// Going to the members, who can help.
    People,
}

impl Way {
    /// The key of its name in the catalogue.
    pub const fn text(self) -> &'static str {
        match self {
            Self::SignIn => "account.login",
            Self::SyncNow => "action.sync_now",
            Self::Rescue => "trouble.rescue",
            Self::Alarm => "trouble.alarm",
            Self::Quarantine => "trouble.quarantine",
            Self::Held => "trouble.held_look",
            Self::Rotate => "act.rotate_do",
            Self::People => "title.people",
        }
    }
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Whether work is in danger or cannot go on; otherwise it can wait.
    pub bad: bool,
    /// What is wrong, in a few words.
    pub title: String,
    /// What it means, in sentences.
    pub text: Vec<String>,
    /// What can be done.
    pub ways: Vec<Way>,
}

/// What the interface knows that may be wrong.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// How synchronisation stands.
    pub status: Option<&'a SyncStatus>,
    /// Why the workspace can only be read.
    pub read_only: Option<&'a str>,
    /// Whether somebody who left may still hold keys.
    pub keys_due: bool,
    /// Whether the person of this device may start new ones.
    pub may_rotate: bool,
}

/// Lists what is wrong.
pub fn troubles(known: Known<'_>) -> Vec<Trouble> {
    let mut out = Vec::new();
    let mut add = |bad: bool, title: &str, text: Vec<String>, ways: Vec<Way>| {
        out.push(Trouble { bad, title: title.to_owned(), text, ways });
    };
    if let Some(why) = known.read_only {
        add(
            true,
            t("trouble.read_only"),
            vec![why.to_owned(), t("trouble.read_only_text").to_owned()],
            Vec::new(),
        );
    }
    if known.keys_due {
        let mut text = vec![t("trouble.keys_text").to_owned()];
        let ways = if known.may_rotate { vec![Way::Rotate] } else { Vec::new() };
        if ways.is_empty() {
            text.push(t("trouble.keys_ask").to_owned());
        }
        add(false, t("trouble.keys"), text, ways);
    }
    let Some(status) = known.status else { return out };
    let rescue = || if status.waiting > 0 { vec![Way::Rescue] } else { Vec::new() };
    let said = |problem: Option<&ApiError>| {
        problem
            .into_iter()
            .flat_map(|problem| [problem.message.clone(), problem.hint.clone()])
            .collect::<Vec<_>>()
    };
    // Much that is deleted elsewhere is a problem of its own, with its own sentences below.
    let is_held = |problem: &ApiError| status.held > 0 && problem.code == ErrorCode::Conflict;
    match (status.standing, &status.alarm, status.problem.as_ref().filter(|problem| !is_held(problem))) {
        (MemberStanding::Member, Some(alarm), problem) => {
            add(
                true,
                &name_of("alarm", alarm),
                said(problem),
                [vec![Way::Alarm, Way::People], rescue()].concat(),
            );
        }
        (MemberStanding::Member, None, Some(problem)) if status.state == SyncState::Problem => {
            let mut ways = match problem.code {
                ErrorCode::NotConnected => vec![Way::SignIn],
                ErrorCode::NotAllowed => Vec::new(),
                _ => vec![Way::SyncNow],
            };
            ways.extend(rescue());
            add(true, &problem.message, vec![problem.hint.clone()], ways);
        }
        (MemberStanding::Member, ..) => {}
        (standing, ..) => {
            let (title, text) = match standing {
                MemberStanding::Removed => ("trouble.removed", "trouble.removed_text"),
                _ => ("trouble.revoked", "trouble.revoked_text"),
            };
            let mut sentences = vec![t("trouble.kept").to_owned()];
            if status.waiting > 0 {
                sentences.push(count("trouble.unsent", status.waiting, &[]));
            }
            sentences.push(t(text).to_owned());
            add(true, t(title), sentences, rescue());
        }
    }
    if status.held > 0 {
        add(
            true,
            &count("trouble.held", status.held, &[]),
            vec![t("trouble.held_text").to_owned()],
            vec![Way::Held],
        );
    }
    if let Some(problem) = &status.attachments.problem {
        add(false, &problem.message, vec![problem.hint.clone()], vec![Way::SyncNow]);
    }
    if status.quarantined > 0 {
        let title = count("sync.quarantined", status.quarantined, &[]);
        add(false, &title, vec![t("trouble.quarantine_text").to_owned()], vec![Way::Quarantine]);
    }
    // Sorting keeps the order among equals.
    out.sort_by_key(|trouble| !trouble.bad);
    out
}

/// What has to be said over every page: nothing that is written now goes anywhere.
pub fn banner(status: Option<&SyncStatus>, read_only: Option<&str>) -> Option<&'static str> {
    match status.map(|status| status.standing) {
        _ if read_only.is_some() => Some(t("trouble.read_only")),
        Some(MemberStanding::Removed) => Some(t("trouble.removed")),
        Some(MemberStanding::DeviceRevoked) => Some(t("trouble.revoked")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(status: &SyncStatus) -> Vec<Way> {
        let found = troubles(Known { status: Some(status), ..Known::default() });
        found.into_iter().flat_map(|trouble| trouble.ways).collect()
    }

    fn problem(code: ErrorCode) -> SyncStatus {
        let mut status = SyncStatus::bare(SyncState::Problem);
        status.problem = Some(ApiError::new(code, "The server refuses.", "Ask."));
        status
    }

    #[test]
    fn all_is_well_says_nothing() {
        assert!(troubles(Known::default()).is_empty());
        assert!(ways(&SyncStatus::bare(SyncState::UpToDate)).is_empty());
        assert!(ways(&SyncStatus::bare(SyncState::Offline)).is_empty(), "to be offline is no trouble");
    }

    #[test]
    fn whoever_was_shut_out_is_told_once_and_can_save_what_was_not_sent() {
        let mut status = problem(ErrorCode::NotAllowed);
        status.standing = MemberStanding::Removed;
        let known = || Known { status: Some(&status), ..Known::default() };
        let found = troubles(known());
        assert_eq!(found.len(), 1);
        assert!(found[0].bad && found[0].ways.is_empty() && !found[0].text.is_empty());
        assert_eq!(banner(Some(&status), None), Some(t("trouble.removed")));
        status.waiting = 3;
        assert_eq!(ways(&status), [Way::Rescue]);
        status.standing = MemberStanding::DeviceRevoked;
        assert_eq!(banner(Some(&status), None), Some(t("trouble.revoked")));
    }

    #[test]
    fn the_worst_stands_first() {
        let mut status = problem(ErrorCode::ServerUntrusted);
        (status.alarm, status.quarantined) = (Some("forked".to_owned()), 2);
        let found =
            troubles(Known { status: Some(&status), keys_due: true, may_rotate: true, read_only: None });
        assert!(found[0].ways.contains(&Way::Alarm) && found[0].bad);
        assert_eq!(found.iter().filter(|trouble| trouble.bad).count(), 1);
        assert!(found.iter().any(|trouble| trouble.ways == [Way::Rotate]));
        assert!(found.iter().any(|trouble| trouble.ways == [Way::Quarantine]));
    }

    #[test]
    fn a_problem_offers_what_helps() {
        assert_eq!(ways(&problem(ErrorCode::NotConnected)), [Way::SignIn]);
        assert_eq!(ways(&problem(ErrorCode::ServerRefused)), [Way::SyncNow]);
    }

    #[test]
    fn what_is_held_waits_for_an_answer() {
        let mut status = problem(ErrorCode::Conflict);
        status.held = 12;
        assert_eq!(ways(&status), [Way::Held], "said once");
        status.problem = problem(ErrorCode::NotConnected).problem;
        assert_eq!(ways(&status), [Way::SignIn, Way::Held]);
    }

    #[test]
    fn every_alarm_has_a_name() {
        for alarm in ["rolled_back", "forked", "restored", "bad_log", "cut_broken"] {
            assert!(groundplan_shared::text::find(&format!("alarm.{alarm}")).is_some(), "{alarm}");
        }
    }
}
