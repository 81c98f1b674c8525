//! `frostline plan FILE`: what `run` would do, and why.

use std::time::Duration;

use super::args::{Format, Plan};
use super::context::{Context, table_format};
use super::exit::Exit;
use super::failure::Failure;
use crate::runs::State;
use crate::runs::table::{Cell, Table};
use crate::spec::OnDisk;
use crate::stages::{self, StagePlan, Standing};

pub fn run(context: &Context, args: &Plan) -> Result<Exit, Failure> {
    let experiment = context.load(&args.experiment.file, &args.experiment.set, OnDisk::Checked)?;
    let runs = context.runs_of(&experiment.project_root);
    let prepared = stages::prepare(experiment, &runs)?;
    prepared.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
    let plan = stages::plan(&prepared, &runs, args.force.map(Into::into), &context.clock)?;
    print!("{}", table(&plan.stages).render(table_format(args.format)));
    if args.format == Format::Table {
        println!("{}", verdict(&plan));
    }
    Ok(Exit::Success)
}

fn table(stages: &[StagePlan]) -> Table {
    let mut table = Table::new(["stage", "cached", "to_do", "total", "unit", "seconds", "bytes", "why"]);
    for (index, stage) in stages.iter().enumerate() {
        let (to_do, total) = (stage.standing.to_do(), stage.standing.total());
        table.push(vec![
            Cell::Text(stage.stage.to_string()),
            Cell::Count(total - to_do),
            Cell::Count(to_do),
            Cell::Count(total),
            Cell::Text(if index == 0 { "images" } else { "epochs" }.to_owned()),
            Cell::Number(stage.time.as_secs_f64(), 1),
            Cell::Count(stage.bytes),
            Cell::Text(why(stage)),
        ]);
    }
    table
}

/// Why a stage would run, or why not.
fn why(stage: &StagePlan) -> String {
    match stage.standing {
        Standing::Cached { .. } => "all of it is stored".to_owned(),
        Standing::Forced { .. } => "forced".to_owned(),
        Standing::Partly { done, .. } => format!("goes on from {done}"),
        Standing::Missing { .. } if stage.because.is_empty() => "never computed".to_owned(),
        Standing::Missing { .. } => stage.because.join(", "),
    }
}

fn verdict(plan: &stages::Plan) -> String {
    let to_do: u64 = plan.stages.iter().map(|stage| stage.standing.to_do()).sum();
    let time: Duration = plan.stages.iter().map(|stage| stage.time).sum();
    let would = format!("it would take about {:.0} s", time.as_secs_f64());
    match &plan.run {
        Some((run, State::Done)) => format!("{} is done: `run` shows it and computes nothing", run.label()),
        Some((run, State::Running)) => format!("{} is running", run.label()),
        Some((run, state)) => format!("{} is {state}: `run` goes on with it; {would}", run.label()),
        None if to_do == 0 => "no such run yet: all of its stages are stored".to_owned(),
        None => format!("no such run yet; {would}"),
    }
}
