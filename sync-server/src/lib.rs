//! Groundplan.
