//! Generates what Tauri needs at compile time, and makes sure that there is a page to embed.
//!
//! The UI itself is built by `cargo xtask ui`. Without it the shell still compiles, so that checks work on a clean
//! checkout; it then embeds a page that says how to build the real one.

use std::error::Error;
use std::fs;
use std::path::Path;

use tauri_build::{AppManifest, Attributes};

const PLACEHOLDER: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Groundplan</title>\
<body><h1>The user interface is not built</h1><p>Run <code>cargo xtask ui</code>, then build again.</p>\n";

fn main() -> Result<(), Box<dyn Error>> {
    let page = Path::new("../ui/dist/index.html");
    println!("cargo:rerun-if-changed=../ui/dist");
    if !page.is_file() {
        fs::create_dir_all("../ui/dist")?;
        fs::write(page, PLACEHOLDER)?;
        println!(
            "cargo:warning=ui/dist was empty: the window will only say so. Build the UI with `cargo xtask ui`."
        );
    }
    // Naming the commands makes them subject to capabilities; unnamed ones any window could call.
    let commands = AppManifest::new().commands(&["call", "pick"]);
    Ok(tauri_build::try_build(Attributes::new().app_manifest(commands))?)
}
