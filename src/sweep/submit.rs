//! From an experiment to a frozen sweep: every point resolved, looked at, and written, before the first one starts.

use super::draft::{DraftPoint, drafts};
use super::error::SweepError;
use super::folder::SweepDir;
use super::freeze::{folder, freeze};
use super::index::Index;
use super::space::{chosen, points};
use super::tools::Tools;
use crate::runs::Runs;
use crate::spec::Experiment;
use crate::spec::model::Sweep;
use crate::stages::Preparer;

/// All points of a sweep that are known before it runs, with everything that they read; those that an earlier process has chosen included.
///
/// # Errors
///
/// Points that make no valid experiment; images or weights that are unusable.
pub fn known_points(
    base: &Experiment,
    sweep: &Sweep,
    runs: &Runs,
    preparer: &Preparer,
) -> Result<Vec<DraftPoint>, SweepError> {
    let mut all = points(base, sweep)?;
    let earlier = SweepDir::find(runs, base.name.as_str(), &base.sweep_digest())?;
    if let Some(index) = earlier.map(|dir| dir.index()).transpose()?.flatten() {
        preparer.keep_to(&index.init);
        all.extend(chosen(base, sweep, &all, &index)?);
    }
    match all.is_empty() {
        true => Err(SweepError::Empty),
        false => drafts(base, &all, sweep.repeats.get(), preparer),
    }
}

/// Freezes the points of a sweep, and gives its folder and the part of its index that is wanted now.
///
/// # Errors
///
/// A disk that refuses, or a stop while another process freezes.
pub fn submit(
    base: &Experiment,
    sweep: &Sweep,
    points: &[DraftPoint],
    tools: &Tools<'_>,
) -> Result<(SweepDir, Index), SweepError> {
    let dir = folder(base, tools)?;
    let index = freeze(base, &dir, points, tools)?;
    Ok((dir, index.first(Some(points.len() as u32), sweep.repeats.get())))
}
