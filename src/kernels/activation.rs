//! Element-wise activations and their derivatives.
//!
//! Every derivative is a function of the activation's *output*, so the forward pass keeps nothing else. Transcendental
//! functions come from `libm` in pure Rust: the same bits on every machine.

/// What follows a dense layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// y = x.
    Linear,
    /// y = max(x, 0); a NaN stays one, so that a network that has diverged is seen to.
    Relu,
    /// y = tanh(x).
    Tanh,
    /// y = 1 / (1 + exp(-x)).
    Sigmoid,
    /// y = x for x > 0, exp(x) - 1 otherwise (Clevert, Unterthiner and Hochreiter 2016, with alpha 1).
    Elu,
}

/// Replaces each value by its activation.
pub fn apply(activation: Activation, values: &mut [f32]) {
    match activation {
        Activation::Linear => {}
        Activation::Relu => values.iter_mut().filter(|v| **v < 0.0).for_each(|v| *v = 0.0),
        Activation::Tanh => values.iter_mut().for_each(|v| *v = libm::tanhf(*v)),
        Activation::Sigmoid => values.iter_mut().for_each(|v| *v = sigmoid(*v)),
        Activation::Elu => values.iter_mut().filter(|v| **v < 0.0).for_each(|v| *v = libm::expm1f(*v)),
    }
}

/// Multiplies the gradient by the activation's derivative, given the activation's output `y` of the same length.
pub fn backward(activation: Activation, y: &[f32], dy: &mut [f32]) {
    assert_eq!(y.len(), dy.len(), "an activation has one gradient per output");
    let pairs = dy.iter_mut().zip(y);
    match activation {
        Activation::Linear => {}
        Activation::Relu => pairs.for_each(|(d, &y)| *d = if y > 0.0 { *d } else { 0.0 }),
        Activation::Tanh => pairs.for_each(|(d, &y)| *d *= 1.0 - y * y),
        Activation::Sigmoid => pairs.for_each(|(d, &y)| *d *= y * (1.0 - y)),
        Activation::Elu => pairs.for_each(|(d, &y)| *d *= if y > 0.0 { 1.0 } else { y + 1.0 }),
    }
}

/// The logistic function, without overflow at either end.
pub fn sigmoid(x: f32) -> f32 {
    let small = libm::expf(-x.abs());
    if x >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Activation; 5] =
        [Activation::Linear, Activation::Relu, Activation::Tanh, Activation::Sigmoid, Activation::Elu];

    #[test]
    fn derivatives_agree_with_central_differences() {
        // Half the step's cube is 1e-7 and f32 rounding over the step is 1e-5: three digits are what f32 can show.
        const STEP: f32 = 5e-3;
        const TOLERANCE: f32 = 2e-4;
        for activation in ALL {
            for x in [-3.0f32, -1.1, -0.3, 0.2, 0.9, 2.5] {
                let at = |x: f32| {
                    let mut value = [x];
                    apply(activation, &mut value);
                    value[0]
                };
                let numeric = (at(x + STEP) - at(x - STEP)) / (2.0 * STEP);
                let mut gradient = [1.0];
                backward(activation, &[at(x)], &mut gradient);
                assert!((numeric - gradient[0]).abs() < TOLERANCE, "{activation:?} at {x}: {numeric} {}", gradient[0]);
            }
        }
    }

    #[test]
    fn the_sigmoid_stays_finite_at_both_ends() {
        assert_eq!(sigmoid(1000.0), 1.0);
        assert_eq!(sigmoid(-1000.0), 0.0);
        assert_eq!(sigmoid(0.0), 0.5);
    }
}
