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
        let (refresh, ins) = (self.refresh(), self.in_channels);
        let parts = ins.div_ceil(CHANNELS);
        (0..self.out_channels.div_ceil(LANES) * parts).into_par_iter().for_each(|index| {
            let (group, from) = (index / parts, index % parts * CHANNELS);
            let task = Transform { refresh, w: w.as_ptr(), group, channels: from..ins.min(from + CHANNELS) };
            // SAFETY: the instruction set is there, the weights are as many as the kernel's; tasks take disjoint filters.
            unsafe { lanes::run(isa, task) };
        });
    }

    /// Lets threads take over weights piece by piece. It stands for the exclusive borrow, for as long as it is used.
    pub(super) fn refresh(&mut self) -> Refresh {
        let Self { out_channels, in_channels, ref mut u } = *self;
        Refresh { out_channels, in_channels, u: Shared(u.pointer_mut().cast()) }
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

/// A kernel that takes over new weights.
#[derive(Clone, Copy)]
pub(super) struct Refresh {
    out_channels: usize,
    in_channels: usize,
    u: Shared<f32>,
}

impl Refresh {
    /// Takes over the filters of a group of sixteen out-channels by some in-channels. `w` is the whole OIHW array.
    ///
    /// # Safety
    ///
    /// The contract of [`Lanes`]; `w` holds the layer's weights, and no other thread takes these filters, or changes
    /// them, meanwhile.
    #[inline(always)]
    pub(super) unsafe fn take<L: Lanes>(&self, w: *const f32, group: usize, channels: std::ops::Range<usize>) {
        let layout = layout(self.out_channels, self.in_channels);
        let outs = LANES.min(self.out_channels - group * LANES);
        let mut channel = channels.start;
        while channel < channels.end {
            // SAFETY: filters lie inside the weights; the lines of this group and channel lie in U and are the caller's own.
            unsafe {
                let mut filters = [L::splat(0.0); LANES];
                for out in 0..outs {
                    let from = w.add(((group * LANES + out) * self.in_channels + channel) * 9);
                    // Of a line of sixteen numbers seven belong to the next channel, which after the last may be another thread's.
                    filters[out] = if channel + 1 < channels.end { L::load(from) } else { L::load_part(from, 9) };
                }
                let taps = L::transpose(filters);
                let mut tile = [[L::splat(0.0); POINTS]; POINTS];
                for tap in 0..9 {
                    tile[tap / 3][tap % 3] = taps[tap];
                }
                let tile = square::<L, Filter>(tile);
                for f in 0..FREQUENCIES {
                    tile[f / POINTS][f % POINTS].store(self.u.get().add(layout.at(f, group, channel)));
                }
            }
            channel += 1;
        }
    }
}

/// SAFETY of running it: the conditions of [`Refresh::take`].
struct Transform {
    refresh: Refresh,
    w: *const f32,
    group: usize,
    channels: std::ops::Range<usize>,
}

impl Task for Transform {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        // SAFETY: the caller's promise.
        unsafe { self.refresh.take::<L>(self.w, self.group, self.channels) }
    }
}
