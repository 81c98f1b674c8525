//! Which experiment runs, which wait, and what a change of the running one does. Pure.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// What a change of an experiment does to its own run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnBusy {
    /// Stops it at the next batch and runs the new content; what is still valid comes from the cache.
    #[default]
    Restart,
    /// Lets it end, then runs the new content.
    Queue,
    /// Leaves it alone; the new content runs at the next change.
    Skip,
}

/// What a change leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing runs: it is next.
    Next,
    /// It waits for others, or was waiting already.
    Wait,
    /// Its own run is to be stopped; it is next.
    Stop,
    /// It is left alone.
    Ignore,
}

/// One experiment at work, others in the order in which they came.
#[derive(Debug, Default)]
pub struct Queue {
    on_busy: OnBusy,
    running: Option<PathBuf>,
    waiting: VecDeque<PathBuf>,
}

impl Queue {
    /// Nothing runs.
    pub fn new(on_busy: OnBusy) -> Self {
        Self { on_busy, ..Self::default() }
    }

    /// An experiment is to run with its present content.
    pub fn submit(&mut self, experiment: &Path) -> Decision {
        let is_running = self.running.as_deref() == Some(experiment);
        if is_running && self.on_busy == OnBusy::Skip {
            return Decision::Ignore;
        }
        let decision = match (&self.running, self.on_busy) {
            (Some(_), OnBusy::Restart) if is_running => Decision::Stop,
            (Some(_), _) => Decision::Wait,
            (None, _) if self.waiting.is_empty() => Decision::Next,
            (None, _) => Decision::Wait,
        };
        if !self.waiting.iter().any(|waiting| waiting == experiment) {
            match decision {
                Decision::Stop => self.waiting.push_front(experiment.to_owned()),
                _ => self.waiting.push_back(experiment.to_owned()),
            }
        }
        decision
    }

    /// An experiment is gone. Says whether it is the one that runs.
    pub fn withdraw(&mut self, experiment: &Path) -> bool {
        self.waiting.retain(|waiting| waiting != experiment);
        self.running.as_deref() == Some(experiment)
    }

    /// Takes the next experiment to run, if none runs.
    pub fn begin(&mut self) -> Option<PathBuf> {
        if self.running.is_none() {
            self.running = self.waiting.pop_front();
            return self.running.clone();
        }
        None
    }

    /// The running experiment has ended.
    pub fn end(&mut self) {
        self.running = None;
    }

    /// The experiment that runs.
    pub fn running(&self) -> Option<&Path> {
        self.running.as_deref()
    }

    /// The experiments that wait, the next one first.
    pub fn waiting(&self) -> impl Iterator<Item = &Path> {
        self.waiting.iter().map(PathBuf::as_path)
    }

    /// Whether nothing runs and nothing waits.
    pub fn is_idle(&self) -> bool {
        self.running.is_none() && self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running_a(on_busy: OnBusy) -> Queue {
        let mut queue = Queue::new(on_busy);
        assert_eq!(queue.submit(Path::new("a")), Decision::Next);
        assert_eq!(queue.begin(), Some(PathBuf::from("a")));
        queue
    }

    #[test]
    fn restart_stops_its_own_run_and_comes_before_those_who_wait() {
        let mut queue = running_a(OnBusy::Restart);
        assert_eq!(queue.submit(Path::new("b")), Decision::Wait);
        assert_eq!(queue.submit(Path::new("a")), Decision::Stop);
        assert_eq!(queue.submit(Path::new("a")), Decision::Stop);
        assert_eq!(queue.waiting().collect::<Vec<_>>(), [Path::new("a"), Path::new("b")]);
        assert_eq!(queue.begin(), None, "one run at a time");
        queue.end();
        assert_eq!(queue.begin(), Some(PathBuf::from("a")));
    }

    #[test]
    fn queue_lets_it_end_and_takes_its_turn() {
        let mut queue = running_a(OnBusy::Queue);
        queue.submit(Path::new("b"));
        assert_eq!(queue.submit(Path::new("a")), Decision::Wait);
        queue.end();
        assert_eq!(queue.begin(), Some(PathBuf::from("b")));
    }

    #[test]
    fn skip_leaves_a_running_experiment_alone_and_queues_others() {
        let mut queue = running_a(OnBusy::Skip);
        assert_eq!(queue.submit(Path::new("a")), Decision::Ignore);
        assert_eq!(queue.submit(Path::new("b")), Decision::Wait);
        queue.end();
        assert_eq!(queue.begin(), Some(PathBuf::from("b")));
        queue.end();
        assert!(queue.is_idle());
    }

    #[test]
    fn a_removed_experiment_neither_waits_nor_runs_on() {
        let mut queue = running_a(OnBusy::Restart);
        queue.submit(Path::new("b"));
        assert!(!queue.withdraw(Path::new("b")));
        assert!(queue.withdraw(Path::new("a")));
        assert_eq!(queue.waiting().count(), 0);
    }
}
