//! `frostline cache`.

use clap::{Args, Subcommand};

use super::Format;
use crate::cli::quantity;

/// `frostline cache`
#[derive(Debug, Subcommand)]
pub enum Cache {
    /// List what is stored: what it is, its size, when it was last used, and by which runs
    List(CacheList),
    /// Read everything and check it; exits with 4 if something is damaged
    Verify(CacheVerify),
    /// Remove what no run and no experiment needs; only says what would go unless `--yes` is given
    Gc(CacheGc),
}

/// `frostline cache list`
#[derive(Debug, Args)]
pub struct CacheList {
    /// How to print the table
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// `frostline cache verify`
#[derive(Debug, Args)]
pub struct CacheVerify {
    /// Remove what is damaged: it is computed again when it is needed
    #[arg(long)]
    pub repair: bool,
    /// How to print the table
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// `frostline cache gc`
#[derive(Debug, Args)]
pub struct CacheGc {
    /// Do it
    #[arg(long)]
    pub yes: bool,
    /// Also remove what was used longest ago, until the rest has at most this size: `500MB`, `20GiB`
    #[arg(long, value_name = "SIZE", value_parser = quantity::bytes)]
    pub max_size: Option<u64>,
    /// Also remove what was last used longer ago than this: `36h`, `30d`, `8w`
    #[arg(long, value_name = "AGE", value_parser = quantity::age)]
    pub older_than: Option<std::time::Duration>,
    /// How to print the table
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}
