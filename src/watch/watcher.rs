//! The system's file events: the only place that knows `notify`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind};
use notify::{Config, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::settle::Phase;

/// Time between two looks where the system has no events.
pub(super) const FALLBACK: Duration = Duration::from_secs(2);

/// What is watched of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    /// The files in it: for templates, whose folder may hold anything else.
    Files,
    /// All below it, of which there may be much: images.
    Bulk,
    /// All below it: experiments.
    Below,
}

/// Tells of changes below folders, by events or by polling.
pub(super) struct Watcher {
    small: Box<dyn notify::Watcher + Send>,
    /// Where it polls: for folders of which not every byte can be read at every look.
    bulk: Option<Box<dyn notify::Watcher + Send>>,
    wanted: BTreeMap<PathBuf, Scope>,
    watched: BTreeMap<PathBuf, Watched>,
    /// Folders found to have come, gone or been replaced, of which nobody was told yet.
    noticed: BTreeSet<PathBuf>,
    polling: Option<Duration>,
}

/// What is watched under a path, which may be another folder tomorrow.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Watched {
    scope: Scope,
    folder: FolderId,
}

/// Takes the paths that something happened to. An empty list: events were lost, look at everything.
pub(super) type Heard = dyn Fn(Vec<PathBuf>, Phase) + Send + Sync;

/// What an event means; none for what changes nothing. Only inotify tells of files that are closed.
fn phase_of(kind: EventKind, by_polling: bool) -> Option<Phase> {
    let tells_of_closing = cfg!(target_os = "linux") && !by_polling;
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Some(Phase::Over),
        EventKind::Access(_) => None,
        EventKind::Modify(ModifyKind::Metadata(_)) if tells_of_closing => Some(Phase::Attributes),
        EventKind::Create(CreateKind::File) | EventKind::Modify(ModifyKind::Data(_)) if tells_of_closing => {
            Some(Phase::Writing)
        }
        _ => Some(Phase::Over),
    }
}

impl Watcher {
    /// Watches by polling where `poll` says so.
    pub fn start(poll: Option<Duration>, heard: &Arc<Heard>) -> Result<Self, notify::Error> {
        let listen = || {
            let heard = Arc::clone(heard);
            move |event: notify::Result<notify::Event>| match event {
                Ok(event) => {
                    if let Some(phase) = phase_of(event.kind, poll.is_some()) {
                        heard(event.paths, phase);
                    }
                }
                Err(error) => heard(error.paths, Phase::Over),
            }
        };
        let (small, bulk): (Box<dyn notify::Watcher + Send>, _) = match poll {
            Some(interval) => {
                let config = Config::default().with_poll_interval(interval);
                // Times have whole seconds there: contents tell what they do not.
                let small = PollWatcher::new(listen(), config.with_compare_contents(true))?;
                let bulk: Box<dyn notify::Watcher + Send> = Box::new(PollWatcher::new(listen(), config)?);
                (Box::new(small), Some(bulk))
            }
            None => (Box::new(RecommendedWatcher::new(listen(), Config::default())?), None),
        };
        Ok(Self {
            small,
            bulk,
            wanted: BTreeMap::new(),
            watched: BTreeMap::new(),
            noticed: BTreeSet::new(),
            polling: poll,
        })
    }

    /// The time between two looks, if it polls.
    pub fn polling(&self) -> Option<Duration> {
        self.polling
    }

    /// Watches these folders and no others; those that are not there once [`Watcher::refresh`] finds them.
    pub fn update(&mut self, folders: BTreeMap<PathBuf, Scope>) -> Result<(), notify::Error> {
        // What lies below another folder is watched with it.
        let is_covered = |folder: &Path| {
            let mut outer = folder.ancestors().skip(1).filter_map(|outer| folders.get(outer));
            outer.any(|scope| *scope != Scope::Files)
        };
        let wanted = folders.iter().filter(|(folder, _)| !is_covered(folder)).map(|(f, s)| (f.clone(), *s)).collect();
        let before = std::mem::replace(&mut self.wanted, wanted);
        let changed = self.watch_wanted()?;
        // Whoever asks for other folders does not ask what became of those that it had.
        self.noticed.extend(changed.into_iter().filter(|folder| before.contains_key(folder)));
        Ok(())
    }

