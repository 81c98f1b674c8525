//! Did-you-mean: the nearest of some words, if one is near enough to be worth naming.

/// What people write who know the thing by another name.
const ALIASES: [(&str, &str); 14] = [
    ("learningrate", "lr"),
    ("optimiser", "optimizer"),
    ("augmentation", "augment"),
    ("imagesize", "target_size"),
    ("size", "target_size"),
    ("val", "validation"),
    ("validationsplit", "validation_fraction"),
    ("classweight", "class_weights"),
    ("validationloss", "val_loss"),
    ("validationaccuracy", "val_accuracy"),
    ("acc", "accuracy"),
    ("units", "hidden"),
    ("weightdecay", "l2"),
    ("frozen", "frozen_layers"),
];

/// The candidate nearest to `written`, if it is near: a typo away, a prefix, or the same word in another spelling.
pub fn nearest<'a>(written: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = normalise(written);
    let candidates: Vec<&str> = candidates.collect();
    let alias = ALIASES.iter().find(|(other, _)| *other == plain).map(|(_, word)| *word);
    if let Some(known) = alias.and_then(|word| candidates.iter().find(|candidate| **candidate == word)) {
        return Some(known);
    }
    candidates
        .into_iter()
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
