//! The states of one training at increasing epochs. The key leaves out the number of epochs: a longer training goes on from
//! the end of a shorter one, and from the latest state of one that was interrupted.

use std::path::Path;

use super::envelope::{At, Contents, Kind};
use super::error::CacheError;
use super::folder::EntryFolder;
use super::key::{Inputs, Key};
use super::root::Cache;
use super::warning::Damage;
use crate::files::{self, Lock, Wait};

/// The states stored under one key.
#[derive(Clone, Debug)]
pub struct Ladder {
    folder: EntryFolder,
}

/// A stored training state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Where it stands.
    pub at: At,
    /// The training's own bytes.
    pub bytes: Vec<u8>,
}

/// What a training of so many epochs would find, by the headers alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The finished training.
    Finished(At),
    /// A state to go on from.
    Start(At),
    /// Nothing.
    Nothing,
}

/// What a training of so many epochs found.
#[derive(Debug)]
pub enum Climb {
    /// The finished training.
    Finished(State),
    /// Train, from the state if there is one. Whoever asks meanwhile waits.
    Train(Rungs, Option<State>),
}

impl Cache {
    /// The ladder of a key, whose inputs leave out the number of epochs. Touches nothing.
    pub fn ladder(&self, inputs: &Inputs) -> Ladder {
        Ladder { folder: self.folder(inputs) }
    }
}

impl Ladder {
    /// The ladder's key.
    pub fn key(&self) -> &Key {
        self.folder.key()
    }

    /// What a training of `epochs` would find. Changes nothing, waits for nobody, and does not read the states themselves.
    pub fn look(&self, epochs: u32) -> Result<Standing, CacheError> {
        let mut start = Standing::Nothing;
        for candidate in self.candidates(epochs)? {
            match candidate {
                Candidate { at, finished: true, .. } => return Ok(Standing::Finished(at)),
                Candidate { at, .. } if start == Standing::Nothing => start = Standing::Start(at),
                Candidate { .. } => {}
            }
        }
        Ok(start)
    }

    /// The finished training of `epochs`, or the right to train it and the furthest state on the way.
    ///
    /// Waits while another process trains under this key. Damaged states are warned about, removed and passed over.
    pub fn climb(&self, epochs: u32, mut wait: Wait<'_>) -> Result<Climb, CacheError> {
        if let Some(state) = self.finished(epochs)? {
            self.folder.touch();
            return Ok(Climb::Finished(state));
        }
        let lock = self.folder.lock(&mut wait)?;
        self.folder.touch();
        self.discard_damaged()?;
        for candidate in self.candidates(epochs)? {
            match self.folder.load(&candidate.name, Kind::State) {
                Contents::Whole(at, bytes) if candidate.finished => return Ok(Climb::Finished(State { at, bytes })),
                Contents::Whole(at, bytes) => {
                    return Ok(Climb::Train(self.rungs(epochs, lock), Some(State { at, bytes })));
                }
                Contents::Absent => {}
                Contents::Damaged(damage) => self.discard(&candidate.name, &damage)?,
            }
        }
        Ok(Climb::Train(self.rungs(epochs, lock), None))
    }

    /// The right to train `epochs` from the beginning, whatever is stored. Waits like [`Ladder::climb`].
    pub fn climb_afresh(&self, epochs: u32, mut wait: Wait<'_>) -> Result<Rungs, CacheError> {
        let lock = self.folder.lock(&mut wait)?;
        self.folder.touch();
        for (name, _) in self.names()? {
            if !matches!(self.folder.peek(&name), Err(Damage::Newer { .. })) {
                files::remove_file(&self.folder.path().join(name))?;
            }
        }
        Ok(self.rungs(epochs, lock))
    }

    fn rungs(&self, epochs: u32, lock: Lock) -> Rungs {
        Rungs { ladder: self.clone(), epochs, _lock: lock }
    }

