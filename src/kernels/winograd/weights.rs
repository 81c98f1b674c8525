//! Transforms weights once: `G g G^T` in f64, packed as the products read them.

use rayon::prelude::*;

use super::grid::Family;
use super::points::{self, LARGEST};
use crate::kernels::lanes::{LANES, bf16};
use crate::kernels::layout::{Buffer, Element};
use crate::kernels::shared::Shared;

/// Transformed weights, `[frequency][group of out-channels][in-channel][16]`; in bf16 two in-channels interleaved.
pub struct Transformed {
    buffer: Buffer,
    /// Numbers from one frequency to the next.
    pub frequency: usize,
}

/// Sixteen out-channels' values.
type Column = [f64; LANES];

impl Transformed {
    /// From OIHW weights of `channels` (in, out); channels that fill up a group are zero.
    pub fn new(weights: &[f32], channels: (usize, usize), family: Family, element: Element) -> Self {
        let groups = (channels.0.div_ceil(LANES), channels.1.div_ceil(LANES));
        let frequency = groups.0 * groups.1 * LANES * LANES;
        let edge = family.points();
        let mut buffer = Buffer::new(edge * edge * frequency, element.bytes());
        let out = Shared(buffer.pointer_mut());
        let g = points::weights(family.pairs(), edge);
        (0..groups.1).into_par_iter().for_each(|group| {
            for channel in 0..channels.0 {
                let spectrum = spectrum(&filters(weights, channels, (channel, group)), &g, edge);
                for (index, column) in spectrum.iter().flat_map(|row| &row[..edge]).take(edge * edge).enumerate() {
                    let panel = index * frequency + group * groups.0 * LANES * LANES;
                    // SAFETY: the panel of this group and the places of this channel are inside the buffer, and
                    // no other call writes to them.
                    unsafe { put(out.get(), panel, channel, column, element) };
                }
            }
        });
        Self { buffer, frequency }
    }

    /// The numbers.
    pub fn pointer(&self) -> *const u8 {
        self.buffer.pointer()
    }
}

/// The nine taps from one in-channel to a group of out-channels.
fn filters(weights: &[f32], (inputs, outputs): (usize, usize), (channel, group): (usize, usize)) -> [Column; 9] {
    let mut taps = [[0.0; LANES]; 9];
    for lane in 0..LANES.min(outputs - group * LANES) {
        let from = ((group * LANES + lane) * inputs + channel) * 9;
        for (tap, &weight) in taps.iter_mut().zip(&weights[from..from + 9]) {
            tap[lane] = f64::from(weight);
        }
    }
    taps
}

fn spectrum(taps: &[Column; 9], g: &[[f64; 3]; LARGEST], edge: usize) -> [[Column; LARGEST]; LARGEST] {
    let mut out = [[[0.0; LANES]; LARGEST]; LARGEST];
    for (row, g_row) in out.iter_mut().zip(g).take(edge) {
        let mut half = [[0.0; LANES]; 3];
        for (tap, column) in half.iter_mut().enumerate() {
            *column = weighted(g_row, [&taps[tap], &taps[3 + tap], &taps[6 + tap]]);
        }
        for (column, g_column) in row.iter_mut().zip(g).take(edge) {
            *column = weighted(g_column, [&half[0], &half[1], &half[2]]);
        }
    }
    out
}

fn weighted(factors: &[f64; 3], columns: [&Column; 3]) -> Column {
    std::array::from_fn(|i| factors[0] * columns[0][i] + factors[1] * columns[1][i] + factors[2] * columns[2][i])
}

/// Writes one in-channel of a panel.
unsafe fn put(out: *mut u8, panel: usize, channel: usize, column: &Column, element: Element) {
    // SAFETY: the caller's promise.
    unsafe {
        match element {
            Element::F32 => {
                let to = out.cast::<f32>().add(panel + channel * LANES).cast::<[f32; LANES]>();
                to.write(column.map(|value| value as f32));
            }
            Element::Bf16 => {
                let to = out.cast::<u16>().add(panel + channel / 2 * 2 * LANES + channel % 2);
                for (lane, &value) in column.iter().enumerate() {
                    to.add(2 * lane).write(bf16::round(value as f32));
                }
            }
        }
    }
}
