//! `frostline cache`: what is stored, whether it is whole, and what may go.

mod describe;
mod gc;
mod list;
mod live;
mod verify;

use std::sync::Arc;

use super::args::Cache as Args;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use crate::cache::Cache;
use crate::runs::Runs;
use crate::stages::CACHE_FOLDER;

pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    match args {
        Args::List(args) => list::run(context, args),
        Args::Verify(args) => verify::run(context, args),
        Args::Gc(args) => gc::run(context, args),
    }
}

/// The cache of the project around the current folder, if it has one yet.
fn open(context: &Context, runs: &Runs) -> Result<Option<Cache>, Failure> {
    Ok(Cache::look(&runs.root().join(CACHE_FOLDER), Arc::clone(&context.clock))?)
}

/// What the cache found damaged while it was looked at.
fn warn_of_damage(cache: &Cache) {
    cache.take_warnings().iter().for_each(|warning| eprintln!("warning: {warning}"));
}