    /// The finished training, without a lock; what is damaged is left for whoever has it.
    fn finished(&self, epochs: u32) -> Result<Option<State>, CacheError> {
        for candidate in self.candidates(epochs)?.into_iter().filter(|candidate| candidate.finished) {
            if let Contents::Whole(at, bytes) = self.folder.load(&candidate.name, Kind::State) {
                return Ok(Some(State { at, bytes }));
            }
        }
        Ok(None)
    }

    /// What is of use to a training of `epochs`: finished ones first, then the furthest.
    fn candidates(&self, epochs: u32) -> Result<Vec<Candidate>, CacheError> {
        let mut candidates = Vec::new();
        for (name, is_milestone) in self.names()? {
            let Ok(Some(at)) = self.folder.peek(&name) else { continue };
            let finished = is_milestone && (at == At::epoch(epochs) || (at.ended_early && at.epochs <= epochs));
            if finished || (!at.ended_early && at <= At::epoch(epochs)) {
                candidates.push(Candidate { name, at, finished });
            }
        }
        candidates.sort_by_key(|candidate| std::cmp::Reverse((candidate.finished, candidate.at)));
        Ok(candidates)
    }

    /// The names of the stored states, and whether each is a milestone (or else progress).
    fn names(&self) -> Result<Vec<(String, bool)>, CacheError> {
        let paths = files::list_folder(self.folder.path())?;
        let named = paths.iter().filter_map(|path| {
            let name = path.file_name()?.to_str()?;
            is_state(path).then(|| (name.to_owned(), name.starts_with("epochs-")))
        });
        Ok(named.collect())
    }

    fn discard_damaged(&self) -> Result<(), CacheError> {
        for (name, _) in self.names()? {
            if let Err(damage) = self.folder.peek(&name) {
                self.discard(&name, &damage)?;
            }
        }
        Ok(())
    }

    fn discard(&self, name: &str, damage: &Damage) -> Result<(), CacheError> {
        self.folder.warn(&self.folder.path().join(name), damage.clone());
        self.folder.discard(name, damage)
    }
}

struct Candidate {
    name: String,
    at: At,
    finished: bool,
}

/// Whether the path names a training state.
pub(super) fn is_state(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.ends_with(".state") && (name.starts_with("epochs-") || name.starts_with("progress-"))
}

/// The right, held by one process at a time, to store states of one training. Dropped, it leaves the latest state.
#[derive(Debug)]
pub struct Rungs {
    ladder: Ladder,
    epochs: u32,
    _lock: Lock,
}

impl Rungs {
    /// Replaces the state from which an interrupted training goes on.
    pub fn checkpoint(&mut self, at: At, bytes: &[u8]) -> Result<(), CacheError> {
        self.ladder.folder.store(&progress(self.epochs), (Kind::State, at), bytes)
    }

    /// The furthest state that is stored, and whole.
    pub fn furthest(&self) -> Result<Option<State>, CacheError> {
        let folder = &self.ladder.folder;
        let states = self.ladder.candidates(self.epochs)?.into_iter();
        Ok(states.map(|it| folder.load(&it.name, Kind::State)).find_map(|contents| match contents {
            Contents::Whole(at, bytes) => Some(State { at, bytes }),
            Contents::Absent | Contents::Damaged(_) => None,
        }))
    }

    /// Stores the finished training. States on the way to it are then of no use, and go.
    pub fn finish(self, at: At, bytes: &[u8]) -> Result<(), CacheError> {
        let folder = &self.ladder.folder;
        folder.store(&format!("epochs-{:06}.state", at.epochs), (Kind::State, at), bytes)?;
        for (name, is_milestone) in self.ladder.names()? {
            let passed = folder.peek(&name).is_ok_and(|stored| stored.is_some_and(|stored| stored <= at));
            if !is_milestone && (passed || name == progress(self.epochs)) {
                files::remove_file(&folder.path().join(name))?;
            }
        }
        Ok(())
    }
}

fn progress(epochs: u32) -> String {
    format!("progress-{epochs:06}.state")
}
