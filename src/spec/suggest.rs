//! Did-you-mean: the nearest of some words, if one is near enough to be worth naming.

/// The candidate nearest to `written`, if it is near: a typo away, a prefix, or the same word in another spelling.
pub fn nearest<'a>(written: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = normalise(written);
    candidates
        .map(|candidate| (distance(&plain, &normalise(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= tolerance(candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Edits between two words; an abbreviation counts as one edit.
fn distance(written: &str, candidate: &str) -> usize {
    let abbreviates = written.len() >= 3 && (candidate.starts_with(written) || written.starts_with(candidate));
    let edits = strsim::osa_distance(written, candidate);
    if abbreviates { edits.min(1) } else { edits }
}

/// A third of the word may be wrong; in the shortest words, one letter.
fn tolerance(candidate: &str) -> usize {
    (candidate.chars().count() / 3).max(1)
}

/// Case and separators are never what distinguishes two keys.
fn normalise(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_names_the_nearest_word() {
        let keys = ["epochs", "batch_size", "dropout", "lr"];
        assert_eq!(nearest("epchs", keys.into_iter()), Some("epochs"));
        assert_eq!(nearest("batchSize", keys.into_iter()), Some("batch_size"));
        assert_eq!(nearest("drop", keys.into_iter()), Some("dropout"));
    }

    #[test]
    fn a_word_that_resembles_nothing_names_nothing() {
        assert_eq!(nearest("colour", ["epochs", "lr", "l1"].into_iter()), None);
    }
}
