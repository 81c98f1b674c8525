//! `frostline cache gc`: removes what nothing needs, or, without `--yes`, says what would go.

use super::live::live;
use super::{describe, open, warn_of_damage};
use crate::cache::gc::{self, Limits, Plan, Why};
use crate::cache::{self, Cache};
use crate::cli::args::{CacheGc, Format};
use crate::cli::context::{Context, table_format};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::quantity;
use crate::runs::table::{Cell, Table};

pub fn run(context: &Context, args: &CacheGc) -> Result<Exit, Failure> {
    let runs = context.runs_here();
    let Some(cache) = open(context, &runs)? else {
        print!("{}", table(&Plan::default(), args.format).render(table_format(args.format)));
        eprintln!("there is no cache yet");
        return Ok(Exit::Success);
    };
    // In this order: what a run makes in between is either not listed or needed.
    let mut items = cache::list(&cache)?;
    let live = live(context, &runs)?;
    items.iter_mut().for_each(|item| item.in_use |= live.running.contains(&item.key));
    warn_of_damage(&cache);
    let limits = Limits { max_size: args.max_size, older_than: args.older_than };
    let plan = gc::plan(items, &live.needed, limits, context.clock.now());
    print!("{}", table(&plan, args.format).render(table_format(args.format)));
    if args.yes { carry_out(&cache, &plan) } else { Ok(announce(&plan)) }
}

fn announce(plan: &Plan) -> Exit {
    let kept: u64 = plan.keep.iter().map(|item| item.bytes).sum();
    let (go, stay) = (quantity::shown(plan.bytes()), quantity::shown(kept));
    let entries = quantity::counted(plan.remove.len(), "entry", "entries");
    eprintln!("{entries} with {go} would go, {} with {stay} would stay", plan.keep.len());
    if !plan.remove.is_empty() {
        eprintln!("hint: nothing was removed; `--yes` does it");
    }
    Exit::Success
}

fn carry_out(cache: &Cache, plan: &Plan) -> Result<Exit, Failure> {
    let swept = gc::carry_out(cache, plan)?;
    let entries = quantity::counted(swept.removed.len(), "entry", "entries");
    eprintln!("removed {entries} with {}", quantity::shown(swept.bytes));
    for key in &swept.busy {
        eprintln!("kept `{key}`: a process is using it");
    }
    Ok(Exit::Success)
}

fn table(plan: &Plan, format: Format) -> Table {
    let mut table = Table::new(["key", "what", "bytes", "last_used", "why"]);
    for (item, why) in &plan.remove {
        table.push(vec![
            describe::key(item, format),
            describe::what(item),
            describe::size(item.bytes, format),
            describe::last_used(item),
            Cell::Text(reason(*why).to_owned()),
        ]);
    }
    table
}

fn reason(why: Why) -> &'static str {
    match why {
        Why::Unreachable => "no run and no experiment needs it",
        Why::Empty => "it holds nothing usable",
        Why::Old => "it was last used too long ago",
        Why::Large => "it does not fit into the size",
    }
}
