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

/// What points are ranked by: the mean of the objective over their repeats, of points whose repeats are all done. Where there is no such
/// point (a pruner may leave none), over the repeats that are.
pub fn objectives(points: &[PointOutcome], metric: Metric) -> Vec<Option<f64>> {
    let of = |objective: fn(&PointOutcome, Metric) -> Option<f64>| {
        points.iter().map(|point| objective(point, metric)).collect::<Vec<_>>()
    };
    if is_partial(points) { of(PointOutcome::objective_of_done) } else { of(PointOutcome::objective) }
}

/// Whether no point has all of its repeats done, but some point has some.
pub fn is_partial(points: &[PointOutcome]) -> bool {
    let is_whole = |point: &PointOutcome| !point.runs.is_empty() && point.done().count() == point.runs.len();
    !points.iter().any(is_whole) && points.iter().any(|point| point.done().count() > 0)
}

/// The ranks of points by what they are ranked by; none for those that have none.
///
/// A point ties with the best if their means differ by no more than the larger of their standard deviations over the repeats. Without
/// repeats there is no deviation, and only equal means tie.
pub fn ranks(points: &[PointOutcome], metric: Metric) -> Vec<Option<Rank>> {
    let costs: Vec<Option<f64>> =
        objectives(points, metric).into_iter().map(|value| value.map(|value| cost(metric, value))).collect();
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
    let objectives = objectives(points, metric).into_iter().enumerate();
    let known = objectives.filter_map(|(at, objective)| Some((at, cost(metric, objective?))));
    known.filter(|(_, cost)| !cost.is_nan()).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::State;
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
    fn where_no_point_is_whole_those_repeats_count_that_are_done() {
        let mut points =
            [done(1, Vec::new(), &[0.5, 0.9]), done(2, Vec::new(), &[0.6, 0.7]), done(3, Vec::new(), &[0.8])];
        for point in &mut points {
            point.runs.last_mut().and_then(|run| run.run.as_mut()).expect("a run").1 = State::Pruned;
        }
        assert!(is_partial(&points));
        assert_eq!(objectives(&points, Metric::ValAccuracy), [Some(0.5), Some(0.6), None]);
        assert_eq!(best(&points, Metric::ValAccuracy), Some(1));
        let whole = [points.to_vec(), vec![done(4, Vec::new(), &[0.1])]].concat();
        assert!(!is_partial(&whole));
        assert_eq!(best(&whole, Metric::ValAccuracy), Some(3), "a point that is whole comes before all that are not");
    }

    #[test]
    fn a_loss_is_best_where_it_is_least() {
        let points = [done(1, Vec::new(), &[0.5]), done(2, Vec::new(), &[0.6])];
        assert_eq!(best(&points, Metric::ValAccuracy), Some(1));
        assert_eq!(best(&points, Metric::ValLoss), None, "none was measured");
    }
}
