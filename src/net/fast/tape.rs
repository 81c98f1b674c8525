//! The one place that touches dfdx's tape and gradients.

use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::{Cpu, CpuError, Gradients, PutTape, SplitTape, Tape, Tensor, TensorFromVec};

use crate::net::NetError;
use crate::net::backend::InputGradient;

/// A tensor on the CPU.
pub(super) type Values<S, T> = Tensor<S, f32, Cpu, T>;

/// Copies a tensor's values out.
pub(super) fn copied<S: Shape, T>(tensor: &Values<S, T>) -> Vec<f32> {
    let mut values = vec![0.0; tensor.shape().num_elements()];
    tensor.copy_into(&mut values);
    values
}

/// Copies a tensor's values into a buffer that keeps its memory from batch to batch.
pub(super) fn copy_to<S: Shape, T>(tensor: &Values<S, T>, buffer: &mut Vec<f32>) {
    buffer.resize(tensor.shape().num_elements(), 0.0);
    tensor.copy_into(buffer);
}

/// Moves `output` in as the tensor that follows `input`.
///
/// Where a tape is recording, `backward` is put on it. It gets the gradient by the output and, where `by_input` says that
/// it is needed, the sum of the gradients by the input so far, to which it adds its own; else an empty slice.
pub(super) fn follow<S, Z, T>(
    input: Values<S, T>,
    output: Vec<f32>,
    shape: Z,
    by_input: InputGradient,
    backward: impl FnOnce(&[f32], &mut [f32]) + 'static,
) -> Result<Values<Z, T>, NetError>
where
    S: Shape,
    Z: Shape,
    T: Tape<f32, Cpu>,
{
    let (input, tape) = input.split_tape();
    let ghost = input.ghost();
    put(input.device(), tape, output, shape, move |gradients, by_output| {
        match by_input {
            InputGradient::Needed => backward(by_output, gradients.get_or_alloc_mut(&ghost)?),
            InputGradient::Unused => backward(by_output, &mut []),
        }
        Ok(())
    })
}

/// Moves `output` in as a tensor that follows from data, which nobody wants a gradient by.
///
/// Where the tape is recording, `backward` is put on it. It gets the gradient by the output.
pub(super) fn begin<Z: Shape, T: Tape<f32, Cpu>>(
    device: &Cpu,
    tape: T,
    output: Vec<f32>,
    shape: Z,
    backward: impl FnOnce(&[f32]) + 'static,
) -> Result<Values<Z, T>, NetError> {
    put(device, tape, output, shape, |_, by_output| {
        backward(by_output);
        Ok(())
    })
}

/// Moves `output` in, and puts `backward` on the tape where that is recording. It gets all gradients, and the one by the
/// output.
fn put<Z: Shape, T: Tape<f32, Cpu>>(
    device: &Cpu,
    mut tape: T,
    output: Vec<f32>,
    shape: Z,
    backward: impl FnOnce(&mut Gradients<f32, Cpu>, &[f32]) -> Result<(), CpuError> + 'static,
) -> Result<Values<Z, T>, NetError> {
    let output = device.try_tensor_from_vec(output, shape).map_err(NetError::tensor)?;
    if T::OWNS_TAPE {
        let output = output.ghost();
        tape.add_backward_op(move |gradients| {
            // Taken out, since two gradients cannot be borrowed at once; nothing reads it after this operation.
            let by_output = std::mem::take(&mut **gradients.get_or_alloc_mut(&output)?);
            backward(gradients, &by_output)
        });
    }
    Ok(output.put_tape(tape))
}

/// Gradients of a tensor that is used twice add up.
pub(super) fn add(sum: &mut [f32], gradient: &[f32]) {
    sum.iter_mut().zip(gradient).for_each(|(sum, gradient)| *sum += gradient);
}
