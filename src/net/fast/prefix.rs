//! Frozen runs of convolutions on the CPU: one call of the kernels' trunk.

use std::sync::Mutex;

use dfdx::shapes::HasShape;
use dfdx::tensor::{PutTape, SplitTape, TensorFromVec};

use super::tape::copied;
use super::{Fast, lock};
use crate::kernels::{self, ConvLayer, Pool, Scratch, Trunk, isa};
use crate::net::backend::{Maps, PrefixSpec, TapeOf};
use crate::net::geometry::{BLOCK_ENDS, CHANNELS};
use crate::net::{NetError, Precision};

/// A frozen run, its weights transformed, with room for the largest batch so far.
pub struct Prefix {
    trunk: Trunk,
    room: Mutex<Option<(usize, Scratch)>>,
}

impl Prefix {
    pub(super) fn new(spec: &PrefixSpec<'_>) -> Self {
        let layers: Vec<ConvLayer<'_>> = spec
            .convolutions
            .iter()
            .zip(spec.from + 1..)
            .map(|(convolution, number)| ConvLayer {
                number,
                in_channels: CHANNELS[number - 1],
                out_channels: CHANNELS[number],
                weights: &convolution.weight,
                bias: &convolution.bias,
                pool: if BLOCK_ENDS.contains(&number) { Pool::Max2x2 } else { Pool::None },
            })
            .collect();
        let precision = match spec.precision {
            Precision::F32 => kernels::Precision::F32,
            Precision::Bf16 => kernels::Precision::Bf16,
            Precision::Bf16Amx => kernels::Precision::Bf16Amx,
        };
        let trunk = Trunk::new(&layers, (spec.height, spec.width), precision, isa::current());
        Self { trunk, room: Mutex::new(None) }
    }

    /// Registers nothing on the tape: it flows through.
    pub(super) fn run<T: TapeOf<Fast>>(&self, input: Maps<Fast, T>) -> Result<Maps<Fast, T>, NetError> {
        let batch = input.shape().0;
        let (channels, height, width) = self.trunk.output_shape();
        let mut output = vec![0.0; batch * channels * height * width];
        self.read(&copied(&input), &mut output);
        let (input, tape) = input.split_tape();
        let output = input.device().try_tensor_from_vec(output, (batch, channels, height, width));
        Ok(output.map_err(NetError::tensor)?.put_tape(tape))
    }

    /// From data to data, both NCHW.
    pub(super) fn read(&self, input: &[f32], output: &mut [f32]) {
        let (channels, height, width) = self.trunk.input_shape();
        let batch = input.len() / (channels * height * width);
        let mut room = lock(&self.room);
        let (_, scratch) = match &mut *room {
            Some(room) if room.0 >= batch => room,
            small => small.insert((batch, self.trunk.scratch(batch))),
        };
        self.trunk.forward(input, batch, scratch, output);
    }
}
