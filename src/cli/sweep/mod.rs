//! `frostline sweep FILE`: all points of `[sweep]`.

mod cluster;
mod found;
mod launchers;
mod logs;
mod patience;
pub mod reference;
pub mod task;
pub mod work;

use std::io::IsTerminal;

use crate::cli::args::{self, Format, Retry, Sweep};
use crate::cli::context::{Context, table_format};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::quantity::counted;
use crate::cli::signals::stop_on_signals;
use crate::report::{Detail, SweepBars, SweepLines};
use crate::runs::table::{Cell, Table};
use crate::runs::{Runs, State};
use crate::spec::model;
use crate::spec::{self, Colour, Experiment, OnDisk};
use crate::stages::Preparer;
use crate::stop::StopToken;
use crate::sweep::{
    self, DraftPoint, Intent, Launcher, OnFailure, Options, Results, Session, Slurm, SweepDir, SweepError, SweepPlan,
    SweepReporter, Tools, Unfrozen,
};
use work::{invalid, local, wanting, warn, with_tools};

pub fn run(context: &Context, args: &Sweep) -> Result<Exit, Failure> {
    let experiment = match (&args.verb, &args.experiment) {
        (Some(verb), _) => return cluster::run(context, verb),
        (None, Some(experiment)) => experiment,
        (None, None) => unreachable!("clap asks for the file where there is no verb"),
    };
    launchers::check(args)?;
    let base = context.load(&experiment.file, &experiment.set, OnDisk::Checked)?;
    let Some(table) = base.sweep.clone() else {
        return Err(SweepError::NoSweep { file: experiment.file.clone() }.into());
    };
    let slurm = match args.launcher {
        args::Launcher::Local => None,
        args::Launcher::Slurm => Some(cluster::slurm(context, &args.slurm)?),
    };
    let runs = context.runs_of(&base.project_root);
    let preparer = Preparer::new(&runs);
    let points = sweep::known_points(&base, &table, &runs, &preparer);
    let points = points.map_err(|error| invalid(error, context.colour))?;
    match (args.dry_run, &slurm) {
        (true, None) => {
            let more = unknown(&table, points.len());
            let base = if more > 0 { Some(preparer.prepare(base.clone())?) } else { None };
            let (options, jobs) = (options(args), local(&table, args.jobs).jobs);
            let intent = Intent { options: &options, jobs, more: base.as_ref().map(|base| (base, more)) };
            let plan = sweep::plan(&points, &intent, &runs, &context.clock)?;
            show_plan(&plan, &sweep::keys(&table), args.format);
            return Ok(Exit::Success);
        }
        (true, Some(slurm)) => {
            let sweep = Unfrozen {
                base: &base,
                sweep: &table,
                points: &points,
                options: &options(args),
                runs: &runs,
                clock: &context.clock,
            };
            let scripts = slurm.preview(&sweep)?;
            scripts.iter().for_each(|(name, text)| println!("==> {name} <==\n{text}"));
            return Ok(Exit::Success);
        }
        (false, _) => {}
    }
    let work = Work { context, args, slurm, base: &base, table: &table, runs: &runs, preparer: &preparer };
    work.run(&points)
}

/// How many points will be chosen while the sweep runs, besides those that are known.
fn unknown(table: &model::Sweep, known: usize) -> u64 {
    u64::from(found::trials(table)).saturating_sub(known as u64)
}

fn options(args: &Sweep) -> Options {
    let on_failure = if args.fail_fast { OnFailure::Stop } else { OnFailure::GoOn };
    Options { on_failure, retry: args.retry.iter().map(|it| (*it).into()).collect() }
}

struct Work<'a> {
    context: &'a Context,
    args: &'a Sweep,
    /// None: the points run here.
    slurm: Option<Slurm>,
    base: &'a Experiment,
    table: &'a model::Sweep,
    runs: &'a Runs,
    preparer: &'a Preparer,
}

