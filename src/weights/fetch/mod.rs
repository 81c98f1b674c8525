//! Public weight files, fetched: by HTTPS, with resumption, held to a digest that frostline knows beforehand.
//!
//! A transfer goes into `FILE.part`, which stays when it is cut off and goes on from there; the file appears under its name
//! only once its digest is right. Without a network the error says what to download by hand, and where to put it.
//!
//! Nothing here prints or reads the environment (but for proxies, which the HTTP client looks up by itself).

mod digest;
mod error;
mod known;
mod order;
mod request;
mod transfer;

pub use digest::file_sha256;
pub use error::{FetchError, FetchProblem};
pub use known::{KNOWN_FILES, KnownFile, Pin};
pub use order::{Fetched, Order, Step, fetch};
