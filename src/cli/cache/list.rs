//! `frostline cache list`: what is stored, its size, when it was last used and by which runs.

use super::{describe, open, warn_of_damage};
use crate::cache;
use crate::cli::args::{CacheList, Format};
use crate::cli::context::{Context, table_format};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::runs::RunDir;
use crate::runs::table::{Cell, Table};

/// A person is shown so many runs of an entry, and how many more there are.
const RUNS_SHOWN: usize = 2;

pub fn run(context: &Context, args: &CacheList) -> Result<Exit, Failure> {
    let runs = context.runs_here();
    let mut table = Table::new(["key", "what", "bytes", "last_used", "in_use", "runs"]);
    if let Some(cache) = open(context, &runs)? {
        let items = cache::list(&cache)?;
        let uses = runs.cache_uses()?;
        for item in &items {
            let users = uses.get(&item.key.to_string()).map(Vec::as_slice).unwrap_or_default();
            table.push(vec![
                describe::key(item, args.format),
                describe::what(item),
                describe::size(item.bytes, args.format),
                describe::last_used(item),
                Cell::Text(if item.in_use { "yes" } else { "no" }.to_owned()),
                labels(users, args.format),
            ]);
        }
        warn_of_damage(&cache);
    }
    print!("{}", table.render(table_format(args.format)));
    Ok(Exit::Success)
}

fn labels(users: &[RunDir], format: Format) -> Cell {
    let shown = if format == Format::Table { RUNS_SHOWN } else { usize::MAX };
    let mut labels: Vec<String> = users.iter().take(shown).map(RunDir::label).collect();
    if users.len() > shown {
        labels.push(format!("{} more", users.len() - shown));
    }
    if labels.is_empty() { Cell::None } else { Cell::Text(labels.join(", ")) }
}
