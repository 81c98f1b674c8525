//! Tasks in this process: several at a time, each with its share of the threads.
//!
//! What several tasks share is done first, by itself and with all threads: then nobody waits for it, and nobody does it twice.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::PoisonError;

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::error::SweepError;
use super::launcher::Launcher;
use super::session::Session;
use super::shared::{self, Wave};
use crate::runs::State;

/// Runs tasks in this process.
#[derive(Clone, Copy, Debug)]
pub struct Local {
    /// Tasks at the same time.
    pub jobs: NonZeroUsize,
    /// Threads in all.
    pub threads: NonZeroUsize,
}

impl Launcher for Local {
    fn launch(&self, session: &Session<'_>) -> Result<(), SweepError> {
        for wave in Wave::ALL {
            let items = shared::items(session, wave)?;
            let width = if wave.is_parallel() { self.jobs.get().min(items.len()) } else { 1 };
            let queue = Mutex::new(items.into_iter());
            self.with_threads(session, width, &|| {
                let item = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                item.map_or(Ok(Again::No), |item| shared::compute(session, &item).map(|()| Again::Yes))
            })?;
        }
        // A job without a task would keep its share of the threads from those that have one.
        let width = self.jobs.get().min(session.remaining()?);
        self.with_threads(session, width, &|| match session.next()? {
            Some(chosen) => {
                let state = session.carry_out(&chosen)?;
                Ok(if state == State::Interrupted { Again::No } else { Again::Yes })
            }
            None => Ok(Again::No),
        })
    }
}

/// Whether there may be more to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    Yes,
    No,
}

impl Local {
    /// Does something again and again in so many threads at once, each with a pool of its share of threads, until nothing is left.
    fn with_threads(
        &self,
        session: &Session<'_>,
        width: usize,
        step: &(dyn Fn() -> Result<Again, SweepError> + Sync),
    ) -> Result<(), SweepError> {
        let pools: Result<Vec<ThreadPool>, SweepError> = (0..width).map(|nth| self.pool(nth, width)).collect();
        let pools = pools?;
        let outcomes = std::thread::scope(|scope| {
            let workers: Vec<_> = pools
                .iter()
                .map(|pool| {
                    scope.spawn(move || {
                        while !session.stop.is_requested() && pool.install(step)? == Again::Yes {}
                        Ok(())
                    })
                })
                .collect();
            workers.into_iter().map(|worker| worker.join().expect("a step does not panic")).collect::<Vec<_>>()
        });
        outcomes.into_iter().collect()
    }

    /// The share of one of so many workers; the first ones have what is left over.
    fn pool(&self, nth: usize, width: usize) -> Result<ThreadPool, SweepError> {
        let threads = self.threads.get();
        let share = (threads / width + usize::from(nth < threads % width)).max(1);
        Ok(ThreadPoolBuilder::new().num_threads(share).build()?)
    }
}
