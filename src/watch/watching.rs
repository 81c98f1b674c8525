//! What a session watches: its folder, what its experiments extend, and their images.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;

use super::event::WatchEvent;
use super::filesystem;
use super::session::{Message, Session, hear};
use super::settle::{QUIET, QUIET_DATA};
use super::tools::{Options, Tools, WatchError};
use super::watcher::{FALLBACK, Scope, Watcher};

/// Watches the folder of a session that begins: by events, or by polling where there are none.
pub(super) fn begin(tools: &Tools, options: &Options, sender: &Sender<Message>) -> Result<Watcher, WatchError> {
    let unwatchable = |source| WatchError::Unwatchable { folder: options.folder.clone(), source };
    let folders = BTreeMap::from([(options.folder.clone(), Scope::Below)]);
    let start = |poll| {
        let mut watcher = Watcher::start(poll, &hear(sender))?;
        watcher.update(folders.clone())?;
        Ok(watcher)
    };
    let why = match (options.poll, why_polling(&options.folder)) {
        (None, Some(why)) => why,
        (poll, _) => match start(poll) {
            Err(error) if poll.is_none() => reason(&error),
            started => return started.map_err(unwatchable),
        },
    };
    tools.reporter.event(&WatchEvent::Polling { why });
    start(Some(FALLBACK)).map_err(unwatchable)
}

/// Why events cannot be relied on in a folder.
fn why_polling(folder: &Path) -> Option<String> {
    let kind = filesystem::shared(folder)?;
    Some(format!("`{}` is on {kind}, where changes made elsewhere are not told of", folder.display()))
}

fn reason(error: &notify::Error) -> String {
    match error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            "the system's limit on watches is reached, which `sysctl fs.inotify.max_user_watches` raises".to_owned()
        }
        _ => error.to_string(),
    }
}

impl Session {
    /// Watches what matters now.
    pub(super) fn watch_all(&mut self) {
        let places = self.catalogue.places();
        let mut folders = BTreeMap::new();
        for folder in places.sources.iter().filter_map(|source| source.parent()) {
            folders.insert(folder.to_owned(), Scope::Files);
        }
        folders.extend(places.images.iter().map(|folder| (folder.clone(), Scope::Bulk)));
        folders.insert(self.options.folder.clone(), Scope::Below);
        let shared =
            if self.watcher.polling().is_none() { folders.keys().find_map(|it| why_polling(it)) } else { None };
        match (shared, self.watcher.update(folders.clone())) {
            (None, Ok(())) => {}
            (Some(why), _) => self.fall_back(why, folders),
            (None, Err(error)) => self.fall_back(reason(&error), folders),
        }
    }

    /// Polls from now on: the system has no events for us, or no more of them.
    fn fall_back(&mut self, why: String, folders: BTreeMap<PathBuf, Scope>) {
        if self.watcher.polling().is_some() {
            return;
        }
        self.report(WatchEvent::Polling { why });
        if let Ok(mut watcher) = Watcher::start(Some(FALLBACK), &hear(&self.sender)) {
            // A folder that cannot even be polled is looked at when it is back.
            let _ = watcher.update(folders);
            self.watcher = watcher;
        }
    }

    /// Notices when folders go and come back.
    pub(super) fn check_folders(&mut self) {
        let changed = match self.watcher.refresh() {
            Ok(changed) => changed,
            Err(error) => {
                self.fall_back(reason(&error), BTreeMap::new());
                return self.watch_all();
            }
        };
        let now = self.tools.clock.monotonic();
        for folder in changed {
            if folder == self.options.folder {
                self.folder_changed(folder);
            } else if self.catalogue.places().images.contains(&folder) {
                self.settle.touch(&folder, now, QUIET_DATA);
            } else {
                let sources = self.catalogue.places().sources.iter();
                let inside: Vec<PathBuf> = sources.filter(|it| it.parent() == Some(&folder)).cloned().collect();
                inside.iter().for_each(|source| self.settle.touch(source, now, QUIET));
            }
        }
    }

    fn folder_changed(&mut self, folder: PathBuf) {
        if folder.is_dir() {
            self.report(WatchEvent::Back { folder });
        } else {
            self.report(WatchEvent::Lost { folder });
        }
        self.survey();
    }
}
