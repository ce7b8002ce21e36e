//! Splits a compiled UI module into what is needed first and what is loaded on demand, and makes the JavaScript
//! bindings: `groundplan-bindgen <module.wasm> <folder>`.
//!
//! Library calls instead of the programs: Cargo.lock then pins all sides to the same versions.

use std::path::Path;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

#[expect(clippy::print_stderr, reason = "a command-line tool reports on standard error")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, folder] = arguments.as_slice() else {
        eprintln!("usage: groundplan-bindgen <module.wasm> <folder>");
        return ExitCode::from(2);
    };
    match make(Path::new(module), Path::new(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("could not make bindings for {module}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn make(module: &Path, folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let input = std::fs::read(module).map_err(|error| error.to_string())?;
    let main = folder.join("main.wasm");
    let mut split = wasm_split_cli_support::Options::new(&input);
    split.output_dir = folder;
    split.main_out_path = &main;
    split.main_module = "./groundplan_ui.js";
    wasm_split_cli_support::transform(split).map_err(|error| format!("{error:#}"))?;
    let mut bindgen = Bindgen::new();
    bindgen.input_path(&main).out_name("groundplan_ui").typescript(false).remove_producers_section(true);
    // The other modules call the first through its table.
    bindgen.remove_name_section(true).keep_lld_exports(true);
    bindgen.web(true).and_then(|bindgen| bindgen.generate(folder)).map_err(|error| format!("{error:#}"))?;
    std::fs::remove_file(&main).map_err(|error| error.to_string())
}
