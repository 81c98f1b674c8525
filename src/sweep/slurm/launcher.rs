//! Submitting a sweep's tasks.

use std::path::{Path, PathBuf};

use super::agenda::jobs;
use super::cluster::Cluster;
use super::job::{Job, Work};
use super::jobs::Jobs;
use super::script::{After, Places, Scripts};
use super::settings::Settings;
use super::source::Unfrozen;
use super::submission::{self, Submission};
use crate::files::{self, Lock};
use crate::spec::Experiment;
use crate::sweep::error::SweepError;
use crate::sweep::event::SweepEvent;
use crate::sweep::folder::SweepDir;
use crate::sweep::launcher::Launcher;
use crate::sweep::session::Session;

/// Has the tasks run by a cluster.
#[derive(Clone, Debug)]
pub struct Slurm {
    /// The cluster.
    pub cluster: Cluster,
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
        let known = Jobs::of(session.dir, &self.cluster)?;
        let jobs = jobs(session, &known, (&self.cluster, &self.settings))?;
        if jobs.is_empty() {
            return Ok(());
        }
        let place = Submission::next(session.dir.path())?;
        let places = self.places(session.base, session.dir.path(), place.clone());
        let scripts = Scripts::new(&self.settings, &places, self.site()?)?.with_retry(&session.options.retry);
        let submission = Submission::create(place)?;
        let mut numbers: Vec<String> = Vec::new();
        for job in &jobs {
            match self.submit((&scripts, &submission), (&jobs, job), (&numbers, &known)) {
                Ok(number) => numbers.push(number),
                Err(error) => {
                    // Half a submission would wait for what never comes.
                    self.cluster.cancel(&numbers).ok();
                    return Err(error);
                }
            }
            tell(session, job, numbers.last().map_or("", String::as_str));
        }
        Ok(())
    }
}

impl Slurm {
    /// The scripts that would be submitted, with the names of their files. Nothing is frozen or submitted, so that where a script needs the
    /// number of a job there stands its name.
    ///
    /// # Errors
    ///
    /// Runs or a cache that cannot be read; a site's template that is none; a Slurm that does not answer.
    pub fn preview(&self, sweep: &Unfrozen<'_>) -> Result<Vec<(String, String)>, SweepError> {
        let dir = SweepDir::place(sweep.runs, sweep.base.name.as_str(), &sweep.base.sweep_digest())?;
        let known = Jobs::of(&dir, &self.cluster)?;
        let jobs = jobs(sweep, &known, (&self.cluster, &self.settings))?;
        let places = self.places(sweep.base, dir.path(), Submission::next(dir.path())?);
        let scripts = Scripts::new(&self.settings, &places, self.site()?)?.with_retry(&sweep.options.retry);
        let names: Vec<String> = jobs.iter().map(|job| format!("<{}>", job.name)).collect();
        let script =
            |job: &Job| Ok((format!("{}.sbatch", job.name), scripts.script(job, &after(job, &names, &known))?));
        jobs.iter().map(script).collect()
    }

    fn submit(
        &self,
        (scripts, submission): (&Scripts<'_>, &Submission),
        (jobs, job): (&[Job], &Job),
        (numbers, known): (&[String], &Jobs),
    ) -> Result<String, SweepError> {
        let script = scripts.script(job, &after(job, numbers, known))?;
        let tasks = match &job.work {
            Work::Tasks(tasks) => tasks.as_slice(),
            Work::Shared(..) | Work::Workers(_) | Work::Results => &[],
        };
        let before: Vec<String> = job.after_ok.iter().map(|at| jobs[*at].name.clone()).collect();
        let path = submission.write(&job.name, &script, (tasks, &before))?;
        let number = self.cluster.submit(&path)?;
        submission.note(&job.name, &number)?;
        Ok(number)
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

/// What a job starts after; results also after what was queued before.
fn after(job: &Job, numbers: &[String], known: &Jobs) -> After {
    let of = |indices: &[usize]| indices.iter().map(|at| numbers[*at].clone()).collect::<Vec<_>>();
    let mut after = After { ok: of(&job.after_ok), any: of(&job.after_any) };
    if job.work == Work::Results {
        after.any.extend(known.active_numbers());
    }
    after
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
