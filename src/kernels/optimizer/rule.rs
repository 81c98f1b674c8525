//! What an update is made of: a rule, a step of it, a parameter.

/// How a gradient becomes an update. The fields are Keras 3's, by the same names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// m = momentum m - lr g; w += m, or with Nesterov's look-ahead w += momentum m - lr g.
    Sgd {
        /// In [0, 1); 0 keeps no moments.
        momentum: f32,
        /// Look ahead along the momentum.
        nesterov: bool,
    },
    /// v = rho v + (1 - rho) g^2; w -= lr g / sqrt(v + eps), through a momentum if that is above 0.
    RmsProp {
        /// Decay of the running mean square, in [0, 1).
        rho: f32,
        /// Added under the root (PyTorch adds it outside).
        eps: f32,
        /// In [0, 1); 0 keeps no second moment.
        momentum: f32,
    },
    /// Adam (Kingma and Ba 2015) as Keras writes it, eps added outside the root of the uncorrected v; with
    /// `weight_decay` above 0 it is AdamW (Loshchilov and Hutter 2019): w -= lr weight_decay w first.
    Adam {
        /// Decay of the mean, in [0, 1).
        beta1: f32,
        /// Decay of the mean square, in [0, 1).
        beta2: f32,
        /// Added to the root.
        eps: f32,
        /// Decoupled weight decay.
        weight_decay: f32,
    },
}

impl Rule {
    /// How many moments the rule keeps, each as long as the weights and zero at the start.
    pub fn moments(&self) -> usize {
        match *self {
            Rule::Sgd { momentum, .. } => usize::from(momentum != 0.0),
            Rule::RmsProp { momentum, .. } => 1 + usize::from(momentum != 0.0),
            Rule::Adam { .. } => 2,
        }
    }
}

/// One step of a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The rule.
    pub rule: Rule,
    /// Learning rate.
    pub lr: f32,
    /// Adds l1 sign(w) to the gradient: Keras' `L1`.
    pub l1: f32,
    /// Adds 2 l2 w to the gradient: Keras' `L2`, whose penalty is l2 times the sum of squares.
    pub l2: f32,
    /// Which step this is, from 1 (Adam corrects its bias by it).
    pub number: u64,
}

impl Step {
    /// The same step for parameters that are not penalised: Keras regularises kernels, not biases.
    pub fn without_penalty(self) -> Self {
        Self { l1: 0.0, l2: 0.0, ..self }
    }

    /// Adam's learning rate with both bias corrections: lr sqrt(1 - beta2^t) / (1 - beta1^t); for other rules, lr.
    pub fn corrected_rate(&self) -> f32 {
        match self.rule {
            Rule::Adam { beta1, beta2, .. } => {
                let remaining = |beta: f32| 1.0 - libm::pow(f64::from(beta), self.number as f64);
                (f64::from(self.lr) * remaining(beta2).sqrt() / remaining(beta1)) as f32
            }
            Rule::Sgd { .. } | Rule::RmsProp { .. } => self.lr,
        }
    }
}

/// Weights with the moments that the rule keeps for them; a moment that it does not keep is an empty slice.
#[derive(Debug)]
pub struct Parameter<'a> {
    /// The weights, changed in place.
    pub weights: &'a mut [f32],
    /// SGD: momentum. RMSprop: mean square. Adam: mean.
    pub first: &'a mut [f32],
    /// RMSprop: momentum. Adam: mean square.
    pub second: &'a mut [f32],
}

impl Parameter<'_> {
    /// Asserts that the moments are there which `rule` keeps.
    pub(super) fn check(&self, rule: &Rule) {
        let kept = |moment: usize| if rule.moments() >= moment { self.weights.len() } else { 0 };
        assert_eq!(self.first.len(), kept(1), "the first moment has another length than the rule keeps");
        assert_eq!(self.second.len(), kept(2), "the second moment has another length than the rule keeps");
    }
}

/// The penalty l1 sum|w| + l2 sum w^2, which Keras adds to the loss. Summed in order, in f64.
pub fn penalty(weights: &[f32], l1: f32, l2: f32) -> f64 {
    let (mut absolute, mut squared) = (0.0, 0.0);
    for &w in weights {
        absolute += f64::from(w.abs());
        squared += f64::from(w) * f64::from(w);
    }
    f64::from(l1) * absolute + f64::from(l2) * squared
}
