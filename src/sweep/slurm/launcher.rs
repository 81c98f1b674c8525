//! Submitting a sweep's tasks.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cluster::Cluster;
use super::job::{self, Job, Piece, Wanted, Work};
use super::preview;
use super::script::{After, Places, Scripts};
use super::settings::Settings;
use super::standing::Jobs;
use super::submission::{self, Submission};
use crate::clock::Clock;
use crate::digest::Digest;
use crate::files::{self, Lock};
use crate::runs::{Runs, State};
use crate::spec::Experiment;
use crate::spec::knobs::Strategy;
use crate::stages::{Part, Shares};
use crate::sweep::draft::DraftPoint;
use crate::sweep::error::SweepError;
use crate::sweep::event::SweepEvent;
use crate::sweep::folder::SweepDir;
use crate::sweep::index::Task;
use crate::sweep::launcher::Launcher;
use crate::sweep::session::Session;
use crate::sweep::shared::{Item, Wave, items};

/// Has the tasks run by a cluster.
#[derive(Clone, Debug)]
pub struct Slurm {
    /// What every job asks for.
    pub settings: Settings,
    /// The frostline that the nodes start.
    pub binary: PathBuf,
}

impl Launcher for Slurm {
    /// Submits what is missing and not queued, and returns at once.
    fn launch(&self, session: &Session<'_>) -> Result<(), SweepError> {
        let folder = submission::folder(session.dir.path());
        files::create_folder(&folder)?;
        let _lock = Lock::exclusive(&folder.join(".lock"), &mut session.tools.wait(&mut |_| {}))?;
        let known = Jobs::of(session.dir, Cluster)?;
        let jobs = self.jobs(session, &known)?;
        if jobs.is_empty() {
            return Ok(());
        }
        let place = Submission::next(session.dir.path())?;
        let places = self.places(session.base, session.dir.path(), place.clone());
        let scripts = Scripts::new(&self.settings, &places, self.site()?)?.with_retry(&session.options.retry);
        let submission = Submission::create(place)?;
        let mut numbers: Vec<String> = Vec::new();
        for job in &jobs {
            match submit(&scripts, &submission, job, &numbers, &known) {
                Ok(number) => numbers.push(number),
                Err(error) => {
                    // Half a submission would wait for what never comes.
                    Cluster.cancel(&numbers).ok();
                    return Err(error);
                }
            }
            tell(session, job, numbers.last().map_or("", String::as_str));
        }
        Ok(())
    }
}

impl Slurm {
    /// The scripts that would be submitted for these points, with the names of their files. Nothing is frozen or submitted, so that where
    /// a script needs the number of a job there stands its name.
    ///
    /// # Errors
    ///
    /// Runs or a cache that cannot be read; a site's template that is none; a Slurm that does not answer.
    pub fn preview(
        &self,
        base: &Experiment,
        points: &[DraftPoint],
        (runs, clock): (&Runs, &Arc<dyn Clock>),
    ) -> Result<Vec<(String, String)>, SweepError> {
        let dir = SweepDir::place(runs, base.name.as_str(), &base.sweep_digest())?;
        let known = Jobs::of(&dir, Cluster)?;
        let jobs = match base.sweep.as_ref().is_some_and(|sweep| sweep.strategy == Strategy::Tpe) {
            true => job::workers(self.width(base)),
            false => preview::jobs(base, points, &known, (runs, clock))?,
        };
        let places = self.places(base, dir.path(), Submission::next(dir.path())?);
        let scripts = Scripts::new(&self.settings, &places, self.site()?)?;
        let names: Vec<String> = jobs.iter().map(|job| format!("<{}>", job.name)).collect();
        let script =
            |job: &Job| Ok((format!("{}.sbatch", job.name), scripts.script(job, &after(job, &names, &known))?));
        jobs.iter().map(script).collect()
    }

