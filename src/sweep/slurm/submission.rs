//! One submission on disk: the scripts of its jobs, their numbers, and which task is which index of an array.

use std::path::{Path, PathBuf};

use crate::files::{self, FileError};

const SLURM: &str = "slurm";

/// The folder of a sweep's submissions.
pub(super) fn folder(sweep: &Path) -> PathBuf {
    sweep.join(SLURM)
}

/// A submission's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Submission {
    path: PathBuf,
}

/// A job of a submission, as its files tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Submitted {
    /// Its name with the submission's number, as Slurm has it: `0001-points-1`.
    pub name: String,
    /// Its number; none where the submitting process died in that very moment.
    pub number: Option<String>,
    /// The tasks of an array, in the order of their indices; empty for other jobs.
    pub tasks: Vec<String>,
    /// The jobs of the same submission that must have ended well before it starts.
    pub after: Vec<String>,
    /// Its log, without the index of an array and the ending.
    log: PathBuf,
}

impl Submission {
    /// All submissions of a sweep, the first one first.
    pub fn list(sweep: &Path) -> Result<Vec<Self>, FileError> {
        let is_one = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.len() >= 4 && name.bytes().all(|byte| byte.is_ascii_digit())
        };
        let mut paths: Vec<PathBuf> = files::list_folder(&folder(sweep))?.into_iter().filter(is_one).collect();
        paths.sort();
        Ok(paths.into_iter().map(|path| Self { path }).collect())
    }

    /// The place of the next one.
    pub fn next(sweep: &Path) -> Result<PathBuf, FileError> {
        Ok(folder(sweep).join(format!("{:04}", Self::list(sweep)?.len() + 1)))
    }

    /// Makes a submission's folder.
    pub fn create(path: PathBuf) -> Result<Self, FileError> {
        files::create_folder(&path)?;
        Ok(Self { path })
    }

    /// Writes a job's script, the tasks of an array, and the jobs that it waits for; gives the script's path.
    pub fn write(
        &self,
        name: &str,
        script: &str,
        (tasks, after): (&[String], &[String]),
    ) -> Result<PathBuf, FileError> {
        for (ending, list) in [("tasks", tasks), ("after", after)].into_iter().filter(|(_, list)| !list.is_empty()) {
            let lines: String = list.iter().map(|entry| format!("{entry}\n")).collect();
            files::write_atomic(&self.path.join(format!("{name}.{ending}")), lines.as_bytes())?;
        }
        let path = self.path.join(format!("{name}.sbatch"));
        files::write_atomic(&path, script.as_bytes())?;
        Ok(path)
    }

    /// Notes the number that Slurm gave to a job.
    pub fn note(&self, name: &str, number: &str) -> Result<(), FileError> {
        files::write_atomic(&self.path.join(format!("{name}.job")), format!("{number}\n").as_bytes())
    }

    /// Its jobs.
    pub fn jobs(&self) -> Result<Vec<Submitted>, FileError> {
        let own = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = |path: PathBuf| {
            files::read_if_there(&path).map(|it| it.map(|it| String::from_utf8_lossy(&it).into_owned()))
        };
        let mut jobs = Vec::new();
        for path in files::list_folder(&self.path)? {
            let Some(stem) = path.to_str().and_then(|path| path.strip_suffix(".sbatch")).map(PathBuf::from) else {
                continue;
            };
            let name = stem.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let beside = |ending: &str| text(self.path.join(format!("{name}.{ending}")));
            let number = beside("job")?.map(|number| number.trim().to_owned());
            let tasks = beside("tasks")?.unwrap_or_default().lines().map(str::to_owned).collect();
            let after = beside("after")?.unwrap_or_default().lines().map(|name| format!("{own}-{name}")).collect();
            jobs.push(Submitted { name: format!("{own}-{name}"), number, tasks, after, log: stem });
        }
        Ok(jobs)
    }
}

impl Submitted {
    /// Whether its tasks ask for what to do.
    pub fn is_of_workers(&self) -> bool {
        self.name.ends_with("-workers")
    }

    /// Whether it is to write the results.
    pub fn is_of_results(&self) -> bool {
        self.name.ends_with("-results")
    }

    /// The log of a task of its array.
    fn log(&self, task: &str) -> Option<PathBuf> {
        let index = self.tasks.iter().position(|own| own == task)?;
        Some(PathBuf::from(format!("{}-{index}.log", self.log.display())))
    }
}

/// All jobs of a sweep, the latest submission last.
pub(super) fn all_jobs(sweep: &Path) -> Result<Vec<Submitted>, FileError> {
    let jobs: Result<Vec<_>, FileError> = Submission::list(sweep)?.iter().map(Submission::jobs).collect();
    Ok(jobs?.concat())
}

/// The logs of a task, after those of the jobs that it waits for, the latest last; they may not be there yet.
///
/// # Errors
///
/// A folder that cannot be read.
pub fn log_files(sweep: &Path, task: &str) -> Result<Vec<PathBuf>, FileError> {
    let jobs = all_jobs(sweep)?;
    let mut logs = Vec::new();
    for (job, log) in jobs.iter().filter_map(|job| Some((job, job.log(task)?))) {
        let before = jobs.iter().filter(|other| job.after.contains(&other.name));
        logs.extend(before.map(|other| other.log.with_extension("log")));
        logs.push(log);
    }
    Ok(logs)
}

/// The logs of workers that ask for their tasks, the latest submission last.
///
/// # Errors
///
/// A folder that cannot be read.
pub fn worker_log_files(sweep: &Path) -> Result<Vec<PathBuf>, FileError> {
    let mut logs = Vec::new();
    for submission in Submission::list(sweep)? {
        let is_log = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with("workers-") && name.ends_with(".log")
        };
        logs.extend(files::list_folder(&submission.path)?.into_iter().filter(is_log));
    }
    Ok(logs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_of_a_submission_is_read_again() {
        let sweep = tempfile::tempdir().expect("a temporary folder");
        let place = Submission::next(sweep.path()).expect("a folder that can be read");
        let submission = Submission::create(place).expect("a folder that can be written");
        let tasks = ["0001-seed0".to_owned(), "0002-seed0".to_owned()];
        let script = "#!/bin/bash\n";
        submission.write("bottleneck-1", script, (&[], &[])).expect("a disk with space");
        submission.write("points-1", script, (&tasks, &["bottleneck-1".to_owned()])).expect("a disk with space");
        submission.note("points-1", "42").expect("a disk with space");
        submission.write("results", script, (&[], &[])).expect("a disk with space");
        let jobs = all_jobs(sweep.path()).expect("files that can be read");
        let names: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
        assert_eq!(names, ["0001-bottleneck-1", "0001-points-1", "0001-results"]);
        assert_eq!((jobs[1].number.as_deref(), jobs[2].number.as_deref()), (Some("42"), None));
        assert_eq!(jobs[1].after, ["0001-bottleneck-1"]);
        let logs = log_files(sweep.path(), "0002-seed0").expect("files that can be read");
        assert_eq!(logs, ["bottleneck-1.log", "points-1-1.log"].map(|log| folder(sweep.path()).join("0001").join(log)));
        assert_eq!(Submission::next(sweep.path()).expect("a folder"), folder(sweep.path()).join("0002"));
    }
}
