//! The comment above a key, which is where compose files say what a service is for.

/// Lines of a file, to look comments up in.
pub(super) struct Comments(Vec<String>);

const LONGEST: usize = 2_000;

impl Comments {
    pub(super) fn of(text: &str) -> Self {
        Self(text.lines().map(str::to_owned).collect())
    }

    /// Returns the comment that ends on the line above `line` (counted from 1) with the same indentation; empty
    /// where there is none. Banners and commented-out YAML are left out.
    pub(super) fn above(&self, line: u32) -> String {
        let at = (line as usize).saturating_sub(1);
        let indent = |line: &str| line.len() - line.trim_start().len();
        let Some(own) = self.0.get(at).map(|line| indent(line)) else { return String::new() };
        let above = self.0.get(..at).unwrap_or_default().iter().rev();
        let mut lines: Vec<&str> = above
            .take_while(|line| indent(line) == own && line.trim_start().starts_with('#'))
            .map(|line| line.trim())
            .take_while(|line| !is_banner(line))
            .map(|line| line.trim_start_matches('#').trim())
            .take(40)
            .collect();
        lines.reverse();
        if lines.iter().any(|line| is_yaml(line)) {
            return String::new();
        }
        lines.join("\n").trim().chars().take(LONGEST).collect()
    }
}

fn is_banner(line: &str) -> bool {
    line.starts_with("##") || !line.chars().any(char::is_alphanumeric) && line.len() > 1
}

fn is_yaml(line: &str) -> bool {
    let key = line.trim_start_matches("- ").split_once(':');
    line.starts_with("- ")
        || key.is_some_and(|(key, rest)| {
            (rest.is_empty() || rest.starts_with(' '))
                && key.chars().next().is_some_and(|c| c.is_ascii_lowercase())
                && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_found() {
        let text = "a:\n  # ####\n  # Title of a part\n  #######\n  # Feeds events.\n  # Twice.\n  b:\n  # old:\n  #   image: x\n  c:\n# other\n  d:\n";
        let comments = Comments::of(text);
        assert_eq!(comments.above(7), "Feeds events.\nTwice.");
        assert_eq!(comments.above(10), "");
        assert_eq!(comments.above(12), "");
        assert_eq!(comments.above(1), "");
        assert_eq!(comments.above(99), "");
    }
}
