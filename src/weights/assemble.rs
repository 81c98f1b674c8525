//! From the tensors of a file, each put at its place, to 13 convolutions; or all that is wrong with them, at once.
//!
//! Readers know names and containers and fill in a [`Base`]; this module knows shapes, layouts and batch
//! normalisation, and no format.

use super::error::{Fault, Problem};
use super::found::Found;
use super::imported::Convolution;

/// The order in which a convolution's weights are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Outputs, inputs, rows, columns: PyTorch, ONNX.
    Oihw,
    /// Rows, columns, inputs, outputs: Keras on TensorFlow.
    Hwio,
    /// As `Oihw`, turned by 180 degrees: Keras on Theano, whose convolution is one in the mathematical sense.
    OihwTurned,
}

impl Layout {
    /// `[outputs, inputs, rows, columns]` of a shape in this layout; none where it has not four axes.
    fn channels_first(self, shape: &[usize]) -> Option<[usize; 4]> {
        match (self, shape) {
            (Self::Hwio, &[rows, columns, inputs, outputs]) => Some([outputs, inputs, rows, columns]),
            (Self::Oihw | Self::OihwTurned, &[outputs, inputs, rows, columns]) => {
                Some([outputs, inputs, rows, columns])
            }
            _ => None,
        }
    }

    /// The shape asked for, as messages show it: in the file's own order.
    fn expected(self, inputs: Option<usize>, outputs: Option<usize>) -> String {
        let text = |channels: Option<usize>| channels.map_or("_".to_owned(), |count| count.to_string());
        match self {
            Self::Hwio => format!("[3, 3, {}, {}]", text(inputs), text(outputs)),
            Self::Oihw | Self::OihwTurned => format!("[{}, {}, 3, 3]", text(outputs), text(inputs)),
        }
    }

    /// Reorders stored values to `outputs x inputs x 3 x 3`.
    fn to_oihw(self, values: Vec<f32>, inputs: usize, outputs: usize) -> Vec<f32> {
        match self {
            Self::Oihw => values,
            Self::OihwTurned => values.chunks_exact(9).flat_map(|kernel| kernel.iter().rev().copied()).collect(),
            Self::Hwio => {
                let mut turned = vec![0.0; values.len()];
                for (at, value) in values.into_iter().enumerate() {
                    let (tap, channels) = (at / (inputs * outputs), at % (inputs * outputs));
                    let (input, output) = (channels / outputs, channels % outputs);
                    turned[(output * inputs + input) * 9 + tap] = value;
                }
                turned
            }
        }
    }
}

/// A tensor's place in the base: its name in the file's convention, and what was found there.
pub(super) struct Place<'a> {
    pub(super) name: String,
    pub(super) found: Option<Found<'a>>,
}

/// The batch normalisation after a convolution, applied as trained (never with batch statistics).
pub(super) struct Norm<'a> {
    pub(super) gamma: Place<'a>,
    pub(super) beta: Place<'a>,
    pub(super) mean: Place<'a>,
    pub(super) variance: Place<'a>,
    pub(super) epsilon: f64,
}

/// One convolution's tensors.
pub(super) struct Layer<'a> {
    pub(super) weight: Place<'a>,
    pub(super) bias: Place<'a>,
    pub(super) norm: Option<Norm<'a>>,
}

/// A base as a reader found it.
pub(super) struct Base<'a> {
    pub(super) layout: Layout,
    pub(super) layers: Vec<Layer<'a>>,
    /// Whatever the reader found wrong: extra tensors, layers that are not VGG16's.
    pub(super) faults: Vec<Fault>,
}

