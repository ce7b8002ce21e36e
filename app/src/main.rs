//! The binary `groundplan`: command line and local agent. Everything is in the library's `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(groundplan_app::cli::main())
}
