//! `account second-factor`: the authenticator that sign-ins to the account need.

use std::sync::Arc;

use clap::Subcommand;
use groundplan_shared::api::{
    ApiError, Hidden, SecondFactorBeginParams, SecondFactorConfirmParams, SecondFactorRemoveParams,
    SecondFactorStatus, SecondFactorStatusParams,
};

use super::output::Output;
use crate::dispatch::Caller;
use crate::runtime::App;

const EXAMPLES: &str = "\
Examples:
  groundplan account second-factor begin
      Prints a secret for an authenticator app
  groundplan account second-factor confirm 123456
      From now on sign-ins need a code: groundplan login SERVER NAME --code 234567";

/// What to do with the account.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Show, set up or remove the code that sign-ins need
    #[command(after_help = EXAMPLES)]
    SecondFactor {
        /// What to do
        #[command(subcommand)]
        command: Option<SecondFactorCommand>,
    },
}

/// What to do with the second factor; without a word it is shown.
#[derive(Debug, Subcommand)]
pub enum SecondFactorCommand {
    /// Make a secret for an authenticator; nothing changes until a code of it is confirmed
    Begin,
    /// Give the first code; sign-ins need one from then on
    Confirm {
        /// Six digits
        code: String,
    },
    /// Remove it, given one more code
    Remove {
        /// Six digits
        code: String,
    },
}

pub(super) async fn run(
    app: &Arc<App>,
    command: &Option<SecondFactorCommand>,
    output: &Output,
) -> Result<(), ApiError> {
    let by = Caller::CommandLine;
    let status = match command {
        Some(SecondFactorCommand::Begin) => {
            let setup = app.run(by, SecondFactorBeginParams {}).await?;
            output.answer(&setup, |setup| {
                format!(
                    "Give this secret to your authenticator app: {}\nor open {}\n\
                     Then: groundplan account second-factor confirm CODE",
                    setup.secret.0, setup.uri.0
                )
            });
            return Ok(());
        }
        Some(SecondFactorCommand::Confirm { code }) => {
            app.run(by, SecondFactorConfirmParams { code: Hidden(code.clone()) }).await?
        }
        Some(SecondFactorCommand::Remove { code }) => {
            app.run(by, SecondFactorRemoveParams { code: Hidden(code.clone()) }).await?
        }
        None => app.run(by, SecondFactorStatusParams {}).await?,
    };
    output.answer(&status, words);
    Ok(())
}

fn words(status: &SecondFactorStatus) -> String {
    match (status.enabled, status.proven) {
        (true, true) => "Sign-ins to this account need a code; this device's brought one.",
        (true, false) => "Sign-ins to this account need a code; this device signed in before that.",
        (false, _) => "Sign-ins to this account need the password only.",
    }
    .to_owned()
}
