//! What people are told about synchronisation: always true, never alarming without a remedy.
//!
//! Not here: where it is shown.

use groundplan_shared::api::{ApiError, ErrorCode, MemberStanding, SyncState, SyncStatus};
use groundplan_shared::auth::Clearance;
use groundplan_shared::membership::MembershipState;
use groundplan_shared::wire::{DeviceId, ProblemCode};

use super::machine::{Machine, Phase};
use super::store::{Alarm, EnvelopeState, SyncRecord, SyncStore, SyncTx, run};
use super::weak::{Check, left_out};
use super::{SyncError, former, names};

/// Steps of the present run: items to read, then changes to send.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Progress {
    done: u64,
    total: u64,
}

impl Progress {
    /// Some items were read, and as many are left.
    pub(super) fn receiving(&mut self, read: u64, left: u64) {
        self.done += read;
        self.total = self.total.max(self.done + left);
    }

    /// So many changes wait to be sent.
    pub(super) fn sending(&mut self, waiting: u64) {
        self.total = self.total.max(self.done + waiting);
    }

    /// So many envelopes were acknowledged.
    pub(super) fn sent(&mut self, envelopes: u64) {
        self.done += envelopes;
        self.total = self.total.max(self.done);
    }
}

/// Says what a server's refusal of the whole means for trust in it.
pub(super) fn alarm_of(code: ProblemCode) -> Option<Alarm> {
    // Only a subscription names a log entry: the server has another log than it had, or a shorter one.
    (code == ProblemCode::LogUnknown && !left_out(Check::RolledBack)).then_some(Alarm::RolledBack)
}

/// Puts a server's refusal into words for people; `None` for what passes by itself.
pub fn hurdle_of(code: ProblemCode, message: &str) -> Option<ApiError> {
    let (error, text, hint) = match code {
        ProblemCode::TokenExpired
        | ProblemCode::Unavailable
        | ProblemCode::StreamGap
        | ProblemCode::EpochStale => {
            return None;
        }
        ProblemCode::Unauthenticated | ProblemCode::RefreshReused | ProblemCode::ChallengeFailed => (
            ErrorCode::NotConnected,
            "The sign-in of this device has ended.",
            "Sign in again. Everything you do meanwhile is kept on this device.",
        ),
        ProblemCode::DeviceRevoked => (
            ErrorCode::NotAllowed,
            "This device is no longer allowed to synchronise this workspace.",
            "Your unsent changes are kept here. Link this device again from another one, or export them.",
        ),
        ProblemCode::Forbidden | ProblemCode::NotFound => (
            ErrorCode::ServerRefused,
            "The server does not let this account synchronise this workspace.",
            "Sign in with the account that owns it, or ask an administrator. Your changes are kept here.",
        ),
        ProblemCode::SecondFactorRequired => (
            ErrorCode::NotAllowed,
            "This workspace demands a second factor.",
            "Set one up (`groundplan account second-factor`), or sign in again with a code. Your changes are kept here.",
        ),
        ProblemCode::QuotaExceeded => (
            ErrorCode::ServerRefused,
            "The workspace's storage on the server is used up.",
            "Ask the server's administrator for more. Your changes are kept here; reading still works.",
        ),
        ProblemCode::StorageFull => (
            ErrorCode::ServerRefused,
            "The server's disk is full.",
            "Tell its administrator. Your changes are kept here and are sent as soon as there is room.",
        ),
        ProblemCode::RateLimited => (
            ErrorCode::RateLimited,
            "The server asks to wait a little.",
            "Nothing to do: it goes on by itself.",
        ),
        ProblemCode::VersionUnsupported | ProblemCode::NotSupported | ProblemCode::MethodNotAllowed => (
            ErrorCode::Unsupported,
            "This program and the server do not speak the same version.",
            "Update Groundplan, or ask the server's administrator to update the server.",
        ),
        _ => {
            return Some(ApiError::new(
                ErrorCode::ServerRefused,
                format!("The server refused: {message}"),
                "Your changes are kept here. Try again; if it persists, run `groundplan doctor`.",
            ));
        }
    };
    Some(ApiError::new(error, text, hint))
}