    /// The jobs for what is missing and not queued.
    fn jobs(&self, session: &Session<'_>, known: &Jobs) -> Result<Vec<Job>, SweepError> {
        if session.sweep.strategy == Strategy::Tpe {
            // Who looks for the next point looks for all that are left.
            let is_idle = known.active_numbers().is_empty() && session.has_more()?;
            return Ok(if is_idle { job::workers(self.width(session.base)) } else { Vec::new() });
        }
        let active = known.active_tasks();
        let mut wanted = Vec::new();
        for task in session.open()? {
            let is_free = !active.contains(&task.name()) && !is_running(session, &task)?;
            if let Some(shares) = session.shares(&task).filter(|_| is_free) {
                wanted.push(Wanted { name: task.name(), reads: reads(&shares) });
            }
        }
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let mut pieces = Vec::new();
        for wave in Wave::ALL {
            pieces.extend(items(session, wave)?.iter().filter_map(|item| piece(item, &wanted)));
        }
        Ok(job::jobs(&wanted, &pieces, Cluster.max_array()))
    }

    /// How many workers look for points at the same time.
    fn width(&self, base: &Experiment) -> u32 {
        let parallel = base.sweep.as_ref().map_or(1, |sweep| sweep.parallel.get());
        self.settings.array_limit.unwrap_or(parallel).clamp(1, Cluster.max_array() as u32)
    }

    fn places(&self, base: &Experiment, sweep: &Path, submission: PathBuf) -> Places {
        Places { binary: self.binary.clone(), project: base.project_root.clone(), sweep: sweep.to_owned(), submission }
    }

    fn site(&self) -> Result<Option<(&Path, String)>, SweepError> {
        let Some(path) = self.settings.template.as_deref() else { return Ok(None) };
        let bytes = files::read_if_there(path)?;
        let missing = || SweepError::NotFound { wanted: format!("template `{}`", path.display()) };
        Ok(Some((path, String::from_utf8_lossy(&bytes.ok_or_else(missing)?).into_owned())))
    }
}

/// The pieces of shared work that an experiment reads.
pub(super) fn reads(shares: &Shares) -> Vec<(Part, Digest)> {
    Wave::ALL.iter().filter_map(|wave| Some((wave.part(), wave.key(shares)?))).collect()
}

/// A missing piece, if one of these tasks reads it.
pub(super) fn piece(item: &Item, wanted: &[Wanted]) -> Option<Piece> {
    let (part, digest) = (item.wave.part(), item.key);
    let reader = wanted.iter().find(|wanted| wanted.reads.contains(&(part, digest)))?;
    Some(Piece { part, digest, task: reader.name.clone(), needed_by: item.needed_by })
}

fn submit(
    scripts: &Scripts<'_>,
    submission: &Submission,
    job: &Job,
    numbers: &[String],
    known: &Jobs,
) -> Result<String, SweepError> {
    let script = scripts.script(job, &after(job, numbers, known))?;
    let tasks = match &job.work {
        Work::Tasks(tasks) => tasks.as_slice(),
        Work::Shared(..) | Work::Workers(_) | Work::Results => &[],
    };
    let path = submission.write(&job.name, &script, tasks)?;
    let number = Cluster.submit(&path)?;
    submission.note(&job.name, &number)?;
    Ok(number)
}

/// What a job starts after; results also after what was queued before.
fn after(job: &Job, numbers: &[String], known: &Jobs) -> After {
    let of = |indices: &[usize]| indices.iter().map(|at| numbers[*at].clone()).collect::<Vec<_>>();
    let mut after = After { ok: of(&job.after_ok), any: of(&job.after_any) };
    if job.work == Work::Results {
        after.any.extend(known.active_numbers());
    }
    after
}

/// Whether a process works on the task's run right now.
fn is_running(session: &Session<'_>, task: &Task) -> Result<bool, SweepError> {
    let found = session.tools.runs.find(&session.index().name, &task.identity)?;
    Ok(found.is_some_and(|(_, state)| state == State::Running))
}

fn tell(session: &Session<'_>, job: &Job, number: &str) {
    let runs = match &job.work {
        Work::Tasks(tasks) => tasks.len() as u64,
        Work::Workers(count) => u64::from(*count),
        Work::Shared(..) | Work::Results => 1,
    };
    let (name, job) = (job.name.clone(), number.to_owned());
    session.tools.reporter.event(&SweepEvent::Submitted { job, name, runs });
}