    /// Notices folders that have come, gone, or been replaced since the last look, and watches what is there.
    pub fn refresh(&mut self) -> Result<Vec<PathBuf>, notify::Error> {
        let changed = self.watch_wanted()?;
        self.noticed.extend(changed);
        Ok(std::mem::take(&mut self.noticed).into_iter().collect())
    }

    /// Watches what is wanted and there, and nothing else. Says which folders came, went, or are others than before.
    fn watch_wanted(&mut self) -> Result<Vec<PathBuf>, notify::Error> {
        let gone: Vec<PathBuf> =
            self.watched.keys().filter(|folder| !self.wanted.contains_key(*folder)).cloned().collect();
        gone.iter().for_each(|folder| self.unwatch(folder));
        let mut changed = Vec::new();
        for (folder, scope) in self.wanted.clone() {
            let now = FolderId::of(&folder).map(|folder| Watched { scope, folder });
            let before = self.watched.get(&folder).copied();
            if before == now {
                continue;
            }
            self.unwatch(&folder);
            if let Some(now) = now {
                let mode = if scope == Scope::Files { RecursiveMode::NonRecursive } else { RecursiveMode::Recursive };
                match self.inner(scope).watch(&folder, mode) {
                    Ok(()) => {
                        self.watched.insert(folder.clone(), now);
                    }
                    // It has just gone again.
                    Err(_) if !folder.is_dir() => {}
                    Err(error) => return Err(error),
                }
            }
            if before.map(|it| it.folder) != now.map(|it| it.folder) {
                changed.push(folder);
            }
        }
        Ok(changed)
    }

    fn unwatch(&mut self, folder: &Path) {
        if let Some(watched) = self.watched.remove(folder) {
            // A folder that is gone cannot be unwatched, and need not be.
            let _ = self.inner(watched.scope).unwatch(folder);
        }
    }

    fn inner(&mut self, scope: Scope) -> &mut Box<dyn notify::Watcher + Send> {
        match (&mut self.bulk, scope) {
            (Some(bulk), Scope::Bulk) => bulk,
            (Some(_) | None, Scope::Files | Scope::Below | Scope::Bulk) => &mut self.small,
        }
    }
}

/// Which folder lies under a path: a watch stays with the folder, not with its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FolderId(u64, u64);

impl FolderId {
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_dir)?;
        Some(Self::from(&metadata))
    }
}

#[cfg(unix)]
impl From<&std::fs::Metadata> for FolderId {
    fn from(metadata: &std::fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(metadata.dev(), metadata.ino())
    }
}

#[cfg(not(unix))]
impl From<&std::fs::Metadata> for FolderId {
    fn from(_: &std::fs::Metadata) -> Self {
        Self(0, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_comes_goes_or_is_replaced_is_noticed_once() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let folder = place.path().join("images");
        let heard: Arc<Heard> = Arc::new(|_, _| {});
        let mut watcher = Watcher::start(None, &heard).expect("events can be had");
        watcher.update(BTreeMap::from([(folder.clone(), Scope::Bulk)])).expect("it need not be there");
        std::fs::create_dir(&folder).expect("it can be made");
        assert_eq!(watcher.refresh().expect("it is watched"), [folder.as_path()]);
        assert_eq!(watcher.refresh().expect("it is watched"), Vec::<PathBuf>::new());
        std::fs::create_dir(place.path().join("other")).expect("it can be made");
        std::fs::remove_dir(&folder).expect("it goes");
        std::fs::rename(place.path().join("other"), &folder).expect("it moves");
        assert_eq!(watcher.refresh().expect("it is watched"), [folder.as_path()], "another folder of that name");
        std::fs::remove_dir(&folder).expect("it goes");
        assert_eq!(watcher.refresh().expect("nothing is to be watched"), [folder.as_path()]);
        std::fs::create_dir(&folder).expect("it can be made");
        watcher.update(BTreeMap::from([(folder.clone(), Scope::Below)])).expect("it is watched");
        assert_eq!(
            watcher.refresh().expect("it is watched"),
            [folder.as_path()],
            "what an update found is told as well"
        );
        watcher.update(BTreeMap::from([(folder.clone(), Scope::Files)])).expect("it is watched");
        assert_eq!(watcher.refresh().expect("it is watched"), Vec::<PathBuf>::new(), "the folder is what it was");
    }
}
