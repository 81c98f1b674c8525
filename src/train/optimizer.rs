//! Optimisers as configured. Their arithmetic is the kernels'.

use crate::net::Rule;

/// An optimiser with Keras 3's parameters and meaning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimizer {
    /// Stochastic gradient descent.
    Sgd {
        /// Learning rate, above 0.
        lr: f64,
        /// In [0, 1).
        momentum: f64,
        /// Look ahead along the momentum.
        nesterov: bool,
    },
    /// RMSprop, `eps` under the root.
    RmsProp {
        /// Learning rate, above 0.
        lr: f64,
        /// Decay of the running mean square, in [0, 1).
        rho: f64,
        /// Added under the root.
        eps: f64,
        /// In [0, 1).
        momentum: f64,
    },
    /// Adam. Its weight decay, like Keras', is decoupled: with one above 0 it is AdamW.
    Adam {
        /// Learning rate, above 0.
        lr: f64,
        /// Decay of the mean, in [0, 1).
        beta1: f64,
        /// Decay of the mean square, in [0, 1).
        beta2: f64,
        /// Added to the root.
        eps: f64,
        /// Fraction of a weight that goes each step, times the learning rate.
        weight_decay: f64,
    },
    /// AdamW: Adam by another default.
    AdamW {
        /// Learning rate, above 0.
        lr: f64,
        /// Decay of the mean, in [0, 1).
        beta1: f64,
        /// Decay of the mean square, in [0, 1).
        beta2: f64,
        /// Added to the root.
        eps: f64,
        /// Fraction of a weight that goes each step, times the learning rate.
        weight_decay: f64,
    },
}

impl Optimizer {
    /// The configured learning rate, which a schedule starts from.
    pub fn lr(&self) -> f64 {
        match *self {
            Self::Sgd { lr, .. } | Self::RmsProp { lr, .. } | Self::Adam { lr, .. } | Self::AdamW { lr, .. } => lr,
        }
    }

    /// The rule that the kernels apply.
    pub fn rule(&self) -> Rule {
        match *self {
            Self::Sgd { momentum, nesterov, .. } => Rule::Sgd { momentum: momentum as f32, nesterov },
            Self::RmsProp { rho, eps, momentum, .. } => {
                Rule::RmsProp { rho: rho as f32, eps: eps as f32, momentum: momentum as f32 }
            }
            Self::Adam { beta1, beta2, eps, weight_decay, .. }
            | Self::AdamW { beta1, beta2, eps, weight_decay, .. } => Rule::Adam {
                beta1: beta1 as f32,
                beta2: beta2 as f32,
                eps: eps as f32,
                weight_decay: weight_decay as f32,
            },
        }
    }
}
