//! Stories on real processes: each test starts the programs it needs in folders of its own.
#![cfg(test)]

mod alone;
mod apart;
mod attachments;
mod away;
mod backups;
mod canaries;
mod connect;
mod faults;
mod kill_client;
mod kill_server;
mod members;
mod parity;
mod postgres_crash;
mod restored;
mod returned;
mod talk;
