//! Where the tasks of a submission come from: a sweep that is frozen, or, to look beforehand, one that is not.

use std::sync::Arc;

use crate::clock::Clock;
use crate::runs::Runs;
use crate::spec::Experiment;
use crate::spec::model::Sweep;
use crate::stages::{Prepared, Shares};
use crate::sweep::draft::{Draft, DraftPoint};
use crate::sweep::error::SweepError;
use crate::sweep::index::Task;
use crate::sweep::session::{Options, Session};

/// A sweep's tasks, and what they read.
pub(super) trait Source {
    /// The experiment with its `[sweep]`.
    fn base(&self) -> (&Experiment, &Sweep);
    /// How the sweep is to be carried out.
    fn options(&self) -> &Options;
    /// Where the runs are, and the time.
    fn runs(&self) -> (&Runs, &Arc<dyn Clock>);
    /// All tasks that are known so far.
    fn tasks(&self) -> Vec<Task>;
    /// What a task's experiment reads.
    fn prepared(&self, task: &Task) -> Result<Prepared, SweepError>;
    /// What a task shares with others; none where it cannot be told, which its run then says.
    fn shares(&self, task: &Task) -> Option<Shares>;
}

impl Source for Session<'_> {
    fn base(&self) -> (&Experiment, &Sweep) {
        (self.base, self.sweep)
    }

    fn options(&self) -> &Options {
        &self.options
    }

    fn runs(&self) -> (&Runs, &Arc<dyn Clock>) {
        (self.tools.runs, self.tools.clock)
    }

    fn tasks(&self) -> Vec<Task> {
        self.index().tasks().copied().collect()
    }

    fn prepared(&self, task: &Task) -> Result<Prepared, SweepError> {
        Session::prepared(self, task)
    }

    fn shares(&self, task: &Task) -> Option<Shares> {
        Session::shares(self, task)
    }
}

/// A sweep that is not frozen.
#[derive(Clone, Copy)]
pub struct Unfrozen<'a> {
    /// The experiment.
    pub base: &'a Experiment,
    /// Its `[sweep]`.
    pub sweep: &'a Sweep,
    /// The points that are known.
    pub points: &'a [DraftPoint],
    /// How the sweep would be carried out.
    pub options: &'a Options,
    /// Where the runs are.
    pub runs: &'a Runs,
    /// The time.
    pub clock: &'a Arc<dyn Clock>,
}

impl Unfrozen<'_> {
    fn drafts(&self) -> impl Iterator<Item = (Task, &Draft)> {
        (1..).zip(self.points).flat_map(|(point, drafts)| {
            drafts.runs.iter().map(move |run| {
                let seed = run.prepared.experiment.seed.get();
                (Task { point, seed, number: 0, identity: run.identity }, run)
            })
        })
    }

    fn draft(&self, task: &Task) -> &Draft {
        let found = self.drafts().find(|(own, _)| own == task);
        found.map(|(_, draft)| draft).expect("a task of these points")
    }
}

impl Source for Unfrozen<'_> {
    fn base(&self) -> (&Experiment, &Sweep) {
        (self.base, self.sweep)
    }

    fn options(&self) -> &Options {
        self.options
    }

    fn runs(&self) -> (&Runs, &Arc<dyn Clock>) {
        (self.runs, self.clock)
    }

    fn tasks(&self) -> Vec<Task> {
        self.drafts().map(|(task, _)| task).collect()
    }

    fn prepared(&self, task: &Task) -> Result<Prepared, SweepError> {
        Ok(self.draft(task).prepared.clone())
    }

    fn shares(&self, task: &Task) -> Option<Shares> {
        Some(Shares::of(&self.draft(task).prepared))
    }
}
