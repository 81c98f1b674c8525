//! A sweep that was submitted, as `sweep status|wait|cancel|logs` find it.

use std::path::Path;
use std::sync::Arc;

use super::cluster::cluster;
use super::reference;
use crate::cli::args::OneSweep;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::runs::Runs;
use crate::spec::knobs::Strategy;
use crate::spec::{Experiment, OnDisk, model};
use crate::sweep::{self, Cluster, Index, Standings, SweepDir, SweepError};

/// A sweep that was submitted.
pub struct Found {
    pub cluster: Cluster,
    pub runs: Runs,
    pub dir: SweepDir,
    pub index: Index,
    /// Its `[sweep]`.
    pub table: model::Sweep,
}

impl Found {
    pub fn of(context: &Context, sweep: &OneSweep) -> Result<Self, Failure> {
        match Self::named(context, &sweep.file)? {
            Some(found) => Ok(found),
            None => Self::defined(context, sweep),
        }
    }

    /// A sweep by its id, its folder, or its experiment's name.
    fn named(context: &Context, wanted: &Path) -> Result<Option<Self>, Failure> {
        if wanted.is_file() {
            return Ok(None);
        }
        let path = reference::find(&context.runs_here(), &wanted.to_string_lossy())?;
        let Some(dir) = path.and_then(|path| SweepDir::at(&path)) else { return Ok(None) };
        let Some(index) = dir.index()? else { return Ok(None) };
        let base = context.load_frozen(&dir.file("sweep.toml"), OnDisk::Unchecked);
        let base = base.map_err(|problems| Failure::of_spec(&problems, context.colour))?;
        let Some(table) = base.sweep.clone() else { return Ok(None) };
        let runs = Runs::at(dir.runs(), Arc::clone(&context.clock));
        Ok(Some(Self { cluster: cluster(), runs, dir, index: index.wanted(&table), table }))
    }

    /// The sweep that an experiment file defines.
    fn defined(context: &Context, OneSweep { file, set }: &OneSweep) -> Result<Self, Failure> {
        let base: Experiment = context.load(file, set, OnDisk::Unchecked)?;
        let Some(table) = base.sweep.clone() else { return Err(SweepError::NoSweep { file: file.clone() }.into()) };
        let runs = context.runs_of(&base.project_root);
        let name = base.name.as_str();
        let is_first = SweepDir::list(&runs, name)?.is_empty();
        let earlier = if is_first { String::new() } else { format!(", and `{name}@sweep` is the latest before") };
        let missing = || SweepError::NotFound {
            wanted: format!("sweep of `{}` as it is now; `frostline sweep` submits it{earlier}", file.display()),
        };
        let dir = SweepDir::find(&runs, name, &base.sweep_digest())?.ok_or_else(missing)?;
        let index = dir.index()?.ok_or_else(missing)?;
        Ok(Self { cluster: cluster(), runs, dir, index: index.wanted(&table), table })
    }

    /// As it is now: points may have been frozen since.
    pub fn again(&self) -> Result<Self, Failure> {
        let index = self.dir.index()?.map_or_else(|| self.index.clone(), |index| index.wanted(&self.table));
        let (cluster, runs, dir) = (self.cluster.clone(), self.runs.clone(), self.dir.clone());
        Ok(Self { cluster, runs, dir, index, table: self.table.clone() })
    }

    /// How it stands.
    pub fn standings(&self) -> Result<Standings, SweepError> {
        sweep::standings(&self.cluster, &self.runs, (&self.dir, &self.index, &self.table))
    }

    /// How many points may still be chosen.
    pub fn to_choose(&self) -> u32 {
        trials(&self.table).saturating_sub(self.index.points.len() as u32)
    }
}

/// How many points there are to be, where they are chosen as the sweep runs; else 0.
pub fn trials(sweep: &model::Sweep) -> u32 {
    sweep.trials.filter(|_| sweep.strategy == Strategy::Tpe).map_or(0, |trials| trials.get())
}
