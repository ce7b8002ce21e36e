//! The attack list with its tests, each with the check without which it must fail. Data only: the integration tests read
//! it too.

/// Where a test is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Here, on the state machine.
    Machine,
    /// In `app/tests/attacks.rs`, on sockets.
    Sockets,
    /// A story across processes in `tests`, found by its name in the file; it has no twin here.
    Story(&'static str),
}

/// What makes a test fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Twin {
    /// To leave out this check.
    Without(&'static str),
    /// Nothing that could be left out, and why.
    None(&'static str),
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The attack; 0: none of the list.
    pub id: u8,
    /// The test's name with the module that it is in; from the crate's root if it begins with `::`.
    pub test: &'static str,
    /// Where it is.
    pub place: Place,
    /// What makes it fail.
    pub twin: Twin,
}

impl Row {
    /// The row in words.
    pub fn describe(&self) -> String {
        let twin = match self.twin {
            Twin::Without(check) => format!("fails without {check}"),
            Twin::None(reason) => format!("no twin: {reason}"),
        };
        let place = match self.place {
            Place::Machine => "on the machine",
            Place::Sockets => "on sockets",
            Place::Story(file) => file,
        };
        let id = if self.id == 0 { "beside the list:".to_owned() } else { format!("M{}", self.id) };
        format!("{id} {} ({place}): {twin}", self.test)
    }
}

/// Makes a row.
pub const fn row(id: u8, place: Place, test: &'static str, twin: Twin) -> Row {
    Row { id, test, place, twin }
}

use Place::{Machine, Sockets, Story};
use Twin::Without;

const NO_FRAME: &str = "no frame carries plaintext and no code shows any: a twin would have to build both";
const NO_FLAGS: &str =
    "no code reads flags, minimum versions or update manifests from a server: a twin would have to build it";

/// All attacks.
pub const TABLE: &[Row] = &[
    row(1, Machine, "log::m01_a_servers_own_key_for_an_invitee_gets_nothing", Without("InviteSecret")),
    row(
        2,
        Machine,
        "log::m02_an_entry_that_the_server_signs_for_the_owner_is_ignored",
        Without("EntrySignature"),
    ),
    row(3, Machine, "log::m03_a_member_cannot_add_a_device_for_somebody_else", Without("OwnDevice")),
    row(4, Machine, "log::m04_an_editor_who_makes_itself_administrator_is_ignored", Without("Permission")),
    row(4, Machine, "envelopes::m04_what_a_member_without_clearance_writes_is_set_aside", Without("Author")),
    row(
        4,
        Machine,
        "envelopes::m04_what_who_may_only_comment_writes_elsewhere_is_set_aside",
        Without("Talk"),
    ),
    row(5, Machine, "members::a_backdated_edit_of_a_revoked_device_is_set_aside_for_ever", Without("Cut")),
    row(5, Machine, "members::a_device_that_was_away_does_not_take_a_backdated_edit", Without("Hold")),
    row(5, Machine, "members::a_device_that_was_away_does_not_take_a_backdated_edit", Without("Alarm")),
    row(6, Machine, "envelopes::m06_changes_of_another_author_are_set_aside", Without("Actor")),
    row(7, Machine, "log::m07_a_recovery_key_that_its_member_did_not_set_is_ignored", Without("OwnDevice")),
    row(8, Machine, "log::m08_a_used_invitation_lets_nobody_in", Without("InviteOnce")),
    row(
        9,
        Machine,
        "envelopes::m09_every_flipped_byte_is_set_aside_and_the_true_item_is_fetched",
        Without("EnvelopeSignature"),
    ),
    row(
        9,
        Machine,
        "envelopes::m09_every_truncation_is_set_aside",
        Twin::None("cut bytes are not canonical CBOR: the reader itself would have to go"),
    ),
    row(10, Machine, "envelopes::m10_an_envelope_is_not_moved_even_by_its_author", Without("Binding")),
    row(
        10,
        Machine,
        "envelopes::m10_an_item_delivered_as_another_documents_is_set_aside",
        Without("Delivered"),
    ),
    row(11, Machine, "outside::m11_chunks_are_not_reordered_repeated_or_cut", Without("Chunk")),
    row(
        12,
        Machine,
        "log::m12_a_wrapped_key_that_the_server_replaces_breaks_the_entry",
        Without("EntrySignature"),
    ),
    row(
        12,
        Machine,
        "log::m12_a_key_other_than_the_one_that_the_log_commits_to_is_refused",
        Without("KeyCommitment"),
    ),
    row(
        13,
        Machine,
        "envelopes::m13_an_envelope_under_another_key_fails_before_anything_is_decrypted",
        Without("Commitment"),
    ),
    row(
        14,
        Machine,
        "envelopes::m14_another_version_or_suite_and_a_missing_signature_are_refused",
        Without("Version"),
    ),
    row(
        14,
        Machine,
        "envelopes::m14_another_version_or_suite_and_a_missing_signature_are_refused",
        Without("EnvelopeSignature"),
    ),
    row(15, Sockets, "m15_plaintext_frames_are_not_shown", Twin::None(NO_FRAME)),
    row(16, Machine, "outside::m16_the_cost_of_a_password_has_a_floor_and_a_ceiling", Without("Cost")),
    row(
        16,
        Sockets,
        "m16_a_server_that_names_a_cost_is_not_signed_in_to",
        Twin::None("no answer has a place for a cost; the reader refuses unknown fields"),
    ),
    row(17, Sockets, "m17_another_key_of_the_server_is_refused", Without("ServerKey")),
    row(18, Sockets, "m18_ten_thousand_malformed_sign_ins_tell_nothing", Without("FakeRecord")),
    row(19, Machine, "server::m19_what_is_repeated_changes_nothing_and_is_told_once", Without("Repeated")),
    row(
        20,
        Machine,
        "server::m20_a_server_that_is_rolled_back_is_noticed_and_nothing_is_lost",
        Without("RolledBack"),
    ),
    row(21, Machine, "server::m21_a_withheld_item_is_asked_for_again", Without("Skipped")),
    row(22, Machine, "server::m22_a_frozen_tail_shows_since_when_nobody_was_heard_from", Without("Heard")),
    row(23, Machine, "server::m23_a_fork_is_noticed_at_the_first_envelope_that_crosses", Without("Seen")),
    row(24, Machine, "outside::m24_a_snapshot_of_another_history_is_refused", Without("Snapshot")),
    row(
        24,
        Machine,
        "outside::m24_nothing_is_dropped_for_a_snapshot_that_leaves_an_edit_out",
        Without("Compare"),
    ),
    row(25, Machine, "server::m25_what_was_acknowledged_and_dropped_is_sent_again", Without("Kept")),
    row(26, Machine, "envelopes::m26_a_poisoned_envelope_is_set_aside_alone", Without("Inflation")),
    row(
        26,
        Machine,
        "envelopes::m26_a_number_used_twice_poisons_its_own_chain_only",
        Twin::None("the document itself refuses it; one without would be another CRDT"),
    ),
    row(
        27,
        Machine,
        "::ops::export::tests::only_places_inside_the_folder_are_taken_and_each_once",
        Without("Confined"),
    ),
    row(28, Sockets, "m28_nothing_is_fetched_without_a_click", Without("RemoteImages")),
    row(29, Machine, "::query::search::tests::m29_what_is_searched_for_is_no_syntax", Without("Quoting")),
    row(30, Sockets, "m30_flags_and_versions_of_a_server_weaken_nothing", Twin::None(NO_FLAGS)),
    row(
        31,
        Machine,
        "envelopes::m31_nothing_that_people_write_is_readable_on_the_server",
        Without("Encryption"),
    ),
    row(
        31,
        Story("tests/e2e/canaries.rs"),
        "a_thousand_canaries_do_not_leave_the_devices_with_the_embedded_store",
        Twin::None("the machine's test has one"),
    ),
];

/// The ids without a test.
pub fn missing() -> Vec<u8> {
    (1..=31).filter(|id| !TABLE.iter().any(|row| row.id == *id)).collect()
}
