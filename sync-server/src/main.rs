//! The `groundplan-server` binary. Everything it does lives in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    groundplan_server::cli::main()
}
