//! Random variations of training images, with the meaning of Keras' `ImageDataGenerator`: the same ranges, the same
//! affine matrix, the same interpolation (SciPy's `affine_transform` of order 1), the same order of steps. Only the
//! draws are frostline's own: a pure function of (seed, epoch, image).

mod affine;
mod colour;
mod settings;
mod transform;

pub use affine::Fill;
pub use settings::Augment;
pub use transform::Transform;
