//! A folder under watch: file events in, runs out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, SystemTime};

use super::event::{WatchEvent, WatchReporter};
use super::queue::{Decision, OnBusy, Queue};
use super::settle::{QUIET, QUIET_DATA, Settle};
use super::watcher::Watcher;
use super::worker::{Finish, Worker};
use crate::clock::Clock;
use crate::runs::Runs;
use crate::spec::model::Validation;
use crate::spec::{self, Experiment, Problems};
use crate::stages::{Outcome, Prepared, StageError};
use crate::stop::StopToken;

/// The longest time between two looks at the stop token and the folder.
const TICK: Duration = Duration::from_millis(250);

/// A gap between wall clock and monotonic clock that only a suspended machine explains.
const SUSPENDED: Duration = Duration::from_secs(20);

/// Loads an experiment file.
pub type Load = dyn Fn(&Path) -> Result<Experiment, Problems> + Send + Sync;

/// Adds to a run that is done what others look at; an error is told as people read it.
pub type Complete = dyn Fn(&Runs, &Prepared, &Outcome) -> Result<(), String> + Send + Sync;

/// What a session needs from the outside.
pub struct Tools {
    /// Loads an experiment file.
    pub load: Box<Load>,
    /// Shows the problems of one.
    pub render: Box<dyn Fn(&Problems) -> String + Send + Sync>,
    /// Shows why a run could not be done.
    pub explain: Box<dyn Fn(StageError) -> String + Send + Sync>,
    /// Writes the report of a run that is done.
    pub complete: Box<Complete>,
    /// Where the runs of a project are.
    pub runs_of: Box<dyn Fn(&Path) -> Runs + Send + Sync>,
    /// Who listens.
    pub reporter: Box<dyn WatchReporter>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// How to watch.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder; absolute.
    pub folder: PathBuf,
    /// What a change of a running experiment does.
    pub on_busy: OnBusy,
    /// Poll in this interval instead of asking the system for events.
    pub poll: Option<Duration>,
    /// End once everything is done that is not done yet.
    pub once: bool,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything was done.
    AllDone,
    /// Everything was tried, and something failed or is broken.
    SomeFailed,
    /// A stop was requested.
    Stopped,
}

/// The folder cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// There is no such folder.
    #[error("there is no folder `{}` to watch", .0.display())]
    NoFolder(PathBuf),
    /// Neither events nor polling work.
    #[error("the folder `{}` cannot be watched", folder.display())]
    Unwatchable {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: notify::Error,
    },
}

enum Message {
    Heard(Vec<PathBuf>),
    Ended(PathBuf, Finish),
}

/// What is known of an experiment file.
#[derive(Default)]
struct Known {
    /// As it was last loaded without a problem.
    experiment: Option<Experiment>,
    /// The problems last shown, if it is broken.
    broken: Option<String>,
    /// It and what it extends.
    sources: Vec<PathBuf>,
    failed: bool,
}

