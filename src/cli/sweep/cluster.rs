//! `frostline sweep status|wait|cancel|logs`: a sweep that a cluster works on.

use super::found::Found;
use super::logs;
use super::patience::Patience;
use crate::cli::args::{self, Format, SweepVerb};
use crate::cli::context::{Context, table_format};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::quantity::counted;
use crate::cli::signals::stop_on_signals;
use crate::runs::table::{Cell, Table};
use crate::sweep::{self, Cluster, Index, Slurm, SlurmSettings, Standing, Standings, SweepError};

/// Seconds in which a run surely saves its state: the longest batch, and a write.
const WARNING: u32 = 120;

pub fn run(context: &Context, verb: &SweepVerb) -> Result<Exit, Failure> {
    match verb {
        SweepVerb::Status { sweep, format } => {
            let found = Found::of(context, sweep)?;
            show(&found.standings()?, (&found.index, found.to_choose()), *format);
            Ok(Exit::Success)
        }
        SweepVerb::Wait { sweep } => wait(context, &Found::of(context, sweep)?),
        SweepVerb::Cancel { sweep } => cancel(&Found::of(context, sweep)?),
        SweepVerb::Logs { sweep, point, follow } => logs::print(context, &Found::of(context, sweep)?, (point, *follow)),
    }
}

/// The launcher that the command line describes.
pub fn slurm(context: &Context, args: &args::Slurm) -> Result<Slurm, Failure> {
    let binary = std::env::current_exe().map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
    let settings = SlurmSettings {
        partition: args.partition.clone(),
        time: args.time.clone(),
        cpus: args.cpus.map_or(1, std::num::NonZeroU32::get),
        gpus: args.gpus,
        mem: args.mem.clone(),
        array_limit: args.array_limit.map(std::num::NonZeroU32::get),
        warning: args.signal.unwrap_or(WARNING),
        extra: args.extra.clone(),
        template: args.script.as_ref().map(|path| context.cwd.join(path)),
    };
    settings.check().map_err(SweepError::from)?;
    Ok(Slurm { cluster: cluster(), settings, binary })
}

/// The cluster that this machine's Slurm belongs to.
pub fn cluster() -> Cluster {
    Cluster::seen_with(std::env::vars_os().map(|(name, _)| name))
}

/// Prints how every run of a sweep stands, of which so many points may still be chosen.
pub fn show(standings: &Standings, (index, to_choose): (&Index, u32), format: Format) {
    let mut table = Table::new(["point", "seed", "values", "state", "job", "reason", "run"].map(str::to_owned));
    for standing in &standings.tasks {
        let values = index.points.iter().find(|point| point.point == standing.task.point);
        table.push(vec![
            Cell::Count(standing.task.point.into()),
            Cell::Count(standing.task.seed),
            Cell::text(values.map(|point| sweep::shown(&point.values))),
            Cell::Text(standing.word().to_owned()),
            Cell::text(standing.job.clone()),
            Cell::text(standing.reason.clone()),
            Cell::text(standing.run.as_ref().map(|(run, _)| run.clone())),
        ]);
    }
    print!("{}", table.render(table_format(format)));
    if format == Format::Table {
        println!("{}", tally(standings, to_choose));
    }
}

/// `12 runs: 7 done, 2 running, 3 queued`; and what there is to say of the results.
fn tally(Standings { tasks, results, .. }: &Standings, to_choose: u32) -> String {
    let words = ["done", "running", "queued", "interrupted", "pruned", "failed", "diverged", "missing"];
    let count = |word: &str| tasks.iter().filter(|standing| standing.word() == word).count();
    let counts = words.map(|word| (count(word), word));
    let parts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let more = if to_choose == 0 { String::new() } else { format!("; up to {to_choose} more points to be chosen") };
    let results = results.as_ref().map_or_else(String::new, |results| format!("; {results}"));
    format!("{}: {}{more}{results}", counted(tasks.len(), "run", "runs"), parts.join(", "))
}

fn wait(context: &Context, found: &Found) -> Result<Exit, Failure> {
    let stop = stop_on_signals().map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
    let (mut patience, mut last) = (Patience::new(), String::new());
    loop {
        let found = found.again()?;
        let standings = patience.heed(found.standings(), context.clock.monotonic())?;
        if let Some(standings) = &standings {
            let now = tally(standings, found.to_choose());
            if now != last {
                eprintln!("{now}");
                last = now;
            }
        }
        match (standings.filter(Standings::is_idle), stop.is_requested()) {
            (Some(standings), _) => return Ok(verdict(&standings)),
            (None, true) => return Ok(Exit::Interrupted),
            (None, false) => patience.rest(&stop),
        }
    }
}

/// How a sweep came out to which nothing happens any more.
fn verdict(standings: &Standings) -> Exit {
    let is_well = |standing: &Standing| matches!(standing.word(), "done" | "pruned");
    match standings.tasks.iter().all(is_well) && standings.results.is_none() {
        true => Exit::Success,
        false => Exit::PartlyFailed,
    }
}

fn cancel(found: &Found) -> Result<Exit, Failure> {
    let jobs = sweep::cancel(&found.cluster, &found.dir)?;
    match jobs.len() {
        0 => eprintln!("no job of this sweep is queued or running"),
        _ => eprintln!("cancelled jobs {}", jobs.join(", ")),
    }
    Ok(Exit::Success)
}