/// Puts an alarm into words for people.
pub fn alarm_text(alarm: Alarm) -> ApiError {
    let (text, hint) = match alarm {
        Alarm::RolledBack => (
            "The server shows an older state of this workspace than before. Nothing here was changed or deleted.",
            "Nothing more is sent until this is settled. If a backup was restored, its administrator runs \
             `groundplan-server restored`; then an owner confirms it.",
        ),
        Alarm::Forked => (
            "The server shows another history of this workspace than before. Nothing here was changed or deleted.",
            "Nothing more is sent. Compare the safety number with another member and tell the server's administrator. \
             Where an owner confirmed that the server was restored, `groundplan sync --settle forked` follows.",
        ),
        Alarm::Restored => (
            "The server's database is another one than before: it was restored from a backup.",
            "What it lost and this device has goes back. Nothing new is sent until an owner has asked the server's \
             administrator and confirmed it with `groundplan sync --settle restored`.",
        ),
        Alarm::BadLog => (
            "The server sent a change of membership that nobody was allowed to make. It was ignored.",
            "Nothing more is sent. Tell the workspace's owner and the server's administrator.",
        ),
        Alarm::CutBroken => (
            "The server shows other documents than those that a rotation of keys was signed over.",
            "Nothing more is sent. Compare the safety number with the member who rotated, and tell the administrator.",
        ),
    };
    ApiError::new(ErrorCode::ServerUntrusted, text, hint)
}

/// Puts a held mass deletion into words for people.
fn held_text(things: u64) -> ApiError {
    ApiError::new(
        ErrorCode::Conflict,
        format!("Another device deletes {things} things at once. They are kept here until you decide."),
        "See which with `groundplan sync --held`, then --apply or --undo it. Everything else goes on.",
    )
}

/// Says what a device is by the log.
pub fn standing(state: &MembershipState, device: DeviceId) -> MemberStanding {
    let Some(known) = state.device(&device).filter(|_| state.active(&device).is_none()) else {
        return MemberStanding::Member;
    };
    let removed = state.member(&known.member).is_some_and(|member| !member.is_active());
    if removed { MemberStanding::Removed } else { MemberStanding::DeviceRevoked }
}

/// Tells whoever was shut out what that means and what can be done.
fn shut_out(standing: MemberStanding, waiting: u64) -> Option<ApiError> {
    let (what, back) = match standing {
        MemberStanding::Member => return None,
        MemberStanding::DeviceRevoked => (
            "This device was revoked by a member of the workspace.",
            "To go on, give it new keys with `groundplan device renew` and link it anew from another of your devices.",
        ),
        MemberStanding::Removed => (
            "You were removed from this workspace.",
            "To come back, run `groundplan device renew` and ask for a new invitation.",
        ),
    };
    let kept = match waiting {
        0 => "Everything you had was sent; what is on this device stays readable.".to_owned(),
        _ => format!(
            "Everything stays on this device; {waiting} change(s) were not sent: see and export them with \
             `groundplan sync --rescue`."
        ),
    };
    Some(ApiError::new(ErrorCode::NotAllowed, what, format!("{kept} {back}")))
}

/// Returns the state of a workspace that no machine runs for.
///
/// # Errors
/// [`SyncError::Store`].
pub fn at_rest(store: &dyn SyncStore, hurdle: Option<ApiError>) -> Result<SyncStatus, SyncError> {
    describe(
        store,
        |record| {
            if record.server_url.is_none() { SyncState::LocalOnly } else { SyncState::Offline }
        },
        hurdle,
        Progress::default(),
        None,
    )
}

impl Machine {
    /// Returns how synchronisation stands.
    ///
    /// # Errors
    /// [`SyncError::Store`].
    pub fn status(&self, store: &dyn SyncStore) -> Result<SyncStatus, SyncError> {
        let (phase, idle, all_read) = (self.phase, self.idle, self.head_ws_seq <= self.cursor);
        let hurdle = self.hurdle.clone();
        let state = |record: &SyncRecord| match phase {
            _ if record.server_url.is_none() => SyncState::LocalOnly,
            Phase::Down => SyncState::Offline,
            Phase::CatchingUp => SyncState::Syncing,
            Phase::Live if idle && all_read => SyncState::UpToDate,
            Phase::Live => SyncState::Syncing,
        };
        describe(store, state, hurdle, self.progress, Some(self))
    }
}

