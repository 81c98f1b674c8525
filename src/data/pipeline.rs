//! Ordered prefetching: worker threads prepare items ahead of the one being used.
//!
//! Items come out in the order of their indices, whatever the number of threads; memory is bounded by the window and by
//! what the consumer holds on to, because buffers go back to the workers. Nothing is global.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// How much works ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Worker threads; with none, each item is prepared when it is asked for, on the asking thread.
    pub threads: usize,
    /// Items that may be finished or under way beyond the one being used; at least one.
    pub ahead: usize,
}

/// The items `0..count`, in order, prepared ahead. Ends after the first error. Dropping it stops and joins the workers.
pub struct Prefetch<T, E> {
    shared: Arc<Shared<T, E>>,
    workers: Vec<JoinHandle<()>>,
}

/// A prepared item. Its buffer goes back to the workers when dropped.
pub struct Lease<T> {
    item: Option<T>,
    pool: Arc<Mutex<Vec<T>>>,
}

type Work<T, E> = dyn Fn(usize, &mut T) -> Result<(), E> + Send + Sync;
type Prepared<T, E> = std::thread::Result<Result<T, E>>;

struct Shared<T, E> {
    work: Box<Work<T, E>>,
    count: usize,
    ahead: usize,
    state: Mutex<State<T, E>>,
    /// An item was finished.
    finished: Condvar,
    /// The window moved, or everything ends.
    moved: Condvar,
    pool: Arc<Mutex<Vec<T>>>,
}

struct State<T, E> {
    /// The next index that a worker takes.
    next: usize,
    /// The next index that the consumer gets.
    wanted: usize,
    /// Slots of the window, the first for `wanted`.
    window: VecDeque<Option<Prepared<T, E>>>,
    ended: bool,
}

impl<T: Default + Send + 'static, E: Send + 'static> Prefetch<T, E> {
    /// Starts to prepare the items `0..count`: `work(index, buffer)` fills a buffer that may hold an earlier item.
    pub fn start(
        settings: Settings,
        count: usize,
        work: impl Fn(usize, &mut T) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        let state = State { next: 0, wanted: 0, window: VecDeque::new(), ended: false };
        let shared = Arc::new(Shared {
            work: Box::new(work),
            count,
            ahead: settings.ahead.max(1),
            state: Mutex::new(state),
            finished: Condvar::new(),
            moved: Condvar::new(),
            pool: Arc::default(),
        });
        let threads = settings.threads.min(count).min(shared.ahead);
        let spawn = |number| {
            let shared = Arc::clone(&shared);
            // Without a thread the others, or the consumer, do its part.
            std::thread::Builder::new().name(format!("prefetch-{number}")).spawn(move || shared.run()).ok()
        };
        let workers = (0..threads).filter_map(spawn).collect();
        Self { shared, workers }
    }
}

impl<T: Default, E> Iterator for Prefetch<T, E> {
    type Item = Result<Lease<T>, E>;

    fn next(&mut self) -> Option<Self::Item> {
        let prepared = if self.workers.is_empty() { self.shared.prepare_now() } else { self.shared.take() }?;
        match prepared {
            Ok(Ok(item)) => Some(Ok(Lease { item: Some(item), pool: Arc::clone(&self.shared.pool) })),
            Ok(Err(error)) => {
                self.shared.end();
                Some(Err(error))
            }
            Err(panic) => resume_unwind(panic),
        }
    }
}

impl<T, E> Drop for Prefetch<T, E> {
    fn drop(&mut self) {
        self.shared.end();
        for worker in self.workers.drain(..) {
            // A worker's panic was caught and handed to the consumer.
            let _ = worker.join();
        }
    }
}

impl<T, E> Shared<T, E> {
    fn lock(&self) -> MutexGuard<'_, State<T, E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        state.window.clear();
        self.moved.notify_all();
    }

    /// Waits for the next item in order.
    fn take(&self) -> Option<Prepared<T, E>> {
        let mut state = self.lock();
        loop {
            if state.ended || state.wanted == self.count {
                return None;
            }
            if let Some(Some(_)) = state.window.front() {
                let item = state.window.pop_front().flatten();
                state.wanted += 1;
                self.moved.notify_all();
                return item;
            }
            state = self.finished.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until the window has room, and takes the next index.
    fn claim(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.ended || state.next == self.count {
                return None;
            }
            if state.next < state.wanted + self.ahead {
                state.next += 1;
                state.window.push_back(None);
                return Some(state.next - 1);
            }
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn deliver(&self, index: usize, prepared: Prepared<T, E>) {
        let mut state = self.lock();
        let slot = index - state.wanted;
        if !state.ended {
            state.window[slot] = Some(prepared);
            self.finished.notify_all();
        }
    }
}

impl<T: Default, E> Shared<T, E> {
    /// A worker's life.
    fn run(&self) {
        while let Some(index) = self.claim() {
            let prepared = catch_unwind(AssertUnwindSafe(|| self.prepare(index)));
            self.deliver(index, prepared);
        }
    }

    fn prepare(&self, index: usize) -> Result<T, E> {
        let mut item = self.pool.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        (self.work)(index, &mut item).map(|()| item)
    }

    /// The next item, without workers.
    fn prepare_now(&self) -> Option<Prepared<T, E>> {
        let mut state = self.lock();
        if state.ended || state.wanted == self.count {
            return None;
        }
        state.wanted += 1;
        let index = state.wanted - 1;
        drop(state);
        Some(Ok(self.prepare(index)))
    }
}

impl<T> Deref for Lease<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.item.as_ref().expect("a lease holds its item until it is dropped")
    }
}

impl<T> DerefMut for Lease<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.item.as_mut().expect("a lease holds its item until it is dropped")
    }
}

impl<T> Drop for Lease<T> {
    fn drop(&mut self) {
        if let Some(item) = self.item.take() {
            self.pool.lock().unwrap_or_else(PoisonError::into_inner).push(item);
        }
    }
}
