//! Which task is next, and the right to work on it.

use std::collections::BTreeMap;

use super::error::SweepError;
use super::index::Task;
use super::session::{Chosen, Session};
use crate::digest::Digest;
use crate::files::{Lock, Wait};
use crate::stages::Shares;

impl Session<'_> {
    /// The tasks that are to be done and that this session has not begun.
    pub(super) fn open(&self) -> Result<Vec<Task>, SweepError> {
        let index = self.index();
        let list = self.tools.runs.list(Some(&index.name))?;
        let mut open = Vec::new();
        for task in index.tasks() {
            let name = task.name();
            let skip = {
                let memory = self.memory();
                memory.tried.contains(&name) || memory.closed.contains_key(&name)
            };
            if !skip {
                match self.tools.runs.find_among(&list, &task.identity).map(|(_, state)| state) {
                    Some(state) if !self.options.is_open(state) => {
                        self.memory().closed.insert(name, state);
                    }
                    _ => open.push(*task),
                }
            }
        }
        Ok(open)
    }

    /// Whether a task whose lock was just got is still to be done: another process may have ended it in between.
    fn is_still_open(&self, task: &Task) -> Result<bool, SweepError> {
        let found = self.tools.runs.find(&self.index().name, &task.identity)?;
        Ok(found.is_none_or(|(_, state)| self.options.is_open(state)))
    }

    /// What a task shares with others; none where it cannot be told, which its run then says.
    pub(super) fn shares(&self, task: &Task) -> Option<Shares> {
        let name = task.name();
        if let Some(shares) = self.memory().shares.get(&name) {
            return Some(*shares);
        }
        let shares = Shares::of(&self.prepared(task).ok()?);
        self.memory().shares.insert(name, shares);
        Some(shares)
    }

    /// The next task that nobody works on: one that waits for no training of this session, if there is one.
    pub(super) fn next(&self) -> Result<Option<Chosen>, SweepError> {
        loop {
            let open = self.open()?;
            for task in self.in_order(&open) {
                if self.stop.is_requested() {
                    return Ok(None);
                }
                if let Some(lock) = Lock::try_exclusive(&self.dir.task_lock(&task))?
                    && self.is_still_open(&task)?
                    && self.begin(&task)
                {
                    return Ok(Some(Chosen::new(task, lock)));
                }
            }
            if self.choose_more()? {
                continue;
            }
            match self.open()?.first() {
                // Another process works on it: its result may still be this one's to get.
                Some(task) if !self.stop.is_requested() => {
                    let mut wait = Wait { stop: &self.stop, on_wait: &mut |_| {} };
                    drop(Lock::exclusive(&self.dir.task_lock(task), &mut wait)?);
                }
                _ => return Ok(None),
            }
        }
    }

    /// The tasks as they are best begun: those that would wait for a training of this session last, and of those that train the same for
    /// a different number of epochs the shorter one first, from which the longer one goes on.
    fn in_order(&self, open: &[Task]) -> Vec<Task> {
        let shares: Vec<Option<Shares>> = open.iter().map(|task| self.shares(task)).collect();
        let busy = self.memory().busy.clone();
        let waits = |shares: &Option<Shares>| shares.is_some_and(|shares| busy.contains(&training(&shares)));
        let mut least: BTreeMap<Digest, u32> = BTreeMap::new();
        for shares in shares.iter().flatten() {
            let epochs = least.entry(shares.top).or_insert(shares.top_epochs);
            *epochs = shares.top_epochs.min(*epochs);
        }
        let longer = |at: usize| shares[at].map_or(0, |own| own.top_epochs - least[&own.top]);
        let mut order: Vec<usize> = (0..open.len()).collect();
        order.sort_by_key(|&at| (waits(&shares[at]), longer(at), at));
        order.into_iter().map(|at| open[at]).collect()
    }

    /// Notes that a task is begun; `false` if this session has begun it before.
    pub(super) fn begin(&self, task: &Task) -> bool {
        let shares = self.shares(task);
        let mut memory = self.memory();
        memory.busy.extend(shares.map(|shares| training(&shares)));
        memory.tried.insert(task.name())
    }

    pub(super) fn end(&self, task: &Task) {
        if let Some(shares) = self.shares(task) {
            let mut memory = self.memory();
            if let Some(at) = memory.busy.iter().position(|busy| *busy == training(&shares)) {
                memory.busy.swap_remove(at);
            }
        }
    }
}

/// The training of a task that others may be waiting for: its last.
fn training(shares: &Shares) -> Digest {
    shares.fine_tune.unwrap_or(shares.top)
}