impl Base<'_> {
    /// Checks every tensor, then decodes them all.
    pub(super) fn assemble(mut self) -> Result<Vec<Convolution>, Problem> {
        let mut faults = Vec::new();
        let mut previous = None;
        for layer in &self.layers {
            previous = self.check(layer, previous, &mut faults);
        }
        faults.append(&mut self.faults);
        if !faults.is_empty() {
            return Err(Problem::Tensors(faults));
        }
        let convolutions: Result<Vec<_>, _> = self.layers.iter().map(|layer| self.decode(layer, &mut faults)).collect();
        if faults.is_empty() { convolutions } else { Err(Problem::Tensors(faults)) }
    }

    /// Notes what is missing, misshapen or of no float type; gives the layer's output channels where they are known.
    fn check(&self, layer: &Layer<'_>, inputs: Option<usize>, faults: &mut Vec<Fault>) -> Option<usize> {
        let mut outputs = None;
        if let Some(weight) = present(&layer.weight, faults) {
            let shape = self.layout.channels_first(&weight.shape);
            outputs = shape.map(|[outputs, ..]| outputs);
            let fits = shape.is_some_and(|[outputs, found, rows, columns]| {
                outputs > 0 && found > 0 && inputs.is_none_or(|inputs| inputs == found) && (rows, columns) == (3, 3)
            });
            if !fits {
                faults.push(misshapen(weight, self.layout.expected(inputs, None)));
            }
        }
        let bias_wanted = layer.norm.is_none() || layer.bias.found.is_some();
        let norm = layer.norm.iter().flat_map(|norm| [&norm.gamma, &norm.beta, &norm.mean, &norm.variance]);
        for place in bias_wanted.then_some(&layer.bias).into_iter().chain(norm) {
            if let Some(found) = present(place, faults) {
                let fits = found.shape.len() == 1 && outputs.is_none_or(|outputs| outputs == found.shape[0]);
                if !fits {
                    let text = outputs.map_or("_".to_owned(), |count| count.to_string());
                    faults.push(misshapen(found, format!("[{text}]")));
                }
            }
        }
        outputs
    }

    /// Decodes one layer that has passed [`Self::check`].
    fn decode(&self, layer: &Layer<'_>, faults: &mut Vec<Fault>) -> Result<Convolution, Problem> {
        let weight = layer.weight.found.as_ref().expect("check has seen every weight");
        let [outputs, inputs, ..] = self.layout.channels_first(&weight.shape).expect("check has seen four axes");
        let stored = finite(weight, faults)?;
        let weights = self.layout.to_oihw(stored, inputs, outputs);
        let bias = match &layer.bias.found {
            Some(bias) => finite(bias, faults)?,
            None => vec![0.0; outputs],
        };
        let mut convolution = Convolution { inputs, outputs, weights, bias };
        if let Some(norm) = &layer.norm {
            fold(&mut convolution, norm, faults)?;
        }
        Ok(convolution)
    }
}

/// The tensor at a place, where it is there and a float; the fault is noted where not.
fn present<'p, 'a>(place: &'p Place<'a>, faults: &mut Vec<Fault>) -> Option<&'p Found<'a>> {
    let Some(found) = &place.found else {
        faults.push(Fault::Missing { name: place.name.clone() });
        return None;
    };
    if let Err(type_name) = &found.element {
        faults.push(Fault::NotFloat { name: found.name.clone(), found: type_name.clone() });
    }
    Some(found)
}

fn misshapen(found: &Found<'_>, expected: String) -> Fault {
    Fault::Misshapen { name: found.name.clone(), expected, found: found.shape.clone() }
}

/// The values of a tensor, with a fault where one is NaN or infinite.
fn finite(found: &Found<'_>, faults: &mut Vec<Fault>) -> Result<Vec<f32>, Problem> {
    let values = found.floats()?;
    if Some(values.len()) != found.len() {
        return Err(Problem::damaged("weights file", format!("`{}` has fewer values than its shape says", found.name)));
    }
    if !values.iter().all(|value| value.is_finite()) {
        faults.push(Fault::NotFinite { name: found.name.clone() });
    }
    Ok(values)
}

/// Folds `gamma (x - mean) / sqrt(variance + epsilon) + beta` into the convolution before it, in f64.
fn fold(convolution: &mut Convolution, norm: &Norm<'_>, faults: &mut Vec<Fault>) -> Result<(), Problem> {
    let mut values = |place: &Place<'_>| finite(place.found.as_ref().expect("check has seen every tensor"), faults);
    let (gamma, beta) = (values(&norm.gamma)?, values(&norm.beta)?);
    let (mean, variance) = (values(&norm.mean)?, values(&norm.variance)?);
    let per_output = convolution.inputs * 9;
    for output in 0..convolution.outputs {
        let scale = f64::from(gamma[output]) / (f64::from(variance[output]) + norm.epsilon).sqrt();
        for weight in &mut convolution.weights[output * per_output..(output + 1) * per_output] {
            *weight = (f64::from(*weight) * scale) as f32;
        }
        let bias = (f64::from(convolution.bias[output]) - f64::from(mean[output])) * scale + f64::from(beta[output]);
        convolution.bias[output] = bias as f32;
    }
    let folded = convolution.weights.iter().chain(&convolution.bias);
    if !folded.into_iter().all(|value| value.is_finite()) {
        faults.push(Fault::NotFinite { name: norm.variance.name.clone() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keras_layout_is_transposed_by_axis() {
        // Value = tap * 100 + input * 10 + output, in HWIO order.
        let (inputs, outputs) = (2, 4);
        let stored: Vec<f32> =
            (0..9 * inputs * outputs).map(|at| (at / 8 * 100 + at / 4 % 2 * 10 + at % 4) as f32).collect();
        let turned = Layout::Hwio.to_oihw(stored, inputs, outputs);
        assert_eq!(turned[(3 * inputs + 1) * 9 + 5], 513.0);
        assert_eq!(turned[0], 0.0);
    }

    #[test]
    fn theano_kernels_are_turned_by_half_a_circle() {
        let stored: Vec<f32> = (0..9).map(|tap| tap as f32).collect();
        assert_eq!(Layout::OihwTurned.to_oihw(stored, 1, 1), [8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0]);
    }
}
