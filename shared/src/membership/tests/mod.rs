//! Tests of the validator: each rule is seen to accept what it should and to refuse what differs in one thing.

mod admission;
mod devices;
mod format;
mod members;
