//! 2x2 max-pooling with stride 2 in NCHW, as VGG has it: odd last rows and columns are dropped.

use rayon::prelude::*;

/// What a pool reads: `planes` (batch times channels) pictures of `height` x `width`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolShape {
    /// Batch times channels.
    pub planes: usize,
    /// Rows of each input plane.
    pub height: usize,
    /// Columns of each input plane.
    pub width: usize,
}

impl PoolShape {
    /// Elements read.
    pub fn input_len(&self) -> usize {
        self.planes * self.height * self.width
    }

    /// Elements written: planes x height/2 x width/2, halves rounded down.
    pub fn output_len(&self) -> usize {
        self.planes * self.output_plane()
    }

    fn output_plane(&self) -> usize {
        (self.height / 2) * (self.width / 2)
    }
}

/// y = the largest of each 2x2 window; `winner` says which (0..4 in row-major order, the first of equals).
///
/// A window that holds a NaN gives its first element if that is the NaN, and otherwise ignores it.
pub fn forward(shape: PoolShape, x: &[f32], y: &mut [f32], winner: &mut [u8]) {
    assert_eq!(x.len(), shape.input_len(), "the pool's input has another size than its shape says");
    assert_eq!(y.len(), shape.output_len(), "the pool's output has another size than its shape says");
    assert_eq!(winner.len(), y.len(), "a pool has one winner per output");
    if y.is_empty() {
        return;
    }
    let (input, output) = (shape.height * shape.width, shape.output_plane());
    x.par_chunks(input)
        .zip(y.par_chunks_mut(output).zip(winner.par_chunks_mut(output)))
        .with_min_len(PLANES_PER_TASK)
        .for_each(|(x, (y, winner))| forward_plane(shape, x, y, winner));
}

/// Adds dy to dx at each window's winner.
pub fn backward(shape: PoolShape, winner: &[u8], dy: &[f32], dx: &mut [f32]) {
    assert_eq!(dx.len(), shape.input_len(), "the pool's input gradient has another size than its shape says");
    assert_eq!(dy.len(), shape.output_len(), "the pool's output gradient has another size than its shape says");
    assert_eq!(winner.len(), dy.len(), "a pool has one winner per output");
    if dy.is_empty() {
        return;
    }
    let (input, output) = (shape.height * shape.width, shape.output_plane());
    dx.par_chunks_mut(input)
        .zip(dy.par_chunks(output).zip(winner.par_chunks(output)))
        .with_min_len(PLANES_PER_TASK)
        .for_each(|(dx, (dy, winner))| backward_plane(shape, winner, dy, dx));
}

/// Planes are small (81 elements at 150 px): fewer than this to a task and handing out costs more than the work.
const PLANES_PER_TASK: usize = 256;

fn forward_plane(shape: PoolShape, x: &[f32], y: &mut [f32], winner: &mut [u8]) {
    let columns = shape.width / 2;
    for (row, (y, winner)) in y.chunks_mut(columns).zip(winner.chunks_mut(columns)).enumerate() {
        let top = &x[2 * row * shape.width..][..shape.width];
        let bottom = &x[(2 * row + 1) * shape.width..][..shape.width];
        for column in 0..columns {
            let window = [top[2 * column], top[2 * column + 1], bottom[2 * column], bottom[2 * column + 1]];
            let mut best = 0;
            for candidate in 1..4 {
                if window[candidate] > window[best] {
                    best = candidate;
                }
            }
            y[column] = window[best];
            winner[column] = best as u8;
        }
    }
}

fn backward_plane(shape: PoolShape, winner: &[u8], dy: &[f32], dx: &mut [f32]) {
    let columns = shape.width / 2;
    for (index, (&winner, &dy)) in winner.iter().zip(dy).enumerate() {
        let (row, column) = (index / columns, index % columns);
        let (down, right) = (usize::from(winner >> 1), usize::from(winner & 1));
        dx[(2 * row + down) * shape.width + 2 * column + right] += dy;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_last_row_and_column_are_dropped() {
        let shape = PoolShape { planes: 1, height: 3, width: 5 };
        let x: Vec<f32> = (0..15).map(|v| v as f32).collect();
        let (mut y, mut winner) = (vec![0.0; 2], vec![0; 2]);
        forward(shape, &x, &mut y, &mut winner);
        assert_eq!((y, winner), (vec![6.0, 8.0], vec![3, 3]));
    }

    #[test]
    fn the_first_of_equals_wins_and_gets_the_whole_gradient() {
        let shape = PoolShape { planes: 2, height: 2, width: 2 };
        let x = [0.0, 0.0, 0.0, 0.0, 1.0, 3.0, 3.0, 2.0];
        let (mut y, mut winner) = (vec![0.0; 2], vec![0; 2]);
        forward(shape, &x, &mut y, &mut winner);
        assert_eq!(winner, [0, 1]);
        let mut dx = vec![1.0; 8];
        backward(shape, &winner, &[5.0, 7.0], &mut dx);
        assert_eq!(dx, [6.0, 1.0, 1.0, 1.0, 1.0, 8.0, 1.0, 1.0], "it is added to what is there");
    }

    #[test]
    fn a_picture_of_one_pixel_pools_to_nothing() {
        let shape = PoolShape { planes: 4, height: 1, width: 1 };
        forward(shape, &[1.0; 4], &mut [], &mut []);
        let mut dx = [1.0; 4];
        backward(shape, &[], &[], &mut dx);
        assert_eq!(dx, [1.0; 4]);
    }
}
