//! frostline's data against Pillow, Keras and SciPy, and against files that are no good.

mod augment;
mod bad_images;
mod decode;
mod load;
mod patterns;
mod pipeline;
mod resize;
mod scan;
