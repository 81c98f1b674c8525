//! Points with everything that they read: what can be planned, and then frozen.

use super::error::SweepError;
use super::space::{Resolved, repeat};
use crate::runs::Identity;
use crate::spec::Experiment;
use crate::spec::sweep::Point;
use crate::stages::{self, Prepared, Preparer};

/// A run of a point, before it is frozen.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The experiment and all that it reads.
    pub prepared: Prepared,
    /// What the run would be of.
    pub identity: Identity,
}

/// A point with its repeats.
#[derive(Clone, Debug)]
pub struct DraftPoint {
    /// The settings that it replaces.
    pub values: Point,
    /// The earlier run that its tops go on from, where they do: as its experiment names it, and that very run.
    pub init: Option<(String, String)>,
    /// Its runs, in the order of their seeds.
    pub runs: Vec<Draft>,
}

/// Looks at the images and weights of every run of every point.
///
/// # Errors
///
/// Images or weights that are unusable.
pub fn drafts(
    base: &Experiment,
    points: &[Resolved],
    repeats: u32,
    preparer: &Preparer,
) -> Result<Vec<DraftPoint>, SweepError> {
    points.iter().map(|point| draft(base, point, repeats, preparer)).collect()
}

/// As [`drafts`], for one point.
pub fn draft(base: &Experiment, point: &Resolved, repeats: u32, preparer: &Preparer) -> Result<DraftPoint, SweepError> {
    let run = |nth| {
        let invalid = |problems| super::error::InvalidPoint {
            point: super::space::shown(&point.values),
            problems: Box::new(problems),
        };
        let experiment =
            repeat(point, base, nth).map_err(|problems| SweepError::Invalid { invalid: vec![invalid(problems)] })?;
        let prepared = preparer.prepare(experiment)?;
        Ok(Draft { identity: stages::identity(&prepared), prepared })
    };
    let runs = (0..repeats).map(run).collect::<Result<Vec<Draft>, SweepError>>()?;
    let found = runs.first().and_then(|run| run.prepared.experiment.top.init.run());
    let init = point.experiment.top.init.run().zip(found).map(|(wanted, found)| (wanted.to_owned(), found.to_owned()));
    Ok(DraftPoint { values: point.values.clone(), init, runs })
}