impl Work<'_> {
    fn run(&self, points: &[DraftPoint]) -> Result<Exit, Failure> {
        let stop = stop_on_signals().map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
        let reporter = self.reporter();
        with_tools(self.context, (self.runs, &stop, reporter.as_ref()), |tools| self.run_with(points, tools))
    }

    fn run_with(&self, points: &[DraftPoint], tools: Tools<'_>) -> Result<Exit, Failure> {
        warn(tools.reporter, points);
        let (dir, index) = sweep::submit(self.base, self.table, points, &tools)?;
        if self.args.freeze {
            println!("{}", dir.path().display());
            return Ok(Exit::Success);
        }
        let session = Session::new((self.base, self.table), (&dir, index), (tools, self.preparer), options(self.args));
        session.announce()?;
        match &self.slurm {
            None => self.here(&session, tools.stop),
            Some(slurm) => self.there(&session, (slurm, &dir)),
        }
    }

    /// Submits what is to be done, and says how all stands; where nothing is to be done any more, the results are written at once.
    fn there(&self, session: &Session<'_>, (slurm, dir): (&Slurm, &SweepDir)) -> Result<Exit, Failure> {
        slurm.launch(session)?;
        let index = session.index();
        let standings = || sweep::standings(&slurm.cluster, self.runs, (dir, &index, self.table));
        let mut now = standings()?;
        if now.is_idle() {
            session.finish()?;
            now = standings()?;
        }
        let to_choose = found::trials(self.table).saturating_sub(index.points.len() as u32);
        cluster::show(&now, (&index, to_choose), self.args.format);
        Ok(Exit::Success)
    }

    fn here(&self, session: &Session<'_>, stop: &StopToken) -> Result<Exit, Failure> {
        let launched = local(self.table, self.args.jobs).launch(session);
        let states = session.finish()?;
        self.show(session)?;
        launched?;
        Ok(match wanting(&states).is_empty() {
            _ if stop.is_requested() => Exit::Interrupted,
            true => Exit::Success,
            false => Exit::PartlyFailed,
        })
    }

    fn reporter(&self) -> Box<dyn SweepReporter> {
        let objective = self.table.objective.to_string();
        if !self.args.quiet && std::io::stderr().is_terminal() {
            return Box::new(SweepBars::new(&objective, self.context.colour == Colour::Ansi));
        }
        let detail = if self.args.quiet { Detail::Failures } else { Detail::Points };
        Box::new(SweepLines::new(std::io::stderr(), &objective, detail))
    }

    /// The points on stdout: what matters for people, all of `trials.csv` for programs.
    fn show(&self, session: &Session<'_>) -> Result<(), Failure> {
        let points = sweep::outcomes(self.runs, &session.index())?;
        let keys = sweep::keys(self.table);
        let results = Results { points: &points, keys: &keys, metric: self.table.objective };
        let table = match self.args.format {
            Format::Table => results.overview(),
            Format::Csv | Format::Json => results.trials(),
        };
        print!("{}", table.render(table_format(self.args.format)));
        Ok(())
    }
}

impl From<Retry> for State {
    fn from(retry: Retry) -> Self {
        match retry {
            Retry::Failed => Self::Failed,
            Retry::Diverged => Self::Diverged,
            Retry::Pruned => Self::Pruned,
        }
    }
}

fn show_plan(plan: &SweepPlan, keys: &[String], format: Format) {
    let own = |name: &str| name.to_owned();
    let mut table =
        Table::new([own("point")].into_iter().chain(keys.iter().cloned()).chain(["seed", "state", "seconds"].map(own)));
    for run in &plan.runs {
        let value = |key: &String| run.values.iter().find(|(own, _)| own == key).map(|(_, value)| spec::written(value));
        let mut row = vec![Cell::Count(run.point.into())];
        row.extend(keys.iter().map(|key| Cell::text(value(key))));
        row.push(Cell::Count(run.seed));
        row.push(Cell::Text(run.state.map_or("missing", State::word).to_owned()));
        row.push(Cell::Number(run.time.as_secs_f64(), 1));
        table.push(row);
    }
    print!("{}", table.render(table_format(format)));
    if format == Format::Table {
        println!("{}", verdict(plan));
    }
}

fn verdict(plan: &SweepPlan) -> String {
    let points = plan.runs.iter().map(|run| run.point).max().unwrap_or(0);
    let later = if plan.unknown > 0 { format!(", {} more to be chosen", plan.unknown) } else { String::new() };
    format!(
        "{}, {}, {} done{later}; distinct extractions: {} ({} to compute), top trainings: {} ({} to compute); about {:.0} s",
        counted(points as usize, "point", "points"),
        counted(plan.runs.len(), "run", "runs"),
        plan.done(),
        plan.extractions.0,
        plan.extractions.1,
        plan.tops.0,
        plan.tops.1,
        plan.time.as_secs_f64()
    )
}
