//! Finding actions and names by a few letters, in order but not necessarily side by side.

/// Says how well a text fits what was typed: higher is better, none if it does not fit.
///
/// Letters at the start of words and runs of letters count more; long texts count a little less.
pub fn score(typed: &str, text: &str) -> Option<u32> {
    let wanted: Vec<char> = typed.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    if wanted.is_empty() {
        return Some(1);
    }
    let letters: Vec<char> = text.to_lowercase().chars().collect();
    // Best score of a match of the first letters that ends exactly at a place.
    let mut before: Vec<Option<u32>> = Vec::new();
    for (step, letter) in wanted.iter().enumerate() {
        let mut here: Vec<Option<u32>> = vec![None; letters.len()];
        let mut best: Option<u32> = None;
        for at in 0..letters.len() {
            if step > 0 && at > 0 {
                best = best.max(before.get(at - 1).copied().flatten());
            }
            if letters[at] != *letter {
                continue;
            }
            let starts = at == 0 || !letters[at - 1].is_alphanumeric();
            let own = if starts { 12 } else { 2 };
            here[at] = if step == 0 {
                Some(own)
            } else {
                let run =
                    at.checked_sub(1).and_then(|previous| before[previous]).map(|score| score + own + 14);
                run.max(best.map(|score| score + own))
            };
        }
        before = here;
    }
    let best = before.into_iter().flatten().max()?;
    let exact = if letters.len() == wanted.len() { 40 } else { 0 };
    let length = u32::try_from(letters.len().min(60)).unwrap_or(60);
    Some(best * 4 + exact + 60 - length)
}

/// Ranks items by how well their texts fit; equally good ones keep their order.
pub fn rank<T>(typed: &str, items: impl IntoIterator<Item = T>, text: impl Fn(&T) -> String) -> Vec<T> {
    let mut scored: Vec<(u32, T)> =
        items.into_iter().filter_map(|item| score(typed, &text(&item)).map(|score| (score, item))).collect();
    super::order::by(&mut scored, |a, b| a.0 > b.0);
    scored.into_iter().map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_must_occur_in_order() {
        assert!(score("nel", "New element").is_some());
        assert!(score("lne", "New element").is_none());
        assert!(score("", "anything").is_some());
        assert!(score("x", "").is_none());
        assert!(score("ÖL", "Ölpumpe").is_some());
    }

    #[test]
    fn starts_of_words_and_runs_come_first() {
        let texts = ["Open settings", "New element", "Now in development", "New page"];
        assert_eq!(rank("ne", texts, |text| (*text).to_owned())[0], "New page");
        assert_eq!(rank("newel", texts, |text| (*text).to_owned())[0], "New element");
        assert_eq!(rank("set", texts, |text| (*text).to_owned())[0], "Open settings");
        assert_eq!(rank("", texts, |text| (*text).to_owned()), texts);
    }
}
