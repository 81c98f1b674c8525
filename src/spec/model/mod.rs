//! The experiment as checked: every value valid by its type, every cross-check passed, every path absolute.
//!
//! Only these types are used beyond [`crate::spec`]. They are made by [`crate::spec::load`] and by [`Experiment::resolve_with`] alone;
//! nothing changes them afterwards.

mod data;
mod experiment;
mod fine_tune;
mod listing;
mod optimizer;
mod schedule;
mod stopping;
mod sweep;
mod top;

pub use data::{Bottleneck, Data, Validation, Weights};
pub use experiment::Experiment;
pub use fine_tune::{Augment, FineTune};
pub use listing::{Listing, Setting};
pub use optimizer::{Adam, Optimizer, RmsProp, Sgd};
pub use schedule::Schedule;
pub use stopping::EarlyStopping;
pub use sweep::{Axis, Condition, Domain, Exclusion, Pruner, Sweep, Zip, same};
pub use top::Top;
