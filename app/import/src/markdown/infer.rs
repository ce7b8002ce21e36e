//! What kind of page a Markdown file is: front matter first, then file name, folders and headings.

use groundplan_shared::model::PageKind;

use crate::links::Heading;
use crate::tree::path;

/// Infers the kind of a page. `folders` are those of its path and the name of the source.
pub(super) fn kind(declared: Option<&str>, source: &str, file: &str, headings: &[Heading]) -> PageKind {
    match declared.map(str::to_lowercase).as_deref() {
        Some("adr" | "decision" | "decision-record") => return PageKind::Adr,
        Some("runbook" | "playbook") => return PageKind::Runbook,
        Some("postmortem" | "post-mortem" | "incident-review") => return PageKind::Postmortem,
        _ => {}
    }
    let has = |names: &[&str]| headings.iter().filter(|h| names.iter().any(|name| is(h, name))).count();
    let decision = has(&["decision", "decision outcome", "considered options", "consequences"]);
    let numbered = path::name(file).chars().take_while(char::is_ascii_digit).count() >= 3;
    if (numbered && has(&["status"]) > 0 && decision > 0)
        || (decision >= 2 && (numbered || has(&["status"]) > 0))
    {
        return PageKind::Adr;
    }
    let lower = path::folder(file).to_lowercase();
    let in_folder = |names: &[&str]| {
        let source = source.to_lowercase();
        let mut parts = lower.split('/').chain(std::iter::once(source.as_str()));
        parts.any(|part| part.split(['-', '_', ' ', '.']).any(|word| names.contains(&word)))
    };
    let review = has(&["root cause", "root causes", "timeline", "lessons learned", "action items"]);
    if review >= 2 || (review >= 1 && in_folder(&["postmortem", "postmortems", "incidents"])) {
        return PageKind::Postmortem;
    }
    let steps = has(&[
        "meaning",
        "impact",
        "diagnosis",
        "mitigation",
        "troubleshooting",
        "resolution",
        "steps",
        "verification",
    ]);
    if steps >= 2 || (steps >= 1 && in_folder(&["runbook", "runbooks", "playbook", "playbooks", "alerts"])) {
        return PageKind::Runbook;
    }
    let front_page = matches!(path::stem(file).to_lowercase().as_str(), "readme" | "index");
    if in_folder(&["runbook", "runbooks", "playbook", "playbooks"]) && !front_page {
        return PageKind::Runbook;
    }
    PageKind::Doc
}

fn is(heading: &Heading, name: &str) -> bool {
    heading.text.trim().trim_end_matches(':').eq_ignore_ascii_case(name)
}

/// Reads the status of a decision: front matter, or the first word below the heading `Status`.
pub(super) fn status(declared: Option<&str>, body: &str, headings: &[Heading]) -> Option<&'static str> {
    let heading = headings.iter().find(|heading| is(heading, "status"));
    let below = heading.and_then(|heading| body.get(heading.end..)).unwrap_or_default();
    let text = declared.unwrap_or(below).trim_start();
    let word: String =
        text.chars().skip_while(|c| !c.is_alphanumeric()).take_while(|c| c.is_alphabetic()).collect();
    let word = word.to_lowercase();
    ["proposed", "accepted", "rejected", "deprecated", "superseded"].into_iter().find(|known| *known == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::links::scan;

    fn of(source: &str, file: &str, body: &str) -> PageKind {
        kind(None, source, file, &scan(body).headings)
    }

    #[test]
    fn kinds_are_inferred() {
        let adr = "# 1. X\n## Status\nSuperseded by 2\n## Context\n## Decision\n";
        assert_eq!(of("docs", "adr/0001-x.md", adr), PageKind::Adr);
        assert_eq!(status(None, adr, &scan(adr).headings), Some("superseded"));
        assert_eq!(status(Some("Accepted"), adr, &scan(adr).headings), Some("accepted"));
        assert_eq!(of("docs", "x.md", "# X\n## Meaning\n## Impact\n"), PageKind::Runbook);
        assert_eq!(of("sre-runbooks", "db/restore.md", "# X\n"), PageKind::Runbook);
        assert_eq!(of("sre-runbooks", "README.md", "# X\n"), PageKind::Doc);
        assert_eq!(of("docs", "x.md", "# X\n## Timeline\n## Root cause:\n"), PageKind::Postmortem);
        assert_eq!(of("docs", "2023-09-12 Meeting.md", "# X\n## Status\n"), PageKind::Doc);
        assert_eq!(kind(Some("ADR"), "docs", "x.md", &[]), PageKind::Adr);
    }
}
