//! The table itself: strategy, trials, pruner, and what its parts must not be together.

use super::candidate::kinds;
use crate::spec::check::Checker;
use crate::spec::key::Key;
use crate::spec::knobs::{PrunerKind, Strategy, Trials};
use crate::spec::model::{Axis, Pruner, Sweep, Zip};
use crate::spec::problem::Problem;
use crate::spec::raw::{self, Field};

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
        let mut seen: Vec<(&str, Key)> = space
            .iter()
            .map(|axis| axis.key.as_str())
            .map(|name| (name, Key::dotted("sweep.space").join(name)))
            .collect();
        for (index, zip) in zip.iter().enumerate() {
            for (name, _) in &zip.columns {
                let at = Key::dotted("sweep.zip").join(index).join(name);
                if let Some((_, first)) = seen.iter().find(|(other, _)| other == name) {
                    let problem = Problem::invalid(self.key(&at), format!("`{name}` varies twice")).about(&at);
                    let problem = problem.label("again here").with(self.key(first), "it varies here");
                    self.problems.push(problem);
                }
                seen.push((name, at));
            }
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
