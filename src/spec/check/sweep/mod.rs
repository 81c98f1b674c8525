//! `[sweep]`: every key a key, every value valid for its key, pairs of equal length, exclusions that can match.

mod axes;
mod candidate;
mod pairs;
mod table;

/// Keys that are the same in every point.
const FIXED: [&str; 4] = ["name", "tags", "extends", "sweep"];
