//! `schedule`: the learning rate over time.

use super::Listing;
use crate::spec::knobs::{Every, Factor, LearningRate, MinLearningRate, ScheduleKind, Warmup};

/// How the learning rate goes over time.
#[derive(Clone, Debug, PartialEq)]
pub enum Schedule {
    /// It stays what the optimizer says.
    Constant,
    /// It is multiplied by `factor` every `every` epochs.
    Step {
        /// Epochs between two steps.
        every: Every,
        /// What each multiplies by.
        factor: Factor,
    },
    /// Half a cosine from the optimizer's `lr` to `min_lr` over all epochs.
    Cosine {
        /// Where it ends; not above `lr`.
        min_lr: MinLearningRate,
    },
    /// Up from the optimizer's `lr` to `max_lr`, then down.
    OneCycle {
        /// The peak; above `lr`.
        max_lr: LearningRate,
        /// Share of all steps that go up.
        warmup: Warmup,
    },
}

impl Schedule {
    /// Which form.
    pub fn kind(&self) -> ScheduleKind {
        match self {
            Self::Constant => ScheduleKind::Constant,
            Self::Step { .. } => ScheduleKind::Step,
            Self::Cosine { .. } => ScheduleKind::Cosine,
            Self::OneCycle { .. } => ScheduleKind::OneCycle,
        }
    }

    /// Whether the rate at an epoch depends on how many there are in total: then a longer run is a different one.
    pub fn depends_on_total(&self) -> bool {
        match self {
            Self::Constant | Self::Step { .. } => false,
            Self::Cosine { .. } | Self::OneCycle { .. } => true,
        }
    }

    pub(super) fn list(&self, out: &mut Listing<'_>) {
        out.knob("kind", &self.kind());
        match self {
            Self::Constant => {}
            Self::Step { every, factor } => {
                out.knob("every", every);
                out.knob("factor", factor);
            }
            Self::Cosine { min_lr } => out.knob("min_lr", min_lr),
            Self::OneCycle { max_lr, warmup } => {
                out.knob("max_lr", max_lr);
                out.knob("warmup", warmup);
            }
        }
    }
}
