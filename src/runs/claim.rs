//! Finding the run of an experiment, or making it: one directory per identity, one process per directory.

use std::path::{Path, PathBuf};

use super::active::ActiveRun;
use super::directory::{RunDir, SPEC};
use super::error::RunError;
use super::identity::{Identity, RunId};
use super::process::ProcessTable;
use super::root::Runs;
use super::status::{RUN_LOCK, State, Status};
use crate::files::{self, Lock, Wait};

/// Starts the name of a directory that is being made.
const UNBORN: &str = ".new-";
/// Holds the highest number that was set aside.
const RESERVED: &str = ".reserved";

/// What to do with a run that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Show it.
    Show,
    /// Work on it again, in its own directory.
    Rerun,
}

/// The run that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The experiment's name.
    pub name: &'a str,
    /// What the run is of.
    pub identity: Identity,
    /// The resolved experiment, as `spec.toml` will hold it.
    pub spec: &'a str,
    /// What to do if the run is done.
    pub again: Again,
}

/// What became of an order.
#[derive(Debug)]
pub enum Claim {
    /// The run is done.
    Done(RunDir),
    /// The run is this process's to work on: new, or to go on with.
    Mine(Box<ActiveRun>),
}

impl Runs {
    /// The run of an identity and its state as it is now, if there is one. Waits for nobody and changes nothing.
    pub fn find(&self, name: &str, identity: &Identity) -> Result<Option<(RunDir, State)>, RunError> {
        Ok(self.find_among(&self.list(Some(name))?, identity))
    }

    /// As [`Runs::find`], among runs that were listed before: for whoever looks for many.
    pub fn find_among(&self, list: &[RunDir], identity: &Identity) -> Option<(RunDir, State)> {
        let hex = identity.spec.short();
        let mut same = list.iter().rev().filter(|run| run.id().hex == hex);
        let found = same.find(|run| run.status().is_ok_and(|status| status.identity == *identity));
        found.map(|run| (run.clone(), self.state(run)))
    }

    /// The run of an identity: done already, taken up again, or made. Waits while another process works on it.
    pub fn claim(&self, order: Order<'_>, wait: Wait<'_>) -> Result<Claim, RunError> {
        self.claim_as(None, order, wait)
    }

    /// As [`Runs::claim`]; a run that is made has the number that was reserved for it.
    pub fn claim_as(&self, number: Option<u32>, order: Order<'_>, mut wait: Wait<'_>) -> Result<Claim, RunError> {
        let folder = self.folder(order.name)?;
        loop {
            let naming = Lock::exclusive(&folder.join(".lock"), &mut wait)?;
            let Some((run, _)) = self.find(order.name, &order.identity)? else {
                return Ok(Claim::Mine(Box::new(self.create(&folder, order, number)?)));
            };
            let lock_path = run.file(RUN_LOCK);
            if let Some(lock) = Lock::try_exclusive(&lock_path)? {
                drop(naming);
                return self.take_up(run, order, lock);
            }
            // Others must be able to name runs while this one is waited for.
            drop(naming);
            drop(Lock::exclusive(&lock_path, &mut wait)?);
        }
    }

    fn take_up(&self, run: RunDir, order: Order<'_>, lock: Lock) -> Result<Claim, RunError> {
        let mut status = run.status()?;
        if status.state == State::Done && order.again == Again::Show {
            return Ok(Claim::Done(run));
        }
        files::clear_stale(run.path())?;
        files::write_atomic(&run.file(SPEC), order.spec.as_bytes())?;
        status.state = State::Running;
        status.finished = None;
        status.message = None;
        status.heartbeat = self.now();
        status.process = ProcessTable::default().own();
        status.resumed += 1;
        status.version = env!("CARGO_PKG_VERSION").to_owned();
        status.write(run.path())?;
        Ok(Claim::Mine(Box::new(ActiveRun::new(run, status, self.clock.clone(), lock))))
    }

    /// Sets numbers aside for runs that are to be made later: no other run gets them.
    ///
    /// `keep` is told the first free number, notes what it takes where it lasts, and says which was the last; killed after that, it finds its
    /// note, and asks again.
    pub fn reserve<E: From<RunError>>(
        &self,
        name: &str,
        mut wait: Wait<'_>,
        keep: impl FnOnce(u32) -> Result<u32, E>,
    ) -> Result<(), E> {
        let folder = self.folder(name)?;
        let _naming = Lock::exclusive(&folder.join(".lock"), &mut wait).map_err(RunError::from)?;
        let first = self.next_number(name)?;
        let last = keep(first)?;
        if last >= first {
            let text = format!("{last}\n");
            files::write_atomic(&folder.join(RESERVED), text.as_bytes()).map_err(RunError::from)?;
        }
        Ok(())
    }

    /// The number after all that were given or set aside.
    fn next_number(&self, name: &str) -> Result<u32, RunError> {
        let given = self.list(Some(name))?.last().map_or(0, |last| last.id().number);
        let reserved = files::read_if_there(&self.folder(name)?.join(RESERVED))?;
        let reserved = reserved.and_then(|bytes| String::from_utf8(bytes).ok()?.trim().parse().ok()).unwrap_or(0);
        Ok(given.max(reserved) + 1)
    }

    /// Makes a directory aside and moves it to its place with all in it that a run must have. The name's lock is held.
    fn create(&self, folder: &Path, order: Order<'_>, number: Option<u32>) -> Result<ActiveRun, RunError> {
        clear_unborn(folder)?;
        let unborn = folder.join(format!("{UNBORN}{}", std::process::id()));
        files::create_folder(&unborn)?;
        let status = self.first_status(order.identity);
        let lock = hold(&unborn)?;
        files::write_atomic(&unborn.join(SPEC), order.spec.as_bytes())?;
        status.write(&unborn)?;
        let taken = |number: &u32| {
            self.list(Some(order.name)).is_ok_and(|runs| runs.iter().any(|run| run.id().number == *number))
        };
        let number = match number.filter(|number| !taken(number)) {
            Some(number) => number,
            None => self.next_number(order.name)?,
        };
        let path = folder.join(RunId { number, hex: order.identity.spec.short() }.to_string());
        files::rename(&unborn, &path)?;
        let run = RunDir::at(&path).expect("a path that was made of a name and an id");
        Ok(ActiveRun::new(run, status, self.clock.clone(), lock))
    }

    fn first_status(&self, identity: Identity) -> Status {
        let now = self.now();
        Status {
            state: State::Running,
            stage: None,
            epoch: None,
            epochs: None,
            heartbeat: now,
            started: now,
            finished: None,
            message: None,
            identity,
            process: ProcessTable::default().own(),
            resumed: 0,
            keys: Vec::new(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// The lock of a directory that nobody else knows of yet.
fn hold(unborn: &Path) -> Result<Lock, RunError> {
    let path: PathBuf = unborn.join(RUN_LOCK);
    let busy = || RunError::Damaged { path: path.clone(), why: "a lock in a new directory is already held".to_owned() };
    Lock::try_exclusive(&path)?.ok_or_else(busy)
}

/// Removes directories whose makers were stopped. The name's lock is held, so nobody is making one.
fn clear_unborn(folder: &Path) -> Result<(), RunError> {
    for path in files::list_folder(folder)? {
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNBORN)) {
            files::remove_folder(&path)?;
        }
    }
    Ok(())
}
