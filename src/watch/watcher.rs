//! The system's file events: the only place that knows `notify`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{Config, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher as _};

/// Time between two looks where the system has no events.
const FALLBACK: Duration = Duration::from_secs(2);

/// Tells of changes below folders, by events or by polling.
pub(super) struct Watcher {
    inner: Box<dyn notify::Watcher + Send>,
    watched: BTreeSet<PathBuf>,
    polling: Option<Duration>,
}

/// Takes the paths that something happened to. An empty list: events were lost, look at everything.
pub(super) type Heard = Box<dyn Fn(Vec<PathBuf>) + Send>;

impl Watcher {
    /// Watches by polling where `poll` says so.
    pub fn start(poll: Option<Duration>, heard: Heard) -> Result<Self, notify::Error> {
        let listen = move |event: notify::Result<notify::Event>| match event {
            Ok(event) if event.kind.is_access() => {}
            Ok(event) => heard(event.paths),
            Err(error) => heard(error.paths),
        };
        let inner: Box<dyn notify::Watcher + Send> = match poll {
            Some(interval) => {
                let config = Config::default().with_poll_interval(interval).with_compare_contents(true);
                Box::new(PollWatcher::new(listen, config)?)
            }
            None => Box::new(RecommendedWatcher::new(listen, Config::default())?),
        };
        Ok(Self { inner, watched: BTreeSet::new(), polling: poll })
    }

    /// The time between two looks, if it polls.
    pub fn polling(&self) -> Option<Duration> {
        self.polling
    }

    /// What to poll with where events fail.
    pub fn fallback() -> Duration {
        FALLBACK
    }

    /// Watches these folders and what is below them, and no others.
    pub fn update(&mut self, folders: BTreeSet<PathBuf>) -> Result<(), notify::Error> {
        for gone in self.watched.difference(&folders) {
            // A folder that is gone cannot be unwatched, and need not be.
            let _ = self.inner.unwatch(gone);
        }
        for new in folders.difference(&self.watched.clone()) {
            if new.is_dir() {
                self.inner.watch(new, RecursiveMode::Recursive)?;
                self.watched.insert(new.clone());
            }
        }
        self.watched.retain(|folder| folders.contains(folder));
        Ok(())
    }

    /// Forgets a folder that was removed, so that it is watched anew when it is back.
    pub fn forget(&mut self, folder: &Path) {
        if self.watched.remove(folder) {
            let _ = self.inner.unwatch(folder);
        }
    }
}
