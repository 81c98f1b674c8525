//! A trained layer's weights in the Winograd domain.

use rayon::prelude::*;

use super::grid::Layout;
use super::maps::{FREQUENCIES, Filter, POINTS, square};
use crate::kernels::isa::Isa;
use crate::kernels::lanes::{self, LANES, Lanes, Task};
use crate::kernels::layout::Buffer;
use crate::kernels::shared::Shared;

/// A layer's weights in the form that the convolution reads. Derived from the OIHW weights by [`ConvKernel::set`],
/// which must follow every change of them that
/// [`Conv3x3::backward_and_update`](super::Conv3x3::backward_and_update) did not make.
#[derive(Clone, Debug)]
pub struct ConvKernel {
    out_channels: usize,
    in_channels: usize,
    /// U = G g G^T as `[frequency][group of out-channels][in-channel][16 out-channels]`.
    u: Buffer,
}

/// In-channels to a task: with sixteen out-channels their filters are 36 KiB.
const CHANNELS: usize = 64;

impl ConvKernel {
    /// A kernel of zeros.
    pub fn new(out_channels: usize, in_channels: usize) -> Self {
        let u = Buffer::new(layout(out_channels, in_channels).len(), size_of::<f32>());
        Self { out_channels, in_channels, u }
    }

    /// Takes over OIHW weights.
    pub fn set(&mut self, isa: Isa, w: &[f32]) {
        assert!(isa.available(), "this machine lacks the instruction set `{}`", isa.name());
        assert_eq!(w.len(), self.out_channels * self.in_channels * 9, "the weights are not out x in x 3 x 3");
        let (outs, ins) = (self.out_channels, self.in_channels);
        let u = Shared(self.u.pointer_mut().cast::<f32>());
        let parts = ins.div_ceil(CHANNELS);
        (0..outs.div_ceil(LANES) * parts).into_par_iter().for_each(|index| {
            let (group, from) = (index / parts, index % parts * CHANNELS);
            let channels = from..ins.min(from + CHANNELS);
            let task = Transform { w, outs, ins, group, channels, layout: layout(outs, ins), u };
            // SAFETY: the instruction set is there; tasks write the lines of disjoint (group, channel) pairs.
            unsafe { lanes::run(isa, task) };
        });
    }

    pub(super) fn layout(&self) -> Layout {
        layout(self.out_channels, self.in_channels)
    }

    pub(super) fn u(&self) -> *const f32 {
        self.u.pointer().cast()
    }

    pub(super) fn check(&self, out_channels: usize, in_channels: usize) {
        let own = (self.out_channels, self.in_channels);
        assert_eq!(own, (out_channels, in_channels), "the kernel belongs to a layer of other channels");
    }
}

/// Channels are padded to whole groups, so that those in are a depth of whole groups.
fn layout(out_channels: usize, in_channels: usize) -> Layout {
    Layout::new(out_channels.div_ceil(LANES), in_channels.next_multiple_of(LANES))
}

struct Transform<'a> {
    w: &'a [f32],
    outs: usize,
    ins: usize,
    group: usize,
    channels: std::ops::Range<usize>,
    layout: Layout,
    u: Shared<f32>,
}

impl Task for Transform<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let lanes = LANES.min(self.outs - self.group * LANES);
        let mut channel = self.channels.start;
        while channel < self.channels.end {
            let mut taps = [[0.0f32; LANES]; 9];
            for lane in 0..lanes {
                let filter = &self.w[((self.group * LANES + lane) * self.ins + channel) * 9..][..9];
                for tap in 0..9 {
                    taps[tap][lane] = filter[tap];
                }
            }
            // SAFETY: the lines of this group and channel lie in the array and are this task's own.
            unsafe {
                let mut tile = [[L::splat(0.0); POINTS]; POINTS];
                for tap in 0..9 {
                    tile[tap / 3][tap % 3] = L::load(taps[tap].as_ptr());
                }
                let tile = square::<L, Filter>(tile);
                for f in 0..FREQUENCIES {
                    let to = self.u.get().add(self.layout.at(f, self.group, channel));
                    tile[f / POINTS][f % POINTS].store(to);
                }
            }
            channel += 1;
        }
    }
}