/// A folder under watch.
pub struct Session {
    tools: Arc<Tools>,
    options: Options,
    watcher: Watcher,
    messages: Receiver<Message>,
    sender: Sender<Message>,
    settle: Settle,
    queue: Queue,
    worker: Option<Worker>,
    known: BTreeMap<PathBuf, Known>,
    is_there: bool,
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
        let watcher = begin(&tools, &options, &sender)?;
        tools.reporter.event(&WatchEvent::Watching {
            folder: options.folder.clone(),
            experiments: experiment_files(&options.folder).len(),
            polling: watcher.polling().map(|interval| interval.as_secs_f64()),
        });
        Ok(Self {
            queue: Queue::new(options.on_busy),
            tools: Arc::new(tools),
            options,
            watcher,
            messages,
            sender,
            settle: Settle::new(),
            worker: None,
            known: BTreeMap::new(),
            is_there: true,
        })
    }

    /// Watches until a stop is requested, or with `once` until all is done.
    pub fn run(mut self, stop: &StopToken) -> Ended {
        self.look_at_everything();
        let (mut wall, mut monotonic) = (self.tools.clock.now(), self.tools.clock.monotonic());
        while !stop.is_requested() {
            self.start_next();
            if self.options.once && self.queue.is_idle() {
                let failed = self.known.values().any(|known| known.failed || known.broken.is_some());
                return if failed { Ended::SomeFailed } else { Ended::AllDone };
            }
            self.wait();
            self.check_folder();
            let (new_wall, new_monotonic) = (self.tools.clock.now(), self.tools.clock.monotonic());
            if was_suspended(wall, new_wall, new_monotonic - monotonic) {
                self.report(WatchEvent::Back { folder: self.options.folder.clone() });
                self.look_at_everything();
            }
            (wall, monotonic) = (new_wall, new_monotonic);
            for path in self.settle.ready(new_monotonic) {
                self.settled(&path);
            }
        }
        if let Some(worker) = self.worker.take() {
            worker.stop.request();
            worker.join();
        }
        Ended::Stopped
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
            Message::Heard(paths) if paths.is_empty() => self.look_at_everything(),
            Message::Heard(paths) => paths.iter().for_each(|path| self.heard(path)),
            Message::Ended(file, finish) => self.ended(&file, finish),
        }
    }

    /// Notes that something happened to a path, if it can matter.
    fn heard(&mut self, path: &Path) {
        let now = self.tools.clock.monotonic();
        if self.is_own_output(path) {
            return;
        }
        if is_experiment(path) && path.starts_with(&self.options.folder) || self.is_source(path) {
            self.settle.touch(path, now, QUIET);
        } else if path.starts_with(&self.options.folder) && (path.is_dir() || !path.exists()) {
            // A folder was moved in or out: its files are told of by nobody.
            self.settle.touch(&self.options.folder.clone(), now, QUIET);
        }
        let folders: BTreeSet<PathBuf> = self.known.values().flat_map(data_folders).collect();
        for folder in folders.iter().filter(|folder| path.starts_with(folder)) {
            self.settle.touch(folder, now, QUIET_DATA);
        }
    }

    fn is_own_output(&self, path: &Path) -> bool {
        let experiments = self.known.values().filter_map(|known| known.experiment.as_ref());
        experiments
            .into_iter()
            .any(|experiment| path.starts_with((self.tools.runs_of)(&experiment.project_root).root()))
    }

    fn is_source(&self, path: &Path) -> bool {
        self.known.values().any(|known| known.sources.iter().any(|source| source == path))
    }

    /// A path is quiet again: looks at the experiments that it concerns.
    fn settled(&mut self, path: &Path) {
        if path == self.options.folder {
            return self.look_at_everything();
        }
        let files: Vec<PathBuf> = self.known.keys().cloned().collect();
        let mut looked = false;
        for file in files {
            let known = &self.known[&file];
            if known.sources.iter().any(|source| source == path) || file == path {
                self.look(&file, Cause::File);
                looked = true;
            } else if data_folders(known).iter().any(|folder| folder == path) {
                self.look(&file, Cause::Data);
                looked = true;
            }
        }
        if !looked && is_experiment(path) {
            self.look(path, Cause::File);
        }
    }

    /// Looks at every experiment file there is, and at those that were there.
    fn look_at_everything(&mut self) {
        let mut files: BTreeSet<PathBuf> = experiment_files(&self.options.folder).into_iter().collect();
        files.extend(self.known.keys().cloned());
        files.iter().for_each(|file| self.look(file, Cause::Survey));
    }

    /// Loads an experiment and decides what its present content means.
    fn look(&mut self, file: &Path, cause: Cause) {
        if !file.is_file() {
            return self.removed(file);
        }
        match (self.tools.load)(file) {
            Ok(experiment) => self.loaded(file, experiment, cause),
            Err(problems) => self.broken(file, &problems),
        }
        self.watch_all();
    }

    fn loaded(&mut self, file: &Path, experiment: Experiment, cause: Cause) {
        let known = self.known.entry(file.to_owned()).or_default();
        let before = known.experiment.replace(experiment.clone());
        let mended = known.broken.take().is_some();
        known.sources = experiment.source_files.clone();
        let same = before.as_ref().is_some_and(|before| is_same(before, &experiment));
        if same && !mended && cause != Cause::Data {
            if cause == Cause::File {
                self.report(WatchEvent::Unchanged { experiment: file.to_owned() });
            }
            return;
        }
        let changes = before.map(|before| spec::diff(&before, &experiment)).unwrap_or_default();
        self.report(WatchEvent::Changed {
            experiment: file.to_owned(),
            changes: changes.iter().map(ToString::to_string).collect(),
            data: cause == Cause::Data,
        });
        self.submit(file);
    }

    fn submit(&mut self, file: &Path) {
        let experiment = file.to_owned();
        match self.queue.submit(file) {
            Decision::Next => {}
            Decision::Ignore => self.report(WatchEvent::Skipped { experiment }),
            Decision::Stop => self.stop_running(file, "it changed"),
            Decision::Wait => {
                let queue = self.queue.waiting().map(Path::to_owned).collect();
                self.report(WatchEvent::Queued { experiment, queue });
            }
        }
    }

    fn broken(&mut self, file: &Path, problems: &Problems) {
        let text = (self.tools.render)(problems);
        let known = self.known.entry(file.to_owned()).or_default();
        known.sources = problems.source_files().to_vec();
        if known.broken.as_ref() != Some(&text) {
            known.broken = Some(text.clone());
            self.report(WatchEvent::Broken { experiment: file.to_owned(), problems: text });
        }
    }

    fn removed(&mut self, file: &Path) {
        if self.known.remove(file).is_none() {
            return;
        }
        self.report(WatchEvent::Removed { experiment: file.to_owned() });
        if self.queue.withdraw(file) {
            self.stop_running(file, "its file is gone");
        }
    }

    fn stop_running(&self, file: &Path, why: &str) {
        if let Some(worker) = self.worker.as_ref().filter(|worker| !worker.stop.is_requested()) {
            self.report(WatchEvent::Stopping { experiment: file.to_owned(), why: why.to_owned() });
            worker.stop.request();
        }
    }

    fn start_next(&mut self) {
        while let Some(file) = self.queue.begin() {
            let experiment = self.known.get(&file).and_then(|known| known.experiment.clone());
            let Some(experiment) = experiment else {
                self.queue.end();
                continue;
            };
            let (sender, path) = (self.sender.clone(), file.clone());
            let ended = move |finish| drop(sender.send(Message::Ended(path, finish)));
            self.worker = Some(Worker::start(&self.tools, file, experiment, ended));
        }
    }

    fn ended(&mut self, file: &Path, finish: Finish) {
        if let Some(worker) = self.worker.take() {
            worker.join();
        }
        self.queue.end();
        if let Some(known) = self.known.get_mut(file) {
            known.failed = finish == Finish::Failed;
        }
    }

    /// Watches the folder, what its experiments extend, and their images.
    fn watch_all(&mut self) {
        let mut folders = BTreeSet::from([self.options.folder.clone()]);
        for known in self.known.values() {
            folders.extend(known.sources.iter().filter_map(|source| source.parent().map(Path::to_owned)));
            folders.extend(data_folders(known));
        }
        // What lies below another watched folder is watched with it.
        let outer = folders.clone();
        folders.retain(|folder| !outer.iter().any(|other| other != folder && folder.starts_with(other)));
        if let Err(error) = self.watcher.update(folders.clone()) {
            self.fall_back(&error, folders);
        }
    }

    /// Polls from now on: the system has no events for us, or no more of them.
    fn fall_back(&mut self, error: &notify::Error, folders: BTreeSet<PathBuf>) {
        if self.watcher.polling().is_some() {
            return;
        }
        self.report(WatchEvent::Polling { why: error.to_string() });
        self.options.poll = Some(Watcher::fallback());
        if let Ok(mut watcher) = Watcher::start(self.options.poll, hear(&self.sender)) {
            // A folder that cannot even be polled is looked at when it is back.
            let _ = watcher.update(folders);
            self.watcher = watcher;
        }
    }

    /// Notices when the folder goes and comes back.
    fn check_folder(&mut self) {
        let is_there = self.options.folder.is_dir();
        if is_there == self.is_there {
            return;
        }
        self.is_there = is_there;
        let folder = self.options.folder.clone();
        if is_there {
            self.report(WatchEvent::Back { folder });
        } else {
            self.watcher.forget(&folder);
            self.report(WatchEvent::Lost { folder });
        }
        self.look_at_everything();
        self.watch_all();
    }

    fn report(&self, event: WatchEvent) {
        self.tools.reporter.event(&event);
    }
}

