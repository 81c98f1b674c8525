//! What a sweep consists of, as it was frozen: `index.json`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::runs::Identity;
use crate::spec::model::Sweep;
use crate::spec::sweep::Point;

/// A newer one is refused.
pub(super) const VERSION: u32 = 1;

/// The content of `index.json`: the points that are frozen, never how they stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// Of the format.
    pub version: u32,
    /// The experiment's name.
    pub name: String,
    /// What defines the sweep, by content.
    pub definition: Digest,
    /// The project's folder, where the sweep's own place does not tell.
    pub project: Option<PathBuf>,
    /// The run that each `top.init` meant when the first of its points was frozen; all others begin with that one too, whatever is the
    /// latest or the best run by then.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub init: BTreeMap<String, String>,
    /// The points, in their order.
    pub points: Vec<FrozenPoint>,
}

/// A point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrozenPoint {
    /// Counted from 1.
    pub point: u32,
    /// The settings that it replaces.
    pub values: Point,
    /// Its repeats, in the order of their seeds.
    pub tasks: Vec<Task>,
}

/// One run of a point: with one seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The point, counted from 1.
    pub point: u32,
    /// The seed of the run.
    pub seed: u64,
    /// The number that is set aside for its run.
    pub number: u32,
    /// What the run is of.
    pub identity: Identity,
}

impl Task {
    /// The name of its files: `0003-seed0`.
    pub fn name(&self) -> String {
        format!("{:04}-seed{}", self.point, self.seed)
    }

    /// Whether people may mean it: by its point, as `3`, or by its name, as `0003-seed0`.
    pub fn is_called(&self, text: &str) -> bool {
        self.name() == text || text.parse() == Ok(self.point)
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (seed {})", self.point, self.seed)
    }
}

impl Index {
    /// All tasks, point by point.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.points.iter().flat_map(|point| &point.tasks)
    }

    /// The part that a definition wants, which may have been wider before.
    pub fn wanted(&self, sweep: &Sweep) -> Self {
        self.first(sweep.trials.map(|trials| trials.get()), sweep.repeats.get())
    }

    /// The part that is wanted now: so many points and so many repeats of each.
    pub fn first(&self, points: Option<u32>, repeats: u32) -> Self {
        let wanted = points.map_or(self.points.len(), |points| points as usize);
        let mut part = self.clone();
        part.points.truncate(wanted);
        part.points.iter_mut().for_each(|point| point.tasks.truncate(repeats as usize));
        part
    }
}
