//! Bars and sparklines made of characters.

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// `━━━━╸───`: the share, 0 to 1, of a line of characters.
pub(super) fn bar(share: f64, width: usize) -> String {
    let halves = (share.clamp(0.0, 1.0) * width as f64 * 2.0).round() as usize;
    let (full, half) = (halves / 2, halves % 2);
    "━".repeat(full) + if half == 1 { "╸" } else { "" } + &"─".repeat(width - full - half)
}

/// A course of values, each a character as high as the value lies between the least and the greatest of those shown: all of them,
/// or so many at even distances, the last among them.
pub(super) fn sparkline(values: &[f64], width: usize) -> String {
    let count = values.len().min(width);
    let shown: Vec<f64> = (1..=count).map(|place| values[place * values.len() / count - 1]).collect();
    let finite = || shown.iter().copied().filter(|value| value.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let level = |value: &f64| match (value.is_finite(), high > low) {
        (false, _) => ' ',
        (true, false) => LEVELS[3],
        (true, true) => LEVELS[((value - low) / (high - low) * 7.0).round() as usize],
    };
    shown.iter().map(level).collect()
}

/// A text of at most so many characters, its end replaced by `…` where it is longer.
pub(super) fn fitted(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).take(width).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_wide_as_it_is_told_and_grows_by_halves() {
        let bars = [0.0, 0.1, 0.5, 0.99, 1.0, 7.0].map(|share| bar(share, 5));
        assert_eq!(bars, ["─────", "╸────", "━━╸──", "━━━━━", "━━━━━", "━━━━━"]);
    }

    #[test]
    fn a_sparkline_shows_the_whole_course_between_its_extremes() {
        assert_eq!(sparkline(&[0.5, 0.75, 1.0], 8), "▁▅█");
        assert_eq!(sparkline(&[9.0, 0.5, 9.0, 0.75, 9.0, 1.0], 3), "▁▅█");
        assert_eq!(sparkline(&[0.5, f64::NAN, 0.5], 8), "▄ ▄");
        assert_eq!(sparkline(&[], 8), "");
    }

    #[test]
    fn a_text_that_is_too_long_ends_in_dots() {
        assert_eq!(["cats", "dogs-and-cats", "x"].map(|text| fitted(text, 6)), ["cats", "dogs-…", "x"]);
        assert_eq!(fitted("abc", 0), "");
    }
}
