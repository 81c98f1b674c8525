//! `[sweep]`: every key a key, every value valid for its key, pairs of equal length, exclusions and conditions that can match.

mod axes;
mod candidate;
mod conditions;
mod pairs;
mod reach;
mod table;

/// Keys that are the same in every point.
const FIXED: [&str; 4] = ["name", "tags", "extends", "sweep"];
