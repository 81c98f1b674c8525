//! `frostline cache verify`: reads everything and checks it.

use super::{open, warn_of_damage};
use crate::cache::{self, Cache, Problem, Repair, Verified};
use crate::cli::args::CacheVerify;
use crate::cli::context::{Context, table_format};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::quantity;
use crate::runs::table::{Cell, Table};

pub fn run(context: &Context, args: &CacheVerify) -> Result<Exit, Failure> {
    let Some(cache) = open(context, &context.runs_here())? else {
        print!("{}", table(&Verified::default()).render(table_format(args.format)));
        eprintln!("there is no cache yet");
        return Ok(Exit::Success);
    };
    warn_of_damage(&cache);
    let repair = if args.repair { Repair::Yes } else { Repair::No };
    let verified = cache::verify(&cache, repair)?;
    print!("{}", table(&verified).render(table_format(args.format)));
    let entries = quantity::counted(verified.entries, "entry", "entries");
    let problems = quantity::counted(verified.problems.len(), "problem", "problems");
    eprintln!("read {entries} with {}, {problems}", quantity::shown(verified.bytes));
    match (verified.problems.is_empty(), repair) {
        (true, _) => Ok(Exit::Success),
        (false, Repair::No) => {
            eprintln!(
                "hint: nothing damaged is ever used; `--repair` removes it, and what is missing is computed again"
            );
            Ok(Exit::Unusable)
        }
        (false, Repair::Yes) => what_remains(&cache),
    }
}

/// Looks again after a repair: what a process is writing, or a newer frostline wrote, was left alone.
fn what_remains(cache: &Cache) -> Result<Exit, Failure> {
    let left = cache::verify(cache, Repair::No)?;
    if left.problems.is_empty() {
        eprintln!("all of it is repaired");
        return Ok(Exit::Success);
    }
    for problem in &left.problems {
        eprintln!("left as it is: `{}`: {}", problem.path.display(), problem.damage);
    }
    Ok(Exit::Unusable)
}

fn table(verified: &Verified) -> Table {
    let mut table = Table::new(["key", "file", "problem", "kind"]);
    let mut add = |problems: &[Problem], kind: &str| {
        for Problem { key, path, damage } in problems {
            let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
            table.push(vec![
                Cell::Text(key.to_string()),
                Cell::text(file),
                Cell::Text(damage.to_string()),
                Cell::Text(kind.to_owned()),
            ]);
        }
    };
    add(&verified.problems, "damaged");
    add(&verified.leftovers, "unfinished");
    table
}
