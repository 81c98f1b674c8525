//! A model's parameters by name: out of it, into it.

use std::fmt;

use crate::net::{NetError, Parameter, Trained};

/// A parameter with its name, as files hold it.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor {
    /// Such as `features.24.weight` or `classifier.0.bias`.
    pub name: String,
    /// Dims, outermost first.
    pub shape: Vec<usize>,
    /// Values, row-major.
    pub values: Vec<f32>,
}

impl NamedTensor {
    pub(super) fn of(parameter: &Parameter) -> Self {
        let Parameter { name, shape, value, .. } = parameter;
        Self { name: name.clone(), shape: shape.clone(), values: value.to_vec() }
    }

    pub(super) fn into_parameter(self) -> Parameter {
        Parameter::new(self.name, self.shape, self.values)
    }
}

/// Why a model cannot be made, or not take parameters.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The network refused.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The parameters are not the model's.
    #[error("{0}")]
    Parameters(Problems),
}

/// Everything that is wrong with a set of parameters, one problem a line.
#[derive(Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the parameters are not those of this model:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// One thing that is wrong with a set of parameters.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A parameter is not there.
    #[error("`{0}` is missing")]
    Missing(String),
    /// The model has no such parameter.
    #[error("`{0}` is no parameter of the model")]
    Extra(String),
    /// A parameter of another shape.
    #[error("`{name}` has shape {found:?}, expected {expected:?}")]
    Shape {
        /// Its name.
        name: String,
        /// The model's.
        expected: Vec<usize>,
        /// The one that came.
        found: Vec<usize>,
    },
}

/// Errs with all that differs between parameters and what is expected: names and shapes.
pub(super) fn check(expected: &[(String, Vec<usize>)], tensors: &[NamedTensor]) -> Result<(), ModelError> {
    let mut problems = Vec::new();
    for (name, shape) in expected {
        match tensors.iter().find(|tensor| tensor.name == *name) {
            None => problems.push(Problem::Missing(name.clone())),
            Some(tensor) if tensor.shape != *shape => problems.push(Problem::Shape {
                name: name.clone(),
                expected: shape.clone(),
                found: tensor.shape.clone(),
            }),
            Some(_) => {}
        }
    }
    let extra = tensors.iter().filter(|tensor| !expected.iter().any(|(name, _)| *name == tensor.name));
    problems.extend(extra.map(|tensor| Problem::Extra(tensor.name.clone())));
    if problems.is_empty() { Ok(()) } else { Err(ModelError::Parameters(Problems(problems))) }
}

/// Every trained parameter's value.
pub(super) fn export(layers: &[&dyn Trained]) -> Vec<NamedTensor> {
    let mut tensors = Vec::new();
    layers.iter().for_each(|layer| layer.each(&mut |parameter| tensors.push(NamedTensor::of(parameter))));
    tensors
}

/// Replaces every trained parameter's value and forgets the moments. `tensors` must be checked.
pub(super) fn replace(layers: Vec<&mut dyn Trained>, tensors: &[NamedTensor]) {
    for layer in layers {
        layer.each_mut(&mut |parameter| {
            let Some(tensor) = tensors.iter().find(|tensor| tensor.name == parameter.name) else { return };
            parameter.value.copy_from_slice(&tensor.values);
            (parameter.first, parameter.second) = Default::default();
        });
    }
}
