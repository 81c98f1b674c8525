//! What `[top]` and `[fine_tune]` have in common: optimizer, schedule, early stopping.

use super::Checker;
use crate::spec::key::Key;
use crate::spec::knobs::{LearningRate, OptimizerKind, ScheduleKind};
use crate::spec::model::{Adam, EarlyStopping, Optimizer, RmsProp, Schedule, Sgd};
use crate::spec::problem::{Place, Problem};
use crate::spec::raw;

impl Checker<'_> {
    pub(super) fn optimizer(&mut self, at: &Key, raw: raw::Optimizer) -> Option<Optimizer> {
        let kind = self.required(at.join("kind"), raw.kind);
        let word = kind.map(OptimizerKind::word);
        let lr = self.required(at.join("lr"), raw.lr);
        let momentum = self.of_kind(word, &at.join("momentum"), raw.momentum);
        let nesterov = self.of_kind(word, &at.join("nesterov"), raw.nesterov);
        let rho = self.of_kind(word, &at.join("rho"), raw.rho);
        let eps = self.of_kind(word, &at.join("eps"), raw.eps);
        let beta1 = self.of_kind(word, &at.join("beta1"), raw.beta1);
        let beta2 = self.of_kind(word, &at.join("beta2"), raw.beta2);
        let weight_decay = self.of_kind(word, &at.join("weight_decay"), raw.weight_decay);
        let adam = || Some(Adam { lr: lr?, beta1: beta1?, beta2: beta2?, eps: eps?, weight_decay: weight_decay? });
        match kind? {
            OptimizerKind::Sgd => Some(Optimizer::Sgd(Sgd { lr: lr?, momentum: momentum?, nesterov: nesterov? })),
            OptimizerKind::RmsProp => {
                Some(Optimizer::RmsProp(RmsProp { lr: lr?, rho: rho?, eps: eps?, momentum: momentum? }))
            }
            OptimizerKind::Adam => adam().map(Optimizer::Adam),
            OptimizerKind::AdamW => adam().map(Optimizer::AdamW),
        }
    }

    /// `lr` is the optimizer's learning rate, where that is valid.
    pub(super) fn schedule(&mut self, at: &Key, raw: raw::Schedule, lr: Option<LearningRate>) -> Option<Schedule> {
        let kind = self.required(at.join("kind"), raw.kind);
        let word = kind.map(ScheduleKind::word);
        let every = self.of_kind(word, &at.join("every"), raw.every);
        let factor = self.of_kind(word, &at.join("factor"), raw.factor);
        let min_lr = self.of_kind(word, &at.join("min_lr"), raw.min_lr);
        let max_lr = self.of_kind(word, &at.join("max_lr"), raw.max_lr);
        let warmup = self.of_kind(word, &at.join("warmup"), raw.warmup);
        match kind? {
            ScheduleKind::Constant => Some(Schedule::Constant),
            ScheduleKind::Step => Some(Schedule::Step { every: every?, factor: factor? }),
            ScheduleKind::Cosine => {
                let min_lr = min_lr?;
                let fits = lr.is_none_or(|lr| min_lr.get() <= lr.get());
                self.rates(at, "min_lr", "must not be above", fits).then_some(Schedule::Cosine { min_lr })
            }
            ScheduleKind::OneCycle => {
                let (max_lr, warmup) = (max_lr?, warmup?);
                let fits = lr.is_none_or(|lr| max_lr > lr);
                self.rates(at, "max_lr", "must be above", fits).then_some(Schedule::OneCycle { max_lr, warmup })
            }
        }
    }

    /// Reports a rate of the schedule that doesn't fit the optimizer's; returns whether it does.
    fn rates(&mut self, schedule: &Key, name: &str, must: &str, fits: bool) -> bool {
        if fits {
            return true;
        }
        let key = schedule.join(name);
        let lr = schedule.parent().unwrap_or_default().join("optimizer").join("lr");
        let title = format!("`{key}` {must} the optimizer's `lr`");
        let problem = Problem::invalid(self.value(&key), title).about(&key).label(format!("{must} `lr`"));
        let problem = match self.value(&lr) {
            Place::Defaults => problem.help(format!("`{lr}` has its default here; set it")),
            place => problem.with(place, "the rate to begin with"),
        };
        self.problems.push(problem);
        false
    }

    pub(super) fn early_stopping(&mut self, at: &Key, raw: raw::EarlyStopping) -> Option<EarlyStopping> {
        let monitor = self.required(at.join("monitor"), raw.monitor);
        let patience = self.required(at.join("patience"), raw.patience);
        let min_delta = self.required(at.join("min_delta"), raw.min_delta);
        let restore_best = self.required(at.join("restore_best"), raw.restore_best);
        Some(EarlyStopping {
            monitor: monitor?,
            patience: patience?,
            min_delta: min_delta?,
            restore_best: restore_best?,
        })
    }
}
