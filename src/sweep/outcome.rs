//! How the points of a sweep came out, read from their runs.

use super::error::SweepError;
use super::index::{FrozenPoint, Index, Task};
use super::measure::{self, METRICS, mean_and_sd};
use crate::clock::Moment;
use crate::runs::{MetricsRow, RunDir, Runs, State};
use crate::spec::knobs::Metric;
use crate::spec::sweep::Point;

/// How a run of a point stands.
#[derive(Clone, Debug)]
pub struct TaskOutcome {
    /// The run that was set aside for.
    pub task: Task,
    /// The run and its state as it is now; `None`: there is none yet.
    pub run: Option<(RunDir, State)>,
    /// Its epochs so far.
    pub rows: Vec<MetricsRow>,
    /// Seconds of work.
    pub seconds: f64,
}

/// How a point stands.
#[derive(Clone, Debug)]
pub struct PointOutcome {
    /// Counted from 1.
    pub point: u32,
    /// The settings that it replaces.
    pub values: Point,
    /// Its runs.
    pub runs: Vec<TaskOutcome>,
}

impl TaskOutcome {
    /// Reads how a run stands; `list` are all runs of the name.
    pub fn read(runs: &Runs, list: &[RunDir], task: &Task) -> Result<Self, SweepError> {
        let run = runs.find_among(list, &task.identity);
        let rows = run.as_ref().map_or(Ok(Vec::new()), |(run, _)| run.metrics())?;
        let seconds = run.as_ref().map_or(0.0, |(run, _)| seconds(run));
        Ok(Self { task: *task, run, rows, seconds })
    }

    /// Its state.
    pub fn state(&self) -> Option<State> {
        self.run.as_ref().map(|(_, state)| *state)
    }

    /// When its run was last known to be there, if its status can be read.
    pub fn last_sign(&self) -> Option<Moment> {
        self.run.as_ref().and_then(|(run, _)| run.status().ok()).map(|status| status.heartbeat)
    }
}

/// Seconds of work of a run that is done, or from its beginning to its end.
fn seconds(run: &RunDir) -> f64 {
    match (run.summary(), run.status()) {
        (Ok(Some(summary)), _) => summary.seconds,
        (_, Ok(status)) => status.finished.unwrap_or(status.heartbeat).since(status.started).as_secs_f64(),
        _ => 0.0,
    }
}

/// How all points of a sweep stand.
pub fn outcomes(runs: &Runs, index: &Index) -> Result<Vec<PointOutcome>, SweepError> {
    let list = runs.list(Some(&index.name))?;
    let point = |point: &FrozenPoint| {
        let read = point.tasks.iter().map(|task| TaskOutcome::read(runs, &list, task));
        let outcomes: Result<Vec<_>, _> = read.collect();
        Ok(PointOutcome { point: point.point, values: point.values.clone(), runs: outcomes? })
    };
    index.points.iter().map(point).collect()
}

impl PointOutcome {
    /// The state of a point is that of its runs; where they differ, the first of these that one of them has: failed, diverged, running,
    /// interrupted, missing, pruned, done.
    pub fn state(&self) -> Option<State> {
        let order = [
            Some(State::Failed),
            Some(State::Diverged),
            Some(State::Running),
            Some(State::Interrupted),
            None,
            Some(State::Pruned),
            Some(State::Done),
        ];
        order.into_iter().find(|state| self.runs.iter().any(|run| run.state() == *state)).flatten()
    }

    /// The runs that are done.
    pub fn done(&self) -> impl Iterator<Item = &TaskOutcome> {
        self.runs.iter().filter(|run| run.state() == Some(State::Done))
    }

    /// The values of the runs that came to an end, pruned ones included: after the last epoch, and at the best one.
    fn values_of(&self, metric: Metric, of: fn(&[MetricsRow], Metric) -> Option<f64>) -> Vec<f64> {
        let ended = self.runs.iter().filter(|run| matches!(run.state(), Some(State::Done | State::Pruned)));
        ended.filter_map(|run| of(&run.rows, metric)).collect()
    }

    /// Mean and standard deviation over the repeats of a metric after the last epoch.
    pub fn last(&self, metric: Metric) -> (Option<f64>, Option<f64>) {
        mean_and_sd(&self.values_of(metric, measure::last))
    }

    /// Mean and standard deviation over the repeats of a metric at its best epoch.
    pub fn best(&self, metric: Metric) -> (Option<f64>, Option<f64>) {
        mean_and_sd(&self.values_of(metric, measure::best))
    }

    /// The mean over the repeats that are done of the objective at its best epoch.
    pub fn objective_of_done(&self, metric: Metric) -> Option<f64> {
        let values: Vec<f64> = self.done().filter_map(|run| measure::best(&run.rows, metric)).collect();
        mean_and_sd(&values).0
    }

    /// The mean over its repeats of the objective at its best epoch; none unless all of them are done.
    pub fn objective(&self, metric: Metric) -> Option<f64> {
        let all = !self.runs.is_empty() && self.done().count() == self.runs.len();
        self.best(metric).0.filter(|_| all)
    }

    /// Every metric of `trials.csv`, in its order: final and best, mean and sd.
    pub fn metrics(&self) -> Vec<Option<f64>> {
        let pair = |(mean, sd): (Option<f64>, Option<f64>)| [mean, sd];
        let last = METRICS.iter().flat_map(|metric| pair(self.last(*metric)));
        let best = METRICS.iter().flat_map(|metric| pair(self.best(*metric)));
        last.chain(best).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;

    use super::*;
    use crate::digest::Digest;
    use crate::runs::Identity;

    /// A point whose runs are done and reached these validation accuracies.
    pub fn done(point: u32, values: Point, accuracies: &[f64]) -> PointOutcome {
        let digest = Digest::of(b"anything");
        let run = |(seed, accuracy): (usize, &f64)| TaskOutcome {
            task: Task { point, seed: seed as u64, number: 1, identity: Identity { spec: digest, whole: digest } },
            run: RunDir::at(Path::new("/runs/a/0001-deadbeef")).map(|run| (run, State::Done)),
            rows: vec![MetricsRow {
                stage: "top".to_owned(),
                epoch: 0,
                accuracy: 0.5,
                loss: 0.5,
                val_accuracy: Some(*accuracy),
                val_loss: None,
                learning_rate: 0.1,
            }],
            seconds: 1.0,
        };
        PointOutcome { point, values, runs: accuracies.iter().enumerate().map(run).collect() }
    }

    #[test]
    fn a_point_is_what_its_worst_run_is() {
        let mut point = done(1, Point::new(), &[0.75, 0.5]);
        assert_eq!((point.state(), point.objective(Metric::ValAccuracy)), (Some(State::Done), Some(0.625)));
        point.runs[1].run.as_mut().expect("a run").1 = State::Failed;
        assert_eq!((point.state(), point.objective(Metric::ValAccuracy)), (Some(State::Failed), None));
        point.runs[1].run = None;
        assert_eq!(point.state(), None);
    }
}
