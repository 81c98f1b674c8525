//! A trained parameter with all that belongs to it, in storage of our own.
//!
//! dfdx lends no mutable view of a tensor, and its optimisers keep their state to themselves. Parameters, gradients and
//! moments therefore live here, are updated in place, and can be exported whole.

use crate::kernels::numbers::Numbers;
use crate::kernels::optimizer::{self, Rule, Step};

/// A named parameter: its value, its gradient where one was asked for, and the optimiser's moments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameter {
    /// Name in files, such as `features.24.weight`.
    pub name: String,
    /// Dims, outermost first: `[out, in, 3, 3]`, `[out, in]` or `[out]`.
    pub shape: Vec<usize>,
    /// The value, row-major.
    pub value: Numbers,
    /// The gradient of the last backward pass under [`Update::KeepGradient`]; empty otherwise.
    pub gradient: Vec<f32>,
    /// The optimiser's first moment; empty where its rule keeps none.
    pub first: Numbers,
    /// The optimiser's second moment; empty where its rule keeps none.
    pub second: Numbers,
}

impl Parameter {
    /// A parameter that was never updated.
    pub fn new(name: impl Into<String>, shape: Vec<usize>, value: Vec<f32>) -> Self {
        assert_eq!(shape.iter().product::<usize>(), value.len(), "a value for every element");
        Self { name: name.into(), shape, value: value.into(), ..Self::default() }
    }

    /// Whether it multiplies (a kernel, which penalties apply to) rather than adds (a bias).
    pub fn is_kernel(&self) -> bool {
        self.shape.len() > 1
    }

    /// The value and the moments that an optimiser's rule keeps, to be updated: moments start at zero.
    pub(crate) fn moving(&mut self, rule: &Rule) -> optimizer::Parameter<'_> {
        let kept = |moment: usize| if rule.moments() >= moment { self.value.len() } else { 0 };
        let (first, second) = (kept(1), kept(2));
        for (moment, kept) in [(&mut self.first, first), (&mut self.second, second)] {
            if moment.len() != kept {
                *moment = Numbers::zeros(kept);
            }
        }
        optimizer::Parameter { weights: &mut self.value, first: &mut self.first, second: &mut self.second }
    }
}

/// What a backward pass does with the gradient of a layer's parameters.
#[derive(Clone, Debug, Default)]
pub enum Update {
    /// Leaves it in [`Parameter::gradient`] and the parameter as it is.
    #[default]
    KeepGradient,
    /// Applies one step of the optimiser, in the same pass over memory that computes the gradient, which is not kept.
    Apply(Step),
}
