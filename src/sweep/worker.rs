//! One task, or one piece of shared work, of a sweep that another process has frozen: what a job of a scheduler does.

use super::error::SweepError;
use super::index::Task;
use super::session::{Chosen, Session};
use super::shared::{self, Item, Wave};
use crate::files::Lock;
use crate::stages::Part;

impl Session<'_> {
    /// One task, by its point, as `3`, or by its name, as `0003-seed0`, once nobody else works on it; `None` if it needs no work.
    ///
    /// # Errors
    ///
    /// There is no such task, or a stop was requested.
    pub fn take(&self, point: &str) -> Result<Option<Chosen>, SweepError> {
        let task = self.named(point)?;
        let lock = Lock::exclusive(&self.dir.task_lock(&task), &mut self.tools.wait(&mut |_| {}))?;
        let wanted = self.open()?.contains(&task) && self.begin(&task);
        Ok(wanted.then_some(Chosen::new(task, lock)))
    }

    /// Works on one task after the other until none is left.
    ///
    /// # Errors
    ///
    /// A disk that refuses.
    pub fn carry_out_all(&self) -> Result<(), SweepError> {
        while let Some(chosen) = self.next()? {
            self.carry_out(&chosen)?;
        }
        Ok(())
    }

    /// Computes a piece of shared work that a task reads, if it is missing; the task is named as for [`Session::take`].
    ///
    /// # Errors
    ///
    /// There is no such task, or a stop was requested.
    pub fn warm(&self, point: &str, part: Part) -> Result<(), SweepError> {
        let task = self.named(point)?;
        let wave = Wave::ALL.into_iter().find(|wave| wave.part() == part).expect("there is a wave for each part");
        let Some(key) = self.shares(&task).and_then(|shares| wave.key(&shares)) else { return Ok(()) };
        shared::compute(self, &Item { wave, key, task, needed_by: 1 })
    }

    fn named(&self, point: &str) -> Result<Task, SweepError> {
        let index = self.index();
        let found = index.tasks().find(|task| task.is_called(point)).copied();
        found
            .ok_or_else(|| SweepError::NotFound { wanted: format!("point {point} in `{}`", self.dir.path().display()) })
    }
}