/// So many rows are looked at for a count that is only said to people.
const COUNTED: usize = 1_000;

/// How many received envelopes wait for something before them. Those of a compartment that was taken from this device do
/// not count: it is sent nothing more of it, and they are judged when it is given back.
fn stuck(tx: &mut dyn SyncTx, machine: Option<&Machine>) -> Result<u64, SyncError> {
    let cleared = machine.map(|machine| machine.log().clearance(machine.keys.id()));
    let some = cleared.filter(|cleared| !cleared.is_empty() && *cleared != Clearance::ALL);
    let mut count = 0;
    for state in [EnvelopeState::Held, EnvelopeState::Waiting, EnvelopeState::Broken] {
        let all = tx.count_in(state)?;
        count += match some.filter(|_| all > 0) {
            Some(cleared) => {
                let rows = tx.envelopes_in(state, COUNTED)?;
                rows.iter().filter(|row| cleared.allows(row.compartment)).count() as u64
            }
            None => all,
        };
    }
    Ok(count)
}

fn describe(
    store: &dyn SyncStore,
    state: impl Fn(&SyncRecord) -> SyncState,
    hurdle: Option<ApiError>,
    progress: Progress,
    machine: Option<&Machine>,
) -> Result<SyncStatus, SyncError> {
    run(store, |tx| {
        let record = tx.record()?;
        // Without a server nothing waits for it, and counting every change made so far would slow opening down.
        let waiting = if record.server_url.is_some() { tx.outbox_count()? } else { 0 };
        let refused = tx.refused()?.map(|(message, documents)| {
            ApiError::new(
                ErrorCode::ServerRefused,
                format!("The server refuses the changes of {documents} document(s): {message}"),
                "They are kept here. Update Groundplan and choose \u{201c}Sync now\u{201d}, or export them.",
            )
        });
        let refused = match tx.former()? {
            0 => refused,
            documents => Some(former::text(documents)),
        };
        // While reading goes on, what waits has no reason to be here yet: the end of a rotation's list, for instance.
        let reading = machine.is_some_and(|machine| machine.phase == Phase::CatchingUp || machine.again);
        let held = if reading { 0 } else { stuck(tx, machine)? };
        let gap = (held > 0).then(|| {
            ApiError::new(
                ErrorCode::ServerUntrusted,
                format!("{held} received change(s) wait for earlier ones that the server did not send."),
                "They are applied when those arrive. If this stays, tell the server's administrator.",
            )
        });
        let standing = machine
            .map_or(MemberStanding::Member, |machine| standing(machine.log().state(), machine.keys.id()));
        let shut_out = shut_out(standing, waiting);
        let hurdle = shut_out.or_else(|| record.alarm.map(alarm_text)).or_else(|| hurdle.clone());
        let held = tx.braked()?.iter().filter(|one| one.deletes).count() as u64;
        let problem = hurdle.clone().or(refused).or((held > 0).then(|| held_text(held))).or(gap);
        let mut now = state(&record);
        let reading_done = matches!(now, SyncState::UpToDate | SyncState::Syncing);
        if problem.is_some() && now != SyncState::LocalOnly && (reading_done || hurdle.is_some()) {
            now = SyncState::Problem;
        } else if now == SyncState::UpToDate && waiting > 0 {
            now = SyncState::Syncing;
        }
        let last_heard = match record.heard_device {
            Some(device) => {
                let name = match machine {
                    Some(machine) => names::device(tx, machine.log().state(), device)?,
                    None => names::stored_device(tx, device)?,
                };
                Some((name, record.heard_ms))
            }
            None => None,
        };
        Ok(SyncStatus {
            state: now,
            waiting,
            done: progress.done,
            total: progress.total,
            synced_ms: record.synced_ms,
            last_heard,
            server: record.server_url,
            problem,
            quarantined: tx.quarantined()?,
            standing,
            alarm: record.alarm.map(|alarm| alarm.word().to_owned()),
            held,
            verified_entries: machine.map_or(0, |machine| machine.log().head().index + 1),
            verified_items: record.feed_cursor,
            attachments: Default::default(),
        })
    })
}
