//! Parameters that live on the device while they are trained, and on the host whenever somebody looks.

use dfdx::shapes::{Axes3, HasShape};
use dfdx::tensor_ops::{Device, PermuteTo, ReshapeTo};

use super::descent;
use super::rows::{Matrix, Vector};
use crate::net::Step;
use crate::net::parameter::{Parameter, Update};

/// How a parameter's numbers lie on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// A convolution's `[out, in, 3, 3]`, as `[9 x in, out]`.
    Taps,
    /// A dense layer's `[out, in]`, as it is.
    Dense,
    /// A bias, `[1, out]`.
    Bias,
}

/// A parameter: what the host knows, and what the device has made of it since.
pub(super) struct Weights<D: Device<f32>> {
    device: D,
    layout: Layout,
    host: Parameter,
    /// What the device holds; nothing before the first pass, and after the host's values were changed.
    held: Option<Held<D>>,
    /// Whether the device has updated since the host last looked.
    ahead: bool,
}

/// A value and its moments on the device.
#[derive(Clone)]
pub(super) struct Held<D: Device<f32>> {
    pub value: Matrix<D>,
    pub first: Option<Matrix<D>>,
    pub second: Option<Matrix<D>>,
}

impl<D: Device<f32>> Weights<D> {
    pub fn new(device: &D, layout: Layout, host: Parameter) -> Self {
        Self { device: device.clone(), layout, host, held: None, ahead: false }
    }

    /// Numbers in it.
    pub fn len(&self) -> usize {
        self.host.value.len()
    }

    /// The value on the device, in the layout's shape.
    pub fn value(&mut self) -> Result<Matrix<D>, D::Err> {
        Ok(self.held()?.value.clone())
    }

    /// The value as a vector.
    pub fn vector(&mut self) -> Result<Vector<D>, D::Err> {
        let length = self.host.value.len();
        self.value()?.try_reshape_like(&(length,))
    }

    /// Takes the gradient of a backward pass, in the layout's shape.
    pub fn take(&mut self, gradient: Matrix<D>, update: &Update) -> Result<(), D::Err> {
        match update {
            Update::KeepGradient => {
                self.host.gradient = to_host(self.layout, gradient, &self.host.shape)?;
            }
            Update::Apply(step) => {
                let step = if self.layout == Layout::Bias { step.without_penalty() } else { *step };
                self.step(gradient, &step)?;
            }
        }
        Ok(())
    }

    fn step(&mut self, gradient: Matrix<D>, step: &Step) -> Result<(), D::Err> {
        let mut held = self.held()?.clone();
        for (moment, kept) in [(1, &mut held.first), (2, &mut held.second)] {
            if step.rule.moments() >= moment && kept.is_none() {
                *kept = Some(self.device.try_zeros_like(&held.value)?);
            }
        }
        self.held = Some(descent::step(step, gradient, held)?);
        self.ahead = true;
        Ok(())
    }

    /// The parameter as it is now.
    pub fn show(&mut self, visit: &mut dyn FnMut(&Parameter)) {
        self.fetch();
        visit(&self.host);
    }

    /// Lets somebody change the parameter.
    pub fn change(&mut self, visit: &mut dyn FnMut(&mut Parameter)) {
        self.fetch();
        self.held = None;
        visit(&mut self.host);
    }

    /// Brings the host up to date.
    fn fetch(&mut self) {
        let Some(held) = self.held.as_ref().filter(|_| self.ahead) else { return };
        let read = |matrix: &Matrix<D>| {
            let read = to_host(self.layout, matrix.clone(), &self.host.shape);
            read.unwrap_or_else(|error| panic!("the device no longer gives its weights back: {error}"))
        };
        let moment = |kept: &Option<Matrix<D>>| kept.as_ref().map_or_else(Vec::new, read);
        let (value, first, second) = (read(&held.value), moment(&held.first), moment(&held.second));
        (self.host.value, self.host.first, self.host.second) = (value.into(), first.into(), second.into());
        self.ahead = false;
    }

    fn held(&mut self) -> Result<&Held<D>, D::Err> {
        let held = match self.held.take() {
            Some(held) => held,
            None => self.send()?,
        };
        Ok(self.held.insert(held))
    }

    /// Brings the device up to date.
    fn send(&self) -> Result<Held<D>, D::Err> {
        let Parameter { shape, value, first, second, .. } = &self.host;
        let moment = |values: &[f32]| {
            let some = (!values.is_empty()).then(|| to_device(&self.device, self.layout, values, shape));
            some.transpose()
        };
        Ok(Held {
            value: to_device(&self.device, self.layout, value, shape)?,
            first: moment(first)?,
            second: moment(second)?,
        })
    }
}

/// Values as the host orders them, in the layout's shape.
pub(super) fn to_device<D: Device<f32>>(
    device: &D,
    layout: Layout,
    values: &[f32],
    shape: &[usize],
) -> Result<Matrix<D>, D::Err> {
    let outputs = shape[0];
    let inner = values.len() / outputs;
    match layout {
        Layout::Taps => {
            let by_output = device.try_tensor_from_vec(values.to_vec(), (outputs, inner / 9, 9))?;
            by_output.try_permute::<(usize, usize, usize), Axes3<2, 1, 0>>()?.try_reshape_like(&(inner, outputs))
        }
        Layout::Dense => device.try_tensor_from_vec(values.to_vec(), (outputs, inner)),
        Layout::Bias => device.try_tensor_from_vec(values.to_vec(), (1, outputs)),
    }
}

/// The reverse of [`to_device`].
fn to_host<D: Device<f32>>(layout: Layout, matrix: Matrix<D>, shape: &[usize]) -> Result<Vec<f32>, D::Err> {
    let &(rows, columns) = matrix.shape();
    let mut values = vec![0.0; shape.iter().product()];
    if layout == Layout::Taps {
        let by_tap = matrix.try_reshape_like(&(9, rows / 9, columns))?;
        let by_output = by_tap.try_permute::<(usize, usize, usize), Axes3<2, 1, 0>>()?.try_contiguous()?;
        by_output.copy_into(&mut values);
    } else {
        matrix.try_contiguous()?.copy_into(&mut values);
    }
    Ok(values)
}
