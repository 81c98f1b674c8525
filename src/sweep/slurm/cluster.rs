//! The door to Slurm: its programs, and what they answer.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

use super::error::SlurmError;
use super::queue::{Entry, parse};

/// An array has at most so many tasks where the cluster does not say: Slurm's own default of `MaxArraySize`, less one.
const MAX_ARRAY: usize = 1000;
/// What `squeue` prints of a job or of a task of an array: number, index, state, reason, name, comment.
const FORMAT: &str = "%F|%K|%T|%r|%j|%k";

/// The cluster that Slurm's programs on this machine belong to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cluster;

impl Cluster {
    /// Submits a script, and gives the job's number.
    pub(super) fn submit(self, script: &Path) -> Result<String, SlurmError> {
        let answer = run("sbatch", [OsStr::new("--parsable"), script.as_os_str()])?;
        // `number` or `number;cluster`.
        let number = answer.trim().split(';').next().unwrap_or_default();
        match !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Ok(number.to_owned()),
            false => Err(SlurmError::Answer {
                program: "sbatch",
                answer: answer.trim().to_owned(),
                expected: "a job's number",
            }),
        }
    }

    /// This user's jobs that Slurm still knows of, ended ones of the last minutes included; one entry for each task of an array.
    pub(super) fn queue(self) -> Result<Vec<Entry>, SlurmError> {
        Ok(parse(&run("squeue", ["--me", "--array", "--noheader", "--states=all", "--format", FORMAT])?))
    }

    /// How jobs ended that `squeue` has forgotten, as `number_index` or `number`, and the state; nothing where no accounting is kept.
    pub(super) fn ended(self, jobs: &[String]) -> Vec<(String, String)> {
        if jobs.is_empty() {
            return Vec::new();
        }
        let jobs = jobs.join(",");
        let answer = run("sacct", ["-X", "-n", "-P", "--format=JobID,State", "-j", &jobs]).unwrap_or_default();
        let pair = |line: &str| line.split_once('|').map(|(job, state)| (job.to_owned(), state.to_owned()));
        answer.lines().filter_map(pair).collect()
    }

    /// Cancels jobs: their runs get SIGTERM, save their state and leave.
    pub(super) fn cancel(self, jobs: &[String]) -> Result<(), SlurmError> {
        match jobs.is_empty() {
            true => Ok(()),
            false => run("scancel", jobs).map(|_| ()),
        }
    }

    /// How many tasks an array may have.
    pub(super) fn max_array(self) -> usize {
        let answer = run("scontrol", ["show", "config"]).unwrap_or_default();
        let line = answer.lines().find_map(|line| line.trim().strip_prefix("MaxArraySize"));
        let size = line.and_then(|rest| rest.trim_start_matches([' ', '=']).trim().parse::<usize>().ok());
        // The limit is for the index, and indices count from 0.
        size.map_or(MAX_ARRAY, |size| size.saturating_sub(1).max(1))
    }
}

fn run(program: &'static str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<String, SlurmError> {
    let output =
        Command::new(program).args(arguments).output().map_err(|source| SlurmError::Absent { program, source })?;
    let Output { status, stdout, stderr } = output;
    match status.success() {
        true => Ok(String::from_utf8_lossy(&stdout).into_owned()),
        false => {
            let said = String::from_utf8_lossy(&stderr).trim().to_owned();
            Err(SlurmError::Refused { program: program.to_owned(), said })
        }
    }
}
