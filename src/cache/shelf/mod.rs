//! Shelves: per-image records of one fixed size, keyed by the image's digest.
//!
//! Records are appended in blocks to segment files ([`segment`] has the format) and found through an index that is built
//! when the shelf opens, from the rows at the head of each block. A later record of the same image supersedes an earlier one.
//! One writer at a time; readers need no lock and read at offsets into the caller's buffer, so memory does not grow with the
//! size of the records.

mod appending;
mod checking;
mod index;
mod mending;
mod reading;
mod scan;
mod segment;

pub use appending::ShelfWriter;
pub use reading::{Read, Shelf};
pub(super) use segment::number as segment_number;
