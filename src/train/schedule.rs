//! How the learning rate goes.

use std::f64::consts::PI;

/// One cycle ends at its first rate divided by this, as in PyTorch's `OneCycleLR`.
const FINAL_DIVISOR: f64 = 1e4;

/// The learning rate's course over the steps of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// The optimiser's rate throughout.
    Constant,
    /// The rate is multiplied by `factor` after every `every` epochs.
    Step {
        /// Epochs between two multiplications, at least 1.
        every: u32,
        /// What the rate is multiplied by.
        factor: f64,
    },
    /// Half a cosine from the optimiser's rate to `min_lr` over all steps (Keras' `CosineDecay`).
    Cosine {
        /// The rate at the end.
        min_lr: f64,
    },
    /// Half a cosine up to `max_lr`, half a cosine down to next to nothing (PyTorch's `OneCycleLR`).
    OneCycle {
        /// The peak.
        max_lr: f64,
        /// Share of all steps that go up, in [0, 1).
        warmup: f64,
    },
}

/// A step's place in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Steps before this one.
    pub step: u64,
    /// Steps an epoch.
    pub steps_per_epoch: u64,
    /// Epochs of the whole run.
    pub epochs: u32,
}

impl Place {
    fn total(self) -> f64 {
        self.steps_per_epoch as f64 * f64::from(self.epochs)
    }
}

impl Schedule {
    /// Whether a step's rate depends on how many epochs there are in all: then a longer run is another run.
    pub fn depends_on_total(&self) -> bool {
        match self {
            Self::Constant | Self::Step { .. } => false,
            Self::Cosine { .. } | Self::OneCycle { .. } => true,
        }
    }

    /// The rate of a step, where the optimiser's own is `lr`.
    pub fn rate(&self, lr: f64, place: Place) -> f64 {
        let step = place.step as f64;
        match *self {
            Self::Constant => lr,
            Self::Step { every, factor } => {
                let epoch = place.step / place.steps_per_epoch.max(1);
                lr * factor.powi((epoch / u64::from(every.max(1))) as i32)
            }
            Self::Cosine { min_lr } => cosine(lr, min_lr, step / place.total().max(1.0)),
            Self::OneCycle { max_lr, warmup } => one_cycle(lr, max_lr, warmup * place.total() - 1.0, place),
        }
    }
}

/// From `start` to `end` along half a cosine; `done` in [0, 1]. libm's cosine is the same number on every machine.
fn cosine(start: f64, end: f64, done: f64) -> f64 {
    end + (start - end) / 2.0 * (1.0 + libm::cos(PI * done.min(1.0)))
}

/// Up until the step `peak`, then down until the last.
fn one_cycle(lr: f64, max_lr: f64, peak: f64, place: Place) -> f64 {
    let (step, last) = (place.step as f64, place.total() - 1.0);
    if step <= peak {
        return cosine(lr, max_lr, if peak > 0.0 { step / peak } else { 1.0 });
    }
    let start = peak.max(0.0);
    cosine(max_lr, lr / FINAL_DIVISOR, (step - start) / (last - start).max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(schedule: Schedule, lr: f64, epochs: u32) -> Vec<f64> {
        let place = |step| Place { step, steps_per_epoch: 5, epochs };
        (0..5 * u64::from(epochs)).map(|step| schedule.rate(lr, place(step))).collect()
    }

    #[test]
    fn a_step_multiplies_after_every_so_many_epochs() {
        let rates = course(Schedule::Step { every: 2, factor: 0.5 }, 0.1, 5);
        assert_eq!([rates[0], rates[9], rates[10], rates[24]], [0.1, 0.1, 0.05, 0.025]);
    }

    #[test]
    fn only_cosine_and_one_cycle_depend_on_the_total() {
        assert!(!Schedule::Constant.depends_on_total());
        assert!(!Schedule::Step { every: 1, factor: 0.1 }.depends_on_total());
        assert!(Schedule::Cosine { min_lr: 0.0 }.depends_on_total());
        assert!(Schedule::OneCycle { max_lr: 1.0, warmup: 0.3 }.depends_on_total());
    }

    /// tests/golden/schedules/make.py wrote the numbers.
    #[test]
    fn cosine_is_that_of_keras_and_one_cycle_that_of_pytorch() {
        let golden: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/golden/schedules/schedules.json")).expect("golden parses");
        let expected = |name: &str| -> Vec<f64> {
            golden[name].as_array().expect("a list").iter().map(|rate| rate.as_f64().expect("a number")).collect()
        };
        let close = |ours: Vec<f64>, theirs: Vec<f64>| {
            assert_eq!(ours.len(), theirs.len());
            for (step, (a, b)) in ours.iter().zip(&theirs).enumerate() {
                // Keras computes in f32.
                assert!((a - b).abs() <= 1e-6 * b.abs() + 1e-9, "step {step}: {a} and {b}");
            }
        };
        close(course(Schedule::Cosine { min_lr: 1e-3 }, 0.1, 4), expected("cosine"));
        close(course(Schedule::OneCycle { max_lr: 0.5, warmup: 0.3 }, 0.02, 4), expected("one_cycle"));
    }
}
