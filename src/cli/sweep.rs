//! `frostline sweep FILE`: all points of `[sweep]`.

use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::path::Path;

use super::args::{self, Format, Retry, Sweep};
use super::context::{Context, table_format};
use super::exit::Exit;
use super::failure::Failure;
use super::pages;
use super::quantity::counted;
use super::signals::stop_on_signals;
use super::sweep_cluster;
use crate::event::{Event, Warning};
use crate::report::{self, SweepBars, SweepLines};
use crate::runs::table::{Cell, Table};
use crate::runs::{RunDir, Runs, State};
use crate::spec::knobs::Strategy;
use crate::spec::model;
use crate::spec::{self, Colour, Experiment, OnDisk, Overrides, Problems};
use crate::stages::{Prepared, Preparer};
use crate::stop::StopToken;
use crate::sweep::{
    self, Draft, DraftPoint, Launcher, Local, OnFailure, Options, Results, Session, SweepError, SweepEvent, SweepPlan,
    SweepReporter, Tools,
};

pub fn run(context: &Context, args: &Sweep) -> Result<Exit, Failure> {
    let experiment = match (&args.verb, &args.experiment) {
        (Some(verb), _) => return sweep_cluster::run(context, verb),
        (None, Some(experiment)) => experiment,
        (None, None) => unreachable!("clap asks for the file where there is no verb"),
    };
    let base = context.load(&experiment.file, &experiment.set, OnDisk::Checked)?;
    let Some(table) = base.sweep.clone() else {
        return Err(SweepError::NoSweep { file: experiment.file.clone() }.into());
    };
    let runs = context.runs_of(&base.project_root);
    let preparer = Preparer::new(&runs);
    let points = sweep::known_points(&base, &table, &runs, &preparer);
    let points = points.map_err(|error| invalid(error, context.colour))?;
    match (args.dry_run, args.launcher) {
        (true, args::Launcher::Local) => {
            let more = table.trials.map_or(0, |trials| u64::from(trials.get())).saturating_sub(points.len() as u64);
            let more =
                if table.strategy == Strategy::Tpe { Some((preparer.prepare(base.clone())?, more)) } else { None };
            let more = more.as_ref().map(|(base, more)| (base, *more)).filter(|(_, more)| *more > 0);
            let plan = sweep::plan(&points, more, &runs, &context.clock)?;
            show_plan(&plan, &sweep::keys(&table), args.format);
            return Ok(Exit::Success);
        }
        (true, args::Launcher::Slurm) => {
            let slurm = sweep_cluster::slurm(context, &args.slurm)?;
            let scripts = slurm.preview(&base, &points, (&runs, &context.clock))?;
            scripts.iter().for_each(|(name, text)| println!("==> {name} <==\n{text}"));
            return Ok(Exit::Success);
        }
        (false, _) => {}
    }
    let work = Work { context, args, base: &base, table: &table, runs: &runs, preparer: &preparer };
    work.run(&points)
}

struct Work<'a> {
    context: &'a Context,
    args: &'a Sweep,
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
        let options =
            Options { on_failure: self.on_failure(), retry: self.args.retry.iter().map(|it| (*it).into()).collect() };
        let session = Session::new((self.base, self.table), (&dir, index), (tools, self.preparer), options);
        session.announce()?;
        match self.args.launcher {
            args::Launcher::Local => self.here(&session, tools.stop),
            args::Launcher::Slurm => {
                sweep_cluster::slurm(self.context, &self.args.slurm)?.launch(&session)?;
                sweep_cluster::show(self.runs, &dir, &session.index(), self.args.format)?;
                Ok(Exit::Success)
            }
        }
    }

    fn here(&self, session: &Session<'_>, stop: &StopToken) -> Result<Exit, Failure> {
        let launched = self.local().launch(session);
        let states = session.finish()?;
        self.show(session)?;
        launched?;
        let any = |state: &str| states.contains_key(state);
        Ok(match () {
            () if stop.is_requested() => Exit::Interrupted,
            () if any("failed") || any("diverged") || any("missing") || any("interrupted") => Exit::PartlyFailed,
            () => Exit::Success,
        })
    }

    fn on_failure(&self) -> OnFailure {
        if self.args.fail_fast { OnFailure::Stop } else { OnFailure::GoOn }
    }

    fn local(&self) -> Local {
        let written = NonZeroUsize::new(self.table.parallel.get() as usize).unwrap_or(NonZeroUsize::MIN);
        let threads = NonZeroUsize::new(rayon::current_num_threads()).unwrap_or(NonZeroUsize::MIN);
        Local { jobs: self.args.jobs.unwrap_or(written), threads }
    }

    fn reporter(&self) -> Box<dyn SweepReporter> {
        let objective = self.table.objective.to_string();
        if !self.args.quiet && std::io::stderr().is_terminal() {
            return Box::new(SweepBars::new(&objective, self.context.colour == Colour::Ansi));
        }
        Box::new(SweepLines::new(std::io::stderr(), &objective, self.args.quiet))
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

/// Does something with what a sweep needs from the outside.
pub fn with_tools<R>(
    context: &Context,
    (runs, stop, reporter): (&Runs, &StopToken, &dyn SweepReporter),
    act: impl FnOnce(Tools<'_>) -> R,
) -> R {
    act(Tools {
        runs,
        clock: &context.clock,
        stop,
        reporter,
        load: &|path: &Path, project: Option<&Path>| load_frozen(context, path, project),
        finish: &|run: &RunDir, prepared: &Prepared| write_report(runs, run, prepared),
        explain: &|error| Failure::from(error).text,
    })
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

/// A frozen experiment, from its file alone: no environment, no arguments.
pub fn load_frozen(context: &Context, path: &Path, project: Option<&Path>) -> Result<Experiment, Problems> {
    let overrides = Overrides {
        cwd: context.cwd.clone(),
        on_disk: OnDisk::Checked,
        binary: std::env::current_exe().ok(),
        project: project.map(Path::to_owned),
        ..Overrides::default()
    };
    spec::load(path, &overrides)
}

/// Without its report, a run is done all the same.
fn write_report(runs: &Runs, run: &RunDir, prepared: &Prepared) {
    if !report::is_written(run.path())
        && let Err(failure) = pages::write(runs, run, prepared)
    {
        eprint!("{}", failure.text);
    }
}

/// What is odd about the data, once for all points that read it.
fn warn(reporter: &dyn SweepReporter, points: &[DraftPoint]) {
    let of = |run: &Draft| run.prepared.warnings.clone();
    let mut texts: Vec<String> = points.iter().flat_map(|point| &point.runs).flat_map(of).collect();
    texts.sort();
    texts.dedup();
    for text in texts {
        let event = Event::Warned { warning: Warning::Notice { text } };
        reporter.event(&SweepEvent::Run { run: None, event });
    }
}

/// The problems of the points, as those of an experiment file are shown; a few points tell what is wrong with all.
fn invalid(error: SweepError, colour: Colour) -> Failure {
    const SHOWN: usize = 3;
    let SweepError::Invalid { invalid } = &error else { return error.into() };
    let failures = invalid.iter().take(SHOWN).map(|point| {
        let failure = Failure::of_spec(&point.problems, colour);
        (failure.exit, format!("error: {point}\n{}", failure.text))
    });
    let (exits, texts): (Vec<Exit>, Vec<String>) = failures.unzip();
    let more = invalid.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!("and {more} more such points; none has been started\n") } else { String::new() };
    Failure { text: texts.concat() + &more, exit: exits.first().copied().unwrap_or(Exit::InvalidSpec) }
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
