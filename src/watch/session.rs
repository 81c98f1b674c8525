//! A folder under watch: file events in, runs out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, SystemTime};

use super::event::{Finish, WatchEvent};
use super::folder::experiment_files;
use super::known::Catalogue;
use super::queue::Queue;
use super::remote::{Remote, Wish};
use super::settle::{Phase, Settle};
use super::tools::{Ended, Options, Tools, WatchError};
use super::watcher::{Heard, Watcher};
use super::worker::Worker;
use crate::digest::Digest;
use crate::stages::Lookout;
use crate::stop::StopToken;

/// The longest time between two looks at the stop token and the folders.
const TICK: Duration = Duration::from_millis(250);

/// The time between two looks for data or weights that an experiment lacks.
const FOR_DATA: Duration = Duration::from_secs(2);

/// A gap between wall clock and monotonic clock that only a suspended machine explains.
const SUSPENDED: Duration = Duration::from_secs(20);

/// What comes to a session from other threads.
#[derive(Debug)]
pub(super) enum Message {
    /// Something happened to these paths; none: events were lost.
    Heard(Vec<PathBuf>, Phase),
    /// A run has these images.
    Prepared(PathBuf, Digest),
    /// A run has ended.
    Ended(PathBuf, Finish),
    /// Somebody wishes something.
    Wished(Wish),
}

/// A folder under watch.
pub struct Session {
    pub(super) tools: Arc<Tools>,
    pub(super) options: Options,
    pub(super) watcher: Watcher,
    pub(super) messages: Receiver<Message>,
    pub(super) sender: Sender<Message>,
    pub(super) lookout: Arc<Lookout>,
    pub(super) settle: Settle,
    pub(super) queue: Queue,
    pub(super) worker: Option<Worker>,
    pub(super) catalogue: Catalogue,
    /// Experiments to be trained again from the start.
    pub(super) afresh: BTreeSet<PathBuf>,
    /// Experiments that came to wait since the queue was last told of.
    pub(super) newly_waiting: Vec<PathBuf>,
}

impl Session {
    /// Begins to watch.
    ///
    /// # Errors
    ///
    /// A folder that is not there, or that can be neither watched nor polled.
    pub fn start(tools: Tools, options: Options) -> Result<Self, WatchError> {
        if !options.folder.is_dir() {
            return Err(WatchError::NoFolder(options.folder));
        }
        let (sender, messages) = channel();
        let watcher = super::watching::begin(&tools, &options, &sender)?;
        tools.reporter.event(&WatchEvent::Watching {
            folder: options.folder.clone(),
            experiments: experiment_files(&options.folder).len(),
            polling: watcher.polling().map(|interval| interval.as_secs_f64()),
        });
        Ok(Self {
            lookout: Arc::new(Lookout::new(Arc::clone(&tools.clock))),
            queue: Queue::new(options.on_busy),
            tools: Arc::new(tools),
            options,
            watcher,
            messages,
            sender,
            settle: Settle::new(),
            worker: None,
            catalogue: Catalogue::default(),
            afresh: BTreeSet::new(),
            newly_waiting: Vec::new(),
        })
    }

    /// A line into the session, for whoever sits in front of it.
    pub fn remote(&self) -> Remote {
        Remote(self.sender.clone())
    }

    /// Watches until a stop is requested, or with `once` until all is done.
    pub fn run(mut self, stop: &StopToken) -> Ended {
        self.survey();
        let mut times = self.times();
        let mut looked_for_data = times.1;
        while !stop.is_requested() {
            self.start_next();
            if self.options.once && self.queue.is_idle() {
                return if self.catalogue.has_failures() { Ended::SomeFailed } else { Ended::AllDone };
            }
            self.wait();
            self.check_folders();
            let now = self.times();
            if was_suspended(times, now) {
                self.report(WatchEvent::Back { folder: self.options.folder.clone() });
                self.survey();
            }
            times = now;
            if now.1.saturating_sub(looked_for_data) > FOR_DATA {
                self.look_for_data();
                looked_for_data = now.1;
            }
            let ready = self.settle.ready(now.1);
            if !ready.is_empty() {
                ready.iter().for_each(|path| self.settled(path));
                self.looked();
            }
        }
        if let Some(worker) = self.worker.take() {
            worker.stop.request();
            worker.join();
            while let Ok(message) = self.messages.try_recv() {
                if let Message::Ended(file, finish) = message {
                    self.ended(&file, finish);
                }
            }
        }
        Ended::Stopped
    }

    /// The time on the wall and the time that has passed.
    fn times(&self) -> (SystemTime, Duration) {
        (self.tools.clock.now(), self.tools.clock.monotonic())
    }

    /// Waits for a message, but no longer than until something is due.
    fn wait(&mut self) {
        let due = self.settle.next(self.tools.clock.monotonic()).unwrap_or(TICK).min(TICK);
        match self.messages.recv_timeout(due) {
            Ok(message) => self.take(message),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
        }
        while let Ok(message) = self.messages.try_recv() {
            self.take(message);
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Heard(paths, _) if paths.is_empty() => self.survey(),
            Message::Heard(paths, phase) => paths.iter().for_each(|path| self.heard(path, phase)),
            Message::Prepared(file, images) => {
                if let Some(known) = self.catalogue.get_mut(&file) {
                    known.images = Some(images);
                }
            }
            Message::Ended(file, finish) => self.ended(&file, finish),
            Message::Wished(wish) => self.wished(wish),
        }
    }

    pub(super) fn report(&self, event: WatchEvent) {
        self.tools.reporter.event(&event);
    }
}

/// Tells the session what the system tells.
pub(super) fn hear(sender: &Sender<Message>) -> Arc<Heard> {
    let sender = sender.clone();
    // The session may have ended: then nobody listens, and nothing is lost.
    Arc::new(move |paths: Vec<PathBuf>, phase| drop(sender.send(Message::Heard(paths, phase))))
}

fn was_suspended(before: (SystemTime, Duration), after: (SystemTime, Duration)) -> bool {
    let monotonic = after.1.saturating_sub(before.1);
    after.0.duration_since(before.0).is_ok_and(|wall| wall > monotonic + SUSPENDED)
}

/// Whether a path lies below a folder.
pub(super) fn is_below(path: &Path, folder: &Path) -> bool {
    path != folder && path.starts_with(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_slept_is_told_from_one_that_was_busy() {
        let at = |wall: u64, monotonic: u64| {
            (SystemTime::UNIX_EPOCH + Duration::from_secs(wall), Duration::from_secs(monotonic))
        };
        assert!(was_suspended(at(1000, 10), at(4600, 11)));
        assert!(!was_suspended(at(1000, 10), at(1060, 70)), "a minute that both clocks saw");
        assert!(!was_suspended(at(1000, 10), at(400, 11)), "the wall clock was put back");
    }
}
