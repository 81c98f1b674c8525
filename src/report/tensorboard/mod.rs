//! TensorBoard event files: a scalar per epoch and column, and the settings through the HParams plugin.
//!
//! The crates that write such files have not been kept since 2024 and know nothing of HParams. The format is small: records
//! (`record`) of protocol buffers (`message`), which `prost` encodes, with checksums by `crc32c`.
//!
//! Wall times are made of the run's own start and of the step, never of the clock: the same run gives the same bytes.

mod events;
mod message;
mod record;

pub use events::{EVENTS, event_file, event_file_name};
