//! The door to Slurm: its programs, and what they answer.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Command, Output};

use super::accounting::{self, End};
use super::error::SlurmError;
use super::queue::{Entry, parse};

/// An array has at most so many tasks where the cluster does not say: Slurm's own default of `MaxArraySize`.
const MAX_ARRAY: usize = 1001;
/// What `squeue` prints of a job or of a task of an array: number, index, state, start, reason, node, name, comment.
const FORMAT: &str = "%F|%K|%T|%S|%r|%N|%j|%k";

/// Variables that change what Slurm's programs do: a user's wishes, and in a job all that it was given.
const SETTINGS: [&str; 6] = ["SBATCH_", "SLURM_", "SQUEUE_", "SCANCEL_", "SCONTROL_", "SACCT_"];
/// Variables that say how the cluster is reached, and nothing of jobs.
const WAYS: [&str; 3] = ["SLURM_CONF", "SLURM_CONF_SERVER", "SLURM_JWT"];

/// The cluster that Slurm's programs on this machine belong to.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Variables that its programs are started without.
    without: Vec<OsString>,
}

impl Cluster {
    /// As a process sees it that has variables of these names. Those of Slurm's are kept from its programs: they would take precedence over
    /// the scripts, and a sweep that is submitted in a job would ask for what that job was given.
    pub fn seen_with(names: impl Iterator<Item = OsString>) -> Self {
        let is_setting = |name: &OsString| {
            let name = name.to_string_lossy();
            SETTINGS.iter().any(|prefix| name.starts_with(prefix)) && !WAYS.contains(&name.as_ref())
        };
        Self { without: names.filter(is_setting).collect() }
    }

    /// Submits a script, and gives the job's number.
    pub(super) fn submit(&self, script: &Path) -> Result<String, SlurmError> {
        let answer = self.run("sbatch", [OsStr::new("--parsable"), script.as_os_str()])?;
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
    pub(super) fn queue(&self) -> Result<Vec<Entry>, SlurmError> {
        Ok(parse(&self.run("squeue", ["--me", "--array", "--noheader", "--states=all", "--format", FORMAT])?))
    }

    /// How jobs ended that did not end well, also those that `squeue` has forgotten; nothing where no accounting is kept.
    pub(super) fn ended(&self, jobs: &[String]) -> Vec<End> {
        if jobs.is_empty() {
            return Vec::new();
        }
        let jobs = jobs.join(",");
        let answer = self.run("sacct", ["-X", "-n", "-P", "--format=JobID,State", "-j", &jobs]);
        accounting::parse(&answer.unwrap_or_default())
    }

    /// Cancels jobs: their runs get SIGTERM, save their state and leave.
    pub(super) fn cancel(&self, jobs: &[String]) -> Result<(), SlurmError> {
        match jobs.is_empty() {
            true => Ok(()),
            false => self.run("scancel", jobs).map(|_| ()),
        }
    }

    /// How many tasks an array may have.
    pub(super) fn max_array(&self) -> usize {
        let answer = self.run("scontrol", ["show", "config"]).unwrap_or_default();
        let line = answer.lines().find_map(|line| line.trim().strip_prefix("MaxArraySize"));
        let size = line.and_then(|rest| rest.trim_start_matches([' ', '=']).trim().parse::<usize>().ok());
        // The highest index is one less, and indices count from 0.
        size.map_or(MAX_ARRAY, |size| size.max(1))
    }

    fn run(
        &self,
        program: &'static str,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Result<String, SlurmError> {
        let mut command = Command::new(program);
        for name in &self.without {
            command.env_remove(name);
        }
        // Moments in seconds since 1970: the usual ones have no time zone.
        command.env("SLURM_TIME_FORMAT", "%s");
        let output = command.args(arguments).output().map_err(|source| SlurmError::Absent { program, source })?;
        let Output { status, stdout, stderr } = output;
        match status.success() {
            true => Ok(String::from_utf8_lossy(&stdout).into_owned()),
            false => {
                let said = String::from_utf8_lossy(&stderr).trim().to_owned();
                Err(SlurmError::Refused { program: program.to_owned(), said })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slurms_programs_see_how_the_cluster_is_reached_and_no_wishes() {
        let names = ["PATH", "SBATCH_PARTITION", "SLURM_JOB_ID", "SLURM_CONF", "SQUEUE_STATES", "SLURM_JWT", "SLURMS"];
        let cluster = Cluster::seen_with(names.into_iter().map(OsString::from));
        assert_eq!(cluster.without, ["SBATCH_PARTITION", "SLURM_JOB_ID", "SQUEUE_STATES"]);
    }
}
