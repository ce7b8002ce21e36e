//! Tests beside the attack list that have a twin of the same kind. Data only.

use super::table::Place::Machine;
use super::table::Row;
use super::table::Twin::Without;
use super::table::row;

/// What is beside the list, with twins of the same kind.
pub const BESIDE: &[Row] = &[
    row(0, Machine, "braked::a_mass_deletion_waits_for_a_person_and_nothing_else_does", Without("Brake")),
    row(
        0,
        Machine,
        "stories::an_own_envelope_that_was_read_back_behind_a_gap_is_not_sent_twice",
        Without("ReadBack"),
    ),
    row(0, Machine, "stories::a_snapshot_of_the_life_before_a_restore_is_no_fork", Without("Life")),
    row(0, Machine, "restored::whoever_comes_later_brings_the_rest", Without("Resend")),
    row(
        0,
        Machine,
        "compaction::tests::a_snapshot_that_nobody_confirmed_stands_in_for_nothing",
        Without("Acked"),
    ),
    row(
        0,
        Machine,
        "compartments::an_envelope_of_another_compartment_than_its_document_is_set_aside",
        Without("Compartment"),
    ),
    row(0, Machine, "members::a_clock_that_goes_back_makes_no_pause_longer", Without("Clock")),
    row(
        0,
        Machine,
        "members::who_may_only_read_any_more_is_told_and_keeps_what_was_not_sent",
        Without("Stuck"),
    ),
    row(0, Machine, "compartments::whoever_is_cleared_for_more_reads_what_there_was_before", Without("Anew")),
];
