//! Which images are worth a look: the mistakes that were made with most confidence, and the least certain right answers.

use super::{Prediction, RunView};

/// Wrong predictions, the most confident first; at most `limit`. Equals stand in order of their paths.
pub fn confident_mistakes(run: &RunView, limit: usize) -> Vec<&Prediction> {
    let mut rows: Vec<_> = run.predictions.iter().filter(|row| row.label != row.predicted).collect();
    rows.sort_by(|left, right| right.probability.total_cmp(&left.probability).then_with(|| left.path.cmp(&right.path)));
    rows.truncate(limit);
    rows
}

/// Right predictions, the least certain first; at most `limit`. Equals stand in order of their paths.
pub fn uncertain_answers(run: &RunView, limit: usize) -> Vec<&Prediction> {
    let mut rows: Vec<_> = run.predictions.iter().filter(|row| row.label == row.predicted).collect();
    rows.sort_by(|left, right| left.probability.total_cmp(&right.probability).then_with(|| left.path.cmp(&right.path)));
    rows.truncate(limit);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> RunView {
        let row = |(path, predicted, probability): (&str, &str, f64)| Prediction {
            path: path.into(),
            label: "cats".into(),
            predicted: predicted.into(),
            probability,
        };
        let rows =
            [("a", "cats", 0.9), ("b", "dogs", 0.6), ("c", "dogs", 0.99), ("d", "cats", 0.51), ("e", "dogs", 0.99)];
        RunView { predictions: rows.map(row).to_vec(), ..RunView::default() }
    }

    #[test]
    fn the_most_confident_mistakes_come_first() {
        let run = run();
        let paths: Vec<_> = confident_mistakes(&run, 2).iter().map(|row| row.path.as_str()).collect();
        assert_eq!(paths, ["c", "e"]);
    }

    #[test]
    fn the_least_certain_right_answers_come_first() {
        let run = run();
        let paths: Vec<_> = uncertain_answers(&run, 9).iter().map(|row| row.path.as_str()).collect();
        assert_eq!(paths, ["d", "a"]);
    }
}
