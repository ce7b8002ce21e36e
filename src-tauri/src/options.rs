//! The command line of the desktop shell.
//!
//! Everything else is set within the app.

use std::path::PathBuf;

use clap::Parser;
use groundplan_app::profile::{KeyOptions, ProfileOptions};

/// Groundplan: your system architecture, offline, encrypted, together.
#[derive(Debug, Parser)]
#[command(name = "groundplan-desktop", version)]
pub struct Options {
    /// Use the profile of this name
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// Keep everything of the profile below this folder
    #[arg(long, value_name = "DIR", env = "GROUNDPLAN_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
}

impl Options {
    /// How to open the profile that these options name. A missing one is made; where there is no keyring, its
    /// passphrase comes from `GROUNDPLAN_PASSPHRASE`.
    pub fn into_profile(self) -> ProfileOptions {
        let passphrase = std::env::var("GROUNDPLAN_PASSPHRASE").ok().map(Into::into);
        ProfileOptions {
            profile: self.profile,
            data_dir: self.data_dir,
            key: KeyOptions { passphrase, ..KeyOptions::default() },
            create: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_options_are_read() {
        let options = Options::try_parse_from(["x", "--profile", "work", "--data-dir", "/tmp/x"]).unwrap();
        assert_eq!(options.profile.as_deref(), Some("work"));
        assert_eq!(options.data_dir, Some(PathBuf::from("/tmp/x")));
        assert!(Options::try_parse_from(["x", "--unknown"]).is_err());
    }
}
