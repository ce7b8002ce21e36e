//! Makes the JavaScript bindings of a compiled UI module: `groundplan-bindgen <module.wasm> <folder>`.
//!
//! A library call instead of the `wasm-bindgen` program: Cargo.lock then pins both sides to the same version.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

#[expect(clippy::print_stderr, reason = "a command-line tool reports on standard error")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, folder] = arguments.as_slice() else {
        eprintln!("usage: groundplan-bindgen <module.wasm> <folder>");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name("groundplan_ui").typescript(false).remove_producers_section(true);
    bindgen.remove_name_section(true);
    match bindgen.web(true).and_then(|bindgen| bindgen.generate(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("could not make bindings for {module}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
