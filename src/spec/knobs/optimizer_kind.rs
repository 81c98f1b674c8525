//! `optimizer.kind`.

use crate::spec::knob::word_knob;

word_knob! {
    /// Which rule turns gradients into steps.
    OptimizerKind {
        /// Stochastic gradient descent, with momentum.
        Sgd = "sgd",
        /// RMSprop.
        RmsProp = "rmsprop",
        /// Adam.
        Adam = "adam",
        /// Adam with decoupled weight decay.
        AdamW = "adamw",
    }
}
