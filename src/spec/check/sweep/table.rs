//! The table itself: strategy, trials, pruner, and what its parts must not be together.

use super::candidate::kinds;
use crate::spec::assignments::dotted;
use crate::spec::check::Checker;
use crate::spec::key::Key;
use crate::spec::knobs::{PrunerKind, Strategy, Trials};
use crate::spec::model::{Axis, Pruner, Sweep, Zip};
use crate::spec::problem::Problem;
use crate::spec::raw::{self, Field};
use crate::spec::sweep::{LARGEST_GRID, combinations};

impl Checker<'_> {
    pub(in crate::spec::check) fn sweep(&mut self, raw: raw::Sweep) -> Option<Sweep> {
        let at = Key::dotted("sweep");
        let strategy = self.required(at.join("strategy"), raw.strategy);
        let trials = self.trials(raw.trials, strategy);
        let seed = self.required(at.join("seed"), raw.seed);
        let repeats = self.required(at.join("repeats"), raw.repeats);
        let objective = self.required(at.join("objective"), raw.objective);
        let parallel = self.required(at.join("parallel"), raw.parallel);
        let zip = self.zip(raw.zip);
        let kinds = kinds(&raw.space, zip.as_deref().unwrap_or_default());
        let space = self.space(raw.space, &kinds);
        self.candidates_of_zip(zip.as_deref().unwrap_or_default(), &kinds);
        self.keys_vary_once(space.as_deref().unwrap_or_default(), zip.as_deref().unwrap_or_default());
        if let (Some(space), Some(zip)) = (&space, &zip) {
            self.conditions(space, zip, strategy);
        }
        self.bounded(space.as_deref().unwrap_or_default(), zip.as_deref().unwrap_or_default(), strategy);
        let exclude = self.exclude(raw.exclude, (space.as_deref(), zip.as_deref()), strategy);
        let pruner = self.section(raw.pruner, Self::pruner);
        if let (Some([]), Some([])) = (space.as_deref(), zip.as_deref()) {
            let problem = Problem::invalid(self.key(&at), "nothing varies in this sweep").about(&at.join("space"));
            let problem = problem.label("expected `[sweep.space]` with one key or more");
            self.problems.push(problem.help("for example `\"top.dropout\" = [0.3, 0.5, 0.7]`"));
        }
        Some(Sweep {
            strategy: strategy?,
            trials: trials?,
            seed: seed?,
            repeats: repeats?,
            objective: objective?,
            parallel: parallel?,
            space: space?,
            zip: zip?,
            exclude: exclude?,
            pruner: pruner?,
        })
    }

    fn trials(&mut self, field: Field<Trials>, strategy: Option<Strategy>) -> Option<Option<Trials>> {
        let key = Key::dotted("sweep.trials");
        let trials = self.optional(&key, field)?;
        match (strategy, trials) {
            (Some(Strategy::Random | Strategy::Tpe), None) => {
                self.missing(&key);
                None
            }
            (Some(Strategy::Grid), _) => Some(None),
            (Some(Strategy::Random | Strategy::Tpe) | None, trials) => Some(trials),
        }
    }

    fn keys_vary_once(&mut self, space: &[Axis], zip: &[Zip]) {
        let axes = space.iter().map(|axis| (axis.key.as_str(), Key::dotted("sweep.space").join(&axis.key)));
        let columns = zip.iter().enumerate().flat_map(|(index, zip)| {
            let at = Key::dotted("sweep.zip").join(index);
            zip.columns.iter().map(move |(name, _)| (name.as_str(), at.join(name)))
        });
        let mut seen: Vec<Varied<'_>> = Vec::new();
        for (name, at) in axes.chain(columns) {
            let Some(key) = dotted(name) else { continue };
            let varied = Varied { name, key, at };
            match seen.iter().find(|other| varied.key.is_within(&other.key) || other.key.is_within(&varied.key)) {
                Some(first) => self.varies_twice(first, &varied),
                None => seen.push(varied),
            }
        }
    }

    fn varies_twice(&mut self, first: &Varied<'_>, again: &Varied<'_>) {
        let problem = |title: String| Problem::invalid(self.key(&again.at), title).about(&again.at);
        let problem = if first.key == again.key {
            let problem = problem(format!("`{}` varies twice", again.name)).label("again here");
            problem.with(self.key(&first.at), "it varies here")
        } else {
            let (inner, outer) = if again.key.is_within(&first.key) { (again, first) } else { (first, again) };
            let problem = problem(format!("`{}` varies within `{}`, which varies, too", inner.name, outer.name));
            let problem = problem.label(format!("`{}` varies here", again.name));
            let problem = problem.with(self.key(&first.at), format!("`{}` varies here", first.name));
            problem.help("vary a table as a whole, or its keys by themselves")
        };
        self.problems.push(problem);
    }

    /// Reports a grid of more points than anybody could run.
    fn bounded(&mut self, space: &[Axis], zip: &[Zip], strategy: Option<Strategy>) {
        let count = combinations(space, zip);
        if strategy == Some(Strategy::Grid) && count > LARGEST_GRID {
            let at = Key::dotted("sweep.space");
            let problem = Problem::invalid(self.key(&at), "the grid is too large").about(&at);
            let problem = problem.label(format!("{count} combinations, of which a grid may have {LARGEST_GRID}"));
            let hint =
                "take fewer values or `steps`, or `strategy = \"random\"` and as many `trials` as you want to run";
            self.problems.push(problem.help(hint));
        }
    }

    fn pruner(&mut self, raw: raw::Pruner) -> Option<Pruner> {
        let at = Key::dotted("sweep.pruner");
        let kind = self.required(at.join("kind"), raw.kind);
        let word = kind.map(PrunerKind::word);
        let min_epochs = self.of_kind(word, &at.join("min_epochs"), raw.min_epochs);
        let reduction = self.of_kind(word, &at.join("reduction"), raw.reduction);
        let warmup_epochs = self.of_kind(word, &at.join("warmup_epochs"), raw.warmup_epochs);
        let startup_trials = self.of_kind(word, &at.join("startup_trials"), raw.startup_trials);
        Some(match kind? {
            PrunerKind::Asha => Pruner::Asha { min_epochs: min_epochs?, reduction: reduction? },
            PrunerKind::Median => Pruner::Median { warmup_epochs: warmup_epochs?, startup_trials: startup_trials? },
        })
    }
}

/// A key that varies, and where that is said.
struct Varied<'a> {
    name: &'a str,
    key: Key,
    at: Key,
}
