//! The command line of `xtask`: words in, one [`Verb`] out.
//!
//! Nothing is looked up or run here.

use std::path::PathBuf;

use crate::failure::{Failure, Outcome};
use crate::simulate::SimulateOptions;

/// What `cargo xtask --help` prints.
pub const HELP: &str = "\
Set-up, builds, launch and checks of Groundplan.

Usage: cargo xtask <command>

Commands:
  run                Build everything, start the server and open the app; Ctrl-C stops all
    --browser          Open in the browser instead of a desktop window
    --check            No window: import, draw and synchronise two devices, print the figures
    --data-dir <dir>   Keep the data of server and app here instead of the usual places
    --release          Optimise the programs (a longer build)
  test [part…]       Run all checks, or the named parts: lint unit simulation stories browser window
  simulate           Play simulated histories of synchronisation; prints a failing seed with its trace
    --histories <n>    How many (1000)
    --seed <n>         The first one's seed (1)
  ui                 Build the user interface into ui/dist
  setup              Install everything that building and testing need
  fmt                Format the Rust code
  help               Print this

Everything that is not source is kept below ~/.cache/groundplan (GROUNDPLAN_CACHE moves it).

Examples:
  cargo xtask run
  cargo xtask test unit
  cargo xtask simulate --histories 20000 --seed 1
  cargo xtask run --check";

/// One command of `xtask`.
#[derive(Debug, PartialEq, Eq)]
pub enum Verb {
    /// Print the help text.
    Help,
    /// Install what is missing.
    Setup,
    /// Build the UI payload.
    Ui,
    /// Format the code.
    Format,
    /// Launch the product.
    Run(RunOptions),
    /// Play simulated histories.
    Simulate(SimulateOptions),
    /// Run the checks; an empty list means all parts.
    Test(Vec<Part>),
}

/// How to launch.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RunOptions {
    /// Perform the headless check instead of opening a window.
    pub check: bool,
    /// Open in the browser even where a window could be opened.
    pub browser: bool,
    /// Build with optimisation.
    pub release: bool,
    /// Where server and app keep their data.
    pub data_dir: Option<PathBuf>,
}

/// A part of the test run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Formatting, clippy, dependencies, types of the editor.
    Lint,
    /// Tests inside the crates, and documentation tests.
    Unit,
    /// Simulated histories of synchronisation.
    Simulation,
    /// Stories across processes.
    Stories,
    /// The UI in Chromium.
    Browser,
    /// The UI in a real desktop window.
    Window,
}

impl Part {
    /// All parts in the order in which they run.
    pub const ALL: [Part; 6] =
        [Part::Lint, Part::Unit, Part::Simulation, Part::Stories, Part::Browser, Part::Window];

    fn parse(word: &str) -> Outcome<Vec<Part>> {
        Ok(match word {
            "all" => Part::ALL.to_vec(),
            "lint" => vec![Part::Lint],
            "unit" => vec![Part::Unit],
            "simulation" => vec![Part::Simulation],
            "stories" => vec![Part::Stories],
            "browser" => vec![Part::Browser],
            "window" => vec![Part::Window],
            _ => return Err(unknown("part of the tests", word)),
        })
    }
}

/// Reads the words after `cargo xtask`.
pub fn parse(words: &[String]) -> Outcome<Verb> {
    let mut words = words.iter().map(String::as_str);
    let verb = match words.next() {
        None | Some("help" | "--help" | "-h") => return Ok(Verb::Help),
        Some("setup") => Verb::Setup,
        Some("ui") => Verb::Ui,
        Some("fmt") => Verb::Format,
        Some("simulate") => return simulate_options(words).map(Verb::Simulate),
        Some("run") => return run_options(words).map(Verb::Run),
        Some("test") => {
            let parts: Vec<Vec<Part>> = words.map(Part::parse).collect::<Outcome<_>>()?;
            return Ok(Verb::Test(parts.concat()));
        }
        Some(other) => return Err(unknown("command", other)),
    };
    match words.next() {
        None => Ok(verb),
        Some(extra) => Err(unknown("argument", extra)),
    }
}

fn run_options<'a>(mut words: impl Iterator<Item = &'a str>) -> Outcome<RunOptions> {
    let mut options = RunOptions::default();
    while let Some(word) = words.next() {
        match word {
            "--check" => options.check = true,
            "--browser" => options.browser = true,
            "--release" => options.release = true,
            "--data-dir" => match words.next() {
                Some(folder) => options.data_dir = Some(PathBuf::from(folder)),
                None => return Err(Failure::new("--data-dir needs a folder after it")),
            },
            other => return Err(unknown("option of run", other)),
        }
    }
    Ok(options)
}

fn simulate_options<'a>(mut words: impl Iterator<Item = &'a str>) -> Outcome<SimulateOptions> {
    let mut options = SimulateOptions::default();
    while let Some(word) = words.next() {
        let number = match word {
            "--histories" => &mut options.histories,
            "--seed" => &mut options.seed,
            other => return Err(unknown("option of simulate", other)),
        };
        let given = words.next().and_then(|text| text.parse().ok());
        *number = given.ok_or_else(|| Failure::new(format!("{word} needs a number after it")))?;
    }
    Ok(options)
}

fn unknown(what: &str, word: &str) -> Failure {
    Failure::new(format!("unknown {what} `{word}`; `cargo xtask help` lists what there is"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Option<Verb>) {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        assert_eq!(parse(&words).ok(), expected, "{line}");
    }

    #[test]
    fn command_lines() {
        check("", Some(Verb::Help));
        check("--help", Some(Verb::Help));
        check("ui", Some(Verb::Ui));
        check("ui now", None);
        check("test", Some(Verb::Test(vec![])));
        check("test unit window", Some(Verb::Test(vec![Part::Unit, Part::Window])));
        check("test everything", None);
        let check_in = RunOptions { check: true, data_dir: Some("/d".into()), ..RunOptions::default() };
        check("run --check --data-dir /d", Some(Verb::Run(check_in)));
        check("run --data-dir", None);
        let options = SimulateOptions { histories: 50, seed: 7 };
        check("simulate --histories 50 --seed 7", Some(Verb::Simulate(options)));
        check("simulate --seed", None);
        check("simulate --seed x", None);
        check("build", None);
    }
}
