//! The build of the user interface: Rust to wasm, bindings, optimisation, then `ui/tools/bundle.mjs` for
//! everything that is JavaScript, style sheet or font. The result is `ui/dist`.
//!
//! Size budgets are checked where the files are written, in the bundle script.

mod order;
mod stamp;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::failure::{Context, Failure, Outcome};
use crate::setup::{npm, wasm};
use crate::{paths, process, say};

/// Builds the UI unless `ui/dist` is already what the sources give.
pub fn build() -> Outcome<()> {
    let start = Instant::now();
    npm::provide()?;
    let toolchain = wasm::provide()?;
    say::step(&format!("Building the UI with {}", toolchain.describe()));
    let module = compile(&toolchain)?;
    let stamp = stamp::of(&[module.clone(), paths::root().join("Cargo.lock")])?;
    if stamp::is_current(&stamp) {
        say::note(&format!("ui/dist is up to date ({})", say::duration(start.elapsed())));
        return Ok(());
    }
    let bound = bind(&module)?;
    optimise(&bound)?;
    let mut bundle = process::command("node");
    bundle.arg(paths::ui().join("tools/bundle.mjs")).arg("--wasm").arg(&bound);
    if !toolchain.is_small() {
        bundle.arg("--larger");
    }
    process::run(&mut bundle)?;
    stamp::record(&stamp)?;
    say::note(&format!("UI built in {}", say::duration(start.elapsed())));
    Ok(())
}

fn compile(toolchain: &wasm::Toolchain) -> Outcome<PathBuf> {
    let mut command = toolchain.cargo_build();
    command.args(["--locked", "--package", "groundplan-ui", "--profile", "wasm"]);
    command.env("CARGO_TARGET_DIR", paths::target_wasm());
    process::run(&mut command)?;
    Ok(paths::target_wasm().join(wasm::TARGET).join("wasm/groundplan-ui.wasm"))
}

/// Runs `groundplan-bindgen`, which this crate builds with its feature `bindgen`.
fn bind(module: &Path) -> Outcome<PathBuf> {
    let bound = paths::target_wasm().join("bound");
    if bound.exists() {
        fs::remove_dir_all(&bound).context(bound.display())?;
    }
    let mut command = process::cargo("run");
    command.args(["--quiet", "--locked", "--package", "xtask", "--features", "bindgen"]);
    command.args(["--bin", "groundplan-bindgen", "--"]).arg(module).arg(&bound);
    process::run(&mut command)?;
    Ok(bound)
}

fn optimise(bound: &Path) -> Outcome<()> {
    for entry in fs::read_dir(bound).context(bound.display())? {
        let module = entry.context(bound.display())?.path();
        if module.extension().is_some_and(|kind| kind == "wasm") {
            optimise_one(&module)?;
        }
    }
    Ok(())
}

fn optimise_one(module: &Path) -> Outcome<()> {
    // The compiler optimised for size already: going further makes the module smaller, but what is sent larger.
    wasm_opt(module, "-O1")?;
    let bytes = fs::read(module).context(module.display())?;
    let named = order::named(&bytes).ok_or_else(|| {
        Failure::new(format!("{} is not what the order of functions can be read from", module.display()))
    })?;
    fs::write(module, named).context(module.display())?;
    wasm_opt(module, "--reorder-functions-by-name")
}

fn wasm_opt(module: &Path, pass: &str) -> Outcome<()> {
    let mut command = process::command("node");
    command.arg(paths::ui().join("node_modules/binaryen/bin/wasm-opt"));
    // What rustc 1.95 emits beyond the first version of WebAssembly; every browser and WebKitGTK 2.50 has it.
    command.args([pass, "--enable-bulk-memory", "--enable-nontrapping-float-to-int", "--enable-sign-ext"]);
    command.args(["--enable-mutable-globals", "--enable-reference-types", "--enable-multivalue"]);
    command.arg(module).arg("-o").arg(module);
    process::run(&mut command)
}