/// Why an experiment is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// It, or what it extends, was saved.
    File,
    /// Its images changed.
    Data,
    /// Everything is looked at.
    Survey,
}

fn begin(tools: &Tools, options: &Options, sender: &Sender<Message>) -> Result<Watcher, WatchError> {
    let unwatchable = |source| WatchError::Unwatchable { folder: options.folder.clone(), source };
    let folders = BTreeSet::from([options.folder.clone()]);
    let started = Watcher::start(options.poll, hear(sender)).and_then(|mut watcher| {
        watcher.update(folders.clone())?;
        Ok(watcher)
    });
    match started {
        Ok(watcher) => Ok(watcher),
        Err(error) if options.poll.is_none() => {
            tools.reporter.event(&WatchEvent::Polling { why: error.to_string() });
            let mut watcher = Watcher::start(Some(Watcher::fallback()), hear(sender)).map_err(unwatchable)?;
            watcher.update(folders).map_err(unwatchable)?;
            Ok(watcher)
        }
        Err(error) => Err(unwatchable(error)),
    }
}

fn hear(sender: &Sender<Message>) -> super::watcher::Heard {
    let sender = sender.clone();
    // The session may have ended: then nobody listens, and nothing is lost.
    Box::new(move |paths| drop(sender.send(Message::Heard(paths))))
}

/// Whether two experiments mean the same and belong to the same name.
fn is_same(before: &Experiment, after: &Experiment) -> bool {
    before.name == after.name && before.digest() == after.digest()
}

/// The image folders of an experiment.
fn data_folders(known: &Known) -> Vec<PathBuf> {
    let Some(experiment) = &known.experiment else { return Vec::new() };
    let mut folders = vec![experiment.data.train.clone()];
    if let Validation::Folder(folder) = &experiment.data.validation {
        folders.push(folder.clone());
    }
    folders
}

fn is_experiment(path: &Path) -> bool {
    let is_hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
    !is_hidden && path.extension().is_some_and(|extension| extension == "toml")
}

/// The experiment files in a folder and below, in the order of their names. Runs and hidden folders are passed over.
pub fn experiment_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in crate::files::list_folder(&folder).unwrap_or_default() {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() && !name.starts_with('.') && name != "runs" {
                folders.push(path);
            } else if is_experiment(&path) && path.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn was_suspended(before: SystemTime, after: SystemTime, monotonic: Duration) -> bool {
    after.duration_since(before).is_ok_and(|wall| wall > monotonic + SUSPENDED)
}
