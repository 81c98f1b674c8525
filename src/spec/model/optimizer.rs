//! `optimizer`: the rule and its numbers, as Keras means them.

use super::Listing;
use crate::spec::knobs::{Decay, Epsilon, LearningRate, Momentum, OptimizerKind, Penalty};

/// The rule that turns gradients into steps.
#[derive(Clone, Debug, PartialEq)]
pub enum Optimizer {
    /// `sgd`
    Sgd(Sgd),
    /// `rmsprop`
    RmsProp(RmsProp),
    /// `adam`
    Adam(Adam),
    /// `adamw`: the same numbers, weight decay decoupled from the gradient.
    AdamW(Adam),
}

/// Stochastic gradient descent.
#[derive(Clone, Debug, PartialEq)]
pub struct Sgd {
    /// Learning rate.
    pub lr: LearningRate,
    /// Share of the last step that goes into the next.
    pub momentum: Momentum,
    /// Nesterov's look-ahead.
    pub nesterov: bool,
}

/// RMSprop.
#[derive(Clone, Debug, PartialEq)]
pub struct RmsProp {
    /// Learning rate.
    pub lr: LearningRate,
    /// Decay of the mean of squared gradients.
    pub rho: Decay,
    /// Added to the root.
    pub eps: Epsilon,
    /// Share of the last step that goes into the next.
    pub momentum: Momentum,
}

/// Adam and AdamW.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    /// Learning rate.
    pub lr: LearningRate,
    /// Decay of the mean of gradients.
    pub beta1: Decay,
    /// Decay of the mean of squared gradients.
    pub beta2: Decay,
    /// Added to the root.
    pub eps: Epsilon,
    /// Weight decay.
    pub weight_decay: Penalty,
}

impl Optimizer {
    /// Which rule.
    pub fn kind(&self) -> OptimizerKind {
        match self {
            Self::Sgd(_) => OptimizerKind::Sgd,
            Self::RmsProp(_) => OptimizerKind::RmsProp,
            Self::Adam(_) => OptimizerKind::Adam,
            Self::AdamW(_) => OptimizerKind::AdamW,
        }
    }

    /// The learning rate that every rule has.
    pub fn lr(&self) -> LearningRate {
        match self {
            Self::Sgd(sgd) => sgd.lr,
            Self::RmsProp(rmsprop) => rmsprop.lr,
            Self::Adam(adam) | Self::AdamW(adam) => adam.lr,
        }
    }

    pub(super) fn list(&self, out: &mut Listing<'_>) {
        out.knob("kind", &self.kind());
        out.knob("lr", &self.lr());
        match self {
            Self::Sgd(sgd) => {
                out.knob("momentum", &sgd.momentum);
                out.knob("nesterov", &sgd.nesterov);
            }
            Self::RmsProp(rmsprop) => {
                out.knob("rho", &rmsprop.rho);
                out.knob("eps", &rmsprop.eps);
                out.knob("momentum", &rmsprop.momentum);
            }
            Self::Adam(adam) | Self::AdamW(adam) => {
                out.knob("beta1", &adam.beta1);
                out.knob("beta2", &adam.beta2);
                out.knob("eps", &adam.eps);
                out.knob("weight_decay", &adam.weight_decay);
            }
        }
    }
}
