//! The one place where `xtask` prints.
//!
//! What belongs in a log file or comes from a child process does not pass through here: children write to the
//! terminal themselves.

use std::time::Duration;

/// Announces a step that is about to start.
pub fn step(text: &str) {
    line(&format!("==> {text}"));
}

/// Prints one line of detail below a step.
pub fn note(text: &str) {
    line(&format!("    {text}"));
}

/// Prints one line as it is.
#[expect(clippy::print_stdout, reason = "a command-line tool talks on standard output")]
pub fn line(text: &str) {
    println!("{text}");
}

/// Prints a problem on standard error.
#[expect(clippy::print_stderr, reason = "problems belong on standard error")]
pub fn problem(text: &str) {
    eprintln!("xtask: {text}");
}

/// Renders a duration for people: `0.4 s`, `12 s`, `3 min 05 s`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(Duration::from_millis(420)), "0.4 s");
        assert_eq!(duration(Duration::from_secs(12)), "12 s");
        assert_eq!(duration(Duration::from_secs(185)), "3 min 05 s");
    }
}
