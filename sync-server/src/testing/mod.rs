//! For tests, here and in the stories: servers on free ports and a private Postgres. Not part of the product.

pub mod postgres;

use std::{net::SocketAddr, path::Path};

use crate::{Config, config::RegistrationMode};

/// Settings for a server that a test talks to: free port, open registration, embedded database in this folder.
pub fn config(data_dir: &Path) -> Config {
    Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        data_dir: data_dir.to_owned(),
        registration: RegistrationMode::Open,
        metrics_on_main: true,
        ..Config::default()
    }
}
