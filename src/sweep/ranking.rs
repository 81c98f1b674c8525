//! Which points are best.

use super::measure::cost;
use super::outcome::PointOutcome;
use crate::spec::knobs::Metric;

/// A point's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rank {
    /// Counted from 1; points with the same mean have the same.
    pub place: u32,
    /// Whether the point lies within one standard deviation of the best: with so few repeats, either may be the better one.
    pub ties: bool,
}

/// The ranks of points by their mean objective; none for those that are not done.
///
/// A point ties with the best if their means differ by no more than the larger of their standard deviations over the repeats. Without
/// repeats there is no deviation, and only equal means tie.
pub fn ranks(points: &[PointOutcome], metric: Metric) -> Vec<Option<Rank>> {
    let costs: Vec<Option<f64>> =
        points.iter().map(|point| point.objective(metric).map(|value| cost(metric, value))).collect();
    let Some(best) = best(points, metric) else { return vec![None; points.len()] };
    let sd = |point: &PointOutcome| point.best(metric).1.unwrap_or(0.0);
    let (least, spread) = (costs[best].unwrap_or(f64::NAN), sd(&points[best]));
    let rank = |(point, own): (&PointOutcome, &Option<f64>)| {
        let own = (*own)?;
        let place = 1 + costs.iter().flatten().filter(|other| **other < own).count() as u32;
        Some(Rank { place, ties: own - least <= spread.max(sd(point)) })
    };
    points.iter().zip(&costs).map(rank).collect()
}

/// The place in the list of the best point; the first of equals.
pub fn best(points: &[PointOutcome], metric: Metric) -> Option<usize> {
    let known = points.iter().enumerate().filter_map(|(at, point)| Some((at, cost(metric, point.objective(metric)?))));
    known.filter(|(_, cost)| !cost.is_nan()).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::outcome::tests::done;

    #[test]
    fn points_are_ranked_by_mean_and_tie_within_one_deviation_of_the_best() {
        let reached: [&[f64]; 4] = [&[0.75, 1.0], &[0.8125, 0.8125], &[0.5, 0.625], &[0.875, 0.875]];
        let points: Vec<PointOutcome> =
            (1..).zip(reached).map(|(point, accuracies)| done(point, Vec::new(), accuracies)).collect();
        let ranks: Vec<Rank> = ranks(&points, Metric::ValAccuracy).into_iter().flatten().collect();
        assert_eq!(ranks.iter().map(|rank| rank.place).collect::<Vec<_>>(), [1, 3, 4, 1]);
        assert_eq!(ranks.iter().map(|rank| rank.ties).collect::<Vec<_>>(), [true, true, false, true]);
        assert_eq!(best(&points, Metric::ValAccuracy), Some(0), "the first of equals");
    }

    #[test]
    fn a_loss_is_best_where_it_is_least() {
        let points = [done(1, Vec::new(), &[0.5]), done(2, Vec::new(), &[0.6])];
        assert_eq!(best(&points, Metric::ValAccuracy), Some(1));
        assert_eq!(best(&points, Metric::ValLoss), None, "none was measured");
    }
}
