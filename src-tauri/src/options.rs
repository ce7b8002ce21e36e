//! The command line of the desktop shell.
//!
//! Everything else is set within the app.

use std::path::PathBuf;

use clap::Parser;

use crate::bridge::Profile;

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
    /// The profile that these options name.
    pub fn into_profile(self) -> Profile {
        Profile { name: self.profile, data_dir: self.data_dir }
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
