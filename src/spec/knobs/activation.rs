//! `top.activation`: the non-linearity of the hidden layers.

use crate::spec::knob::word_knob;

word_knob! {
    /// What follows each hidden layer.
    Activation {
        /// max(0, x).
        Relu = "relu",
        /// x above 0, exp(x) - 1 below.
        Elu = "elu",
        /// Hyperbolic tangent.
        Tanh = "tanh",
        /// 1 / (1 + exp(-x)).
        Sigmoid = "sigmoid",
        /// None.
        Linear = "linear",
    }
}
