//! One drawn variation, and its affine matrix as Keras' `apply_affine_transform` composes it.

/// What happens to one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Transform {
    /// Degrees; Keras' `theta`.
    pub rotation: f64,
    /// Pixels along rows and columns (y, x); Keras' `tx`, `ty`.
    pub shift: [f64; 2],
    /// Degrees.
    pub shear: f64,
    /// Factors; Keras' `zx`, `zy`.
    pub zoom: [f64; 2],
    /// Mirror left and right.
    pub flip_horizontal: bool,
    /// Mirror top and bottom.
    pub flip_vertical: bool,
    /// Grey levels added to every channel.
    pub channel_shift: Option<f64>,
    /// Factor on every channel.
    pub brightness: Option<f64>,
}

/// Where an output pixel comes from: `source_y = m[0] y + m[1] x + m[2]`, `source_x = m[3] y + m[4] x + m[5]`.
pub type Matrix = [f64; 6];

type Square = [[f64; 3]; 3];

impl Transform {
    /// The matrix from output to source pixels for an image of this size; none where nothing moves.
    ///
    /// Keras multiplies rotation, shift, shear and zoom, moves the origin to the image's centre, and swaps the axes.
    pub fn matrix(&self, height: usize, width: usize) -> Option<Matrix> {
        let composed = self.parts().into_iter().flatten().reduce(|left, right| product(&left, &right))?;
        let [center_y, center_x] = [height, width].map(|size| size as f64 / 2.0 - 0.5);
        let there = [[1.0, 0.0, center_y], [0.0, 1.0, center_x], [0.0, 0.0, 1.0]];
        let back = [[1.0, 0.0, -center_y], [0.0, 1.0, -center_x], [0.0, 0.0, 1.0]];
        let [[a, b, c], [d, e, f], _] = product(&product(&there, &composed), &back);
        Some([e, d, f, b, a, c])
    }

    /// Rotation, shift, shear and zoom, where they do anything.
    fn parts(&self) -> [Option<Square>; 4] {
        let (sin, cos) = sin_cos(self.rotation);
        let rotation = [[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]];
        let shift = [[1.0, 0.0, self.shift[0]], [0.0, 1.0, self.shift[1]], [0.0, 0.0, 1.0]];
        let (sin, cos) = sin_cos(self.shear);
        let shear = [[1.0, -sin, 0.0], [0.0, cos, 0.0], [0.0, 0.0, 1.0]];
        let zoom = [[self.zoom[0], 0.0, 0.0], [0.0, self.zoom[1], 0.0], [0.0, 0.0, 1.0]];
        [
            (self.rotation != 0.0).then_some(rotation),
            (self.shift != [0.0, 0.0]).then_some(shift),
            (self.shear != 0.0).then_some(shear),
            (self.zoom != [1.0, 1.0]).then_some(zoom),
        ]
    }
}

/// Of degrees, by the same code on every system: C libraries differ in the last bit.
fn sin_cos(degrees: f64) -> (f64, f64) {
    let radians = degrees.to_radians();
    (libm::sin(radians), libm::cos(radians))
}

fn product(left: &Square, right: &Square) -> Square {
    std::array::from_fn(|row| {
        std::array::from_fn(|column| (0..3).fold(0.0, |sum, k| sum + left[row][k] * right[k][column]))
    })
}
