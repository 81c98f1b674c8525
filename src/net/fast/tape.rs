//! The one place that touches dfdx's tape and gradients.

use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::{Cpu, PutTape, SplitTape, Tape, Tensor, TensorFromVec};

use crate::net::NetError;

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
/// Where a tape is recording, `backward` is put on it. It gets the gradient by the output and gives back that by the
/// input, or `None` where nobody needs it.
pub(super) fn follow<S, Z, T>(
    input: Values<S, T>,
    output: Vec<f32>,
    shape: Z,
    backward: impl FnOnce(&[f32]) -> Option<Vec<f32>> + 'static,
) -> Result<Values<Z, T>, NetError>
where
    S: Shape,
    Z: Shape,
    T: Tape<f32, Cpu>,
{
    let (input, mut tape) = input.split_tape();
    let output = input.device().try_tensor_from_vec(output, shape).map_err(NetError::tensor)?;
    if T::OWNS_TAPE {
        let (input, output) = (input.ghost(), output.ghost());
        tape.add_backward_op(move |gradients| {
            // Taken out, since two gradients cannot be borrowed at once; nothing reads it after this operation.
            let by_output = std::mem::take(&mut **gradients.get_or_alloc_mut(&output)?);
            if let Some(by_input) = backward(&by_output) {
                add(gradients.get_or_alloc_mut(&input)?, &by_input);
            }
            Ok(())
        });
    }
    Ok(output.put_tape(tape))
}

/// Moves `output` in as a tensor that follows from data, which nobody wants a gradient by.
///
/// Where the tape is recording, `backward` is put on it. It gets the gradient by the output.
pub(super) fn begin<Z: Shape, T: Tape<f32, Cpu>>(
    device: &Cpu,
    mut tape: T,
    output: Vec<f32>,
    shape: Z,
    backward: impl FnOnce(&[f32]) + 'static,
) -> Result<Values<Z, T>, NetError> {
    let output = device.try_tensor_from_vec(output, shape).map_err(NetError::tensor)?;
    if T::OWNS_TAPE {
        let output = output.ghost();
        tape.add_backward_op(move |gradients| {
            backward(&std::mem::take(&mut **gradients.get_or_alloc_mut(&output)?));
            Ok(())
        });
    }
    Ok(output.put_tape(tape))
}

/// Gradients of a tensor that is used twice add up.
fn add(sum: &mut [f32], gradient: &[f32]) {
    sum.iter_mut().zip(gradient).for_each(|(sum, gradient)| *sum += gradient);
}
