//! The one place that touches dfdx's tape and gradients.

use dfdx::shapes::{Rank0, Shape};
use dfdx::tensor::{PutTape, SplitTape, Storage, Tape, Tensor, Trace};
use dfdx::tensor_ops::{Backward, Device, SumTo, TryMul};

use super::rows::Matrix;

/// Says that `output` follows from `input`.
///
/// Where a tape is recording, `backward` is put on it. It gets the gradient by the output and gives back that by the
/// input, or `None` where nobody needs it. `input` must be contiguous and feed nothing else: its gradient is set, not
/// added to.
pub(super) fn follow<Z, D, T>(
    input: Matrix<D, T>,
    output: Tensor<Z, f32, D>,
    backward: impl FnOnce(Tensor<Z, f32, D>) -> Result<Option<Matrix<D>>, D::Err> + 'static,
) -> Tensor<Z, f32, D, T>
where
    Z: Shape,
    D: Device<f32>,
    T: Tape<f32, D>,
{
    let (input, mut tape) = input.split_tape();
    if T::OWNS_TAPE {
        let device = input.device().clone();
        let (from, to) = (input.ghost(), output.ghost());
        drop(input);
        tape.add_backward_op(move |gradients| {
            gradients.try_alloc_for(&to)?;
            let by_output = gradients.get(&to);
            // Nothing reads it after this operation: its memory goes back.
            *gradients.get_or_alloc_mut(&to)? = <D as Storage<f32>>::try_alloc_len(&device, 1)?;
            match backward(by_output)? {
                Some(by_input) => set(gradients.get_or_alloc_mut(&from)?, by_input),
                None => Ok(()),
            }
        });
    }
    output.put_tape(tape)
}

/// Puts values into the buffer of a gradient: dfdx lends no tensor's storage, but the derivative of
/// `sum(zero * values)` by `zero` is `values`, to the bit.
fn set<D: Device<f32>>(buffer: &mut <D as Storage<f32>>::Vec, values: Matrix<D>) -> Result<(), D::Err> {
    let zero: Matrix<D> = values.device().try_zeros_like(&values)?;
    let sum = zero.leaky_trace().try_mul(values)?.try_sum::<Rank0, _>()?;
    let mut gradients = sum.try_backward()?;
    std::mem::swap(buffer, gradients.get_or_alloc_mut(&zero)?);
    Ok(())
}
