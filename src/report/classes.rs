//! Which class was taken for which: the confusion matrix, and what follows from it for each class.

use super::RunView;

/// Counts of images by the class they belong to (row) and the class they were taken for (column).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    classes: Vec<String>,
    counts: Vec<u64>,
}

/// How well one class is found. Each ratio is none where its denominator is zero.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassScore {
    /// The class.
    pub class: String,
    /// Of the images taken for it, the fraction that belongs to it.
    pub precision: Option<f64>,
    /// Of the images that belong to it, the fraction taken for it.
    pub recall: Option<f64>,
    /// The harmonic mean of both.
    pub f1: Option<f64>,
    /// How many images belong to it.
    pub support: u64,
}

impl Confusion {
    /// Counts a run's predictions. Classes that appear only there are added at the end.
    pub fn of(run: &RunView) -> Self {
        Self::counted(&run.classes, run.predictions.iter().map(|row| (row.label.as_str(), row.predicted.as_str())))
    }

    /// Counts pairs of the class that an image belongs to and the class that it was taken for.
    pub fn counted<'a>(classes: &[String], pairs: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Self {
        let mut classes = classes.to_vec();
        for name in pairs.clone().flat_map(|(label, predicted)| [label, predicted]) {
            if !classes.iter().any(|class| class == name) {
                classes.push(name.to_owned());
            }
        }
        let mut confusion = Self { counts: vec![0; classes.len() * classes.len()], classes };
        pairs.for_each(|(label, predicted)| confusion.count(label, predicted));
        confusion
    }

    fn count(&mut self, label: &str, predicted: &str) {
        let place = |name| self.classes.iter().position(|class| class == name).expect("every name was added above");
        let at = place(label) * self.classes.len() + place(predicted);
        self.counts[at] += 1;
    }

    /// The classes, in order.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// How many images of class `label` were taken for class `predicted` (indices into [`Self::classes`]).
    pub fn get(&self, label: usize, predicted: usize) -> u64 {
        self.counts[label * self.classes.len() + predicted]
    }

    /// How many images belong to a class.
    pub fn support(&self, label: usize) -> u64 {
        (0..self.classes.len()).map(|predicted| self.get(label, predicted)).sum()
    }

    /// Of the images of class `label`, the fraction taken for `predicted`; zero where there are none.
    pub fn share(&self, label: usize, predicted: usize) -> f64 {
        ratio(self.get(label, predicted), self.support(label)).unwrap_or(0.0)
    }

    /// How many images there are.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How many were taken for what they are.
    pub fn right(&self) -> u64 {
        (0..self.classes.len()).map(|class| self.get(class, class)).sum()
    }

    /// Precision, recall and F1 of every class, in order.
    pub fn scores(&self) -> Vec<ClassScore> {
        (0..self.classes.len()).map(|class| self.score(class)).collect()
    }

    fn score(&self, class: usize) -> ClassScore {
        let right = self.get(class, class);
        let taken: u64 = (0..self.classes.len()).map(|label| self.get(label, class)).sum();
        let support = self.support(class);
        ClassScore {
            class: self.classes[class].clone(),
            precision: ratio(right, taken),
            recall: ratio(right, support),
            f1: ratio(2 * right, taken + support),
            support,
        }
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Prediction;

    fn run(pairs: &[(&str, &str)]) -> RunView {
        let row = |(label, predicted): &(&str, &str)| Prediction {
            label: (*label).into(),
            predicted: (*predicted).into(),
            ..Prediction::default()
        };
        RunView {
            classes: vec!["cats".into(), "dogs".into()],
            predictions: pairs.iter().map(row).collect(),
            ..RunView::default()
        }
    }

    #[test]
    fn precision_recall_and_f1_follow_their_definitions() {
        let pairs = [("cats", "cats"), ("cats", "cats"), ("cats", "dogs"), ("dogs", "dogs"), ("dogs", "cats")];
        let scores = Confusion::of(&run(&pairs)).scores();
        assert_eq!(scores[0].precision, Some(2.0 / 3.0));
        assert_eq!(scores[0].recall, Some(2.0 / 3.0));
        assert_eq!(scores[1].f1, Some(0.5));
        assert_eq!(scores[1].support, 2);
    }

    #[test]
    fn a_class_nobody_was_taken_for_has_no_precision() {
        let scores = Confusion::of(&run(&[("cats", "dogs")])).scores();
        assert_eq!(scores[0].precision, None);
        assert_eq!(scores[1].recall, None);
    }

    #[test]
    fn a_class_that_only_the_predictions_name_is_added() {
        assert_eq!(Confusion::of(&run(&[("birds", "dogs")])).classes(), ["cats", "dogs", "birds"]);
    }
}
