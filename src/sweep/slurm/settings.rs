//! What every job of a sweep asks of Slurm.

use std::path::PathBuf;

use super::error::SlurmError;
use super::job::Work;
use super::limit::TimeLimit;

/// Slurm looks at its clocks now and then only: a warning may come so many seconds early, as the manual of sbatch has it.
const EARLY: u64 = 60;

/// What every job asks of Slurm, in the form in which `sbatch` takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The partition; none: the cluster's default.
    pub partition: Option<String>,
    /// The time limit of a job, such as `2:00:00`.
    pub time: Option<TimeLimit>,
    /// CPUs of a job, which are its threads.
    pub cpus: u32,
    /// GPUs of a job.
    pub gpus: Option<u32>,
    /// Memory of a job, such as `8G`.
    pub mem: Option<String>,
    /// Tasks of a submission's arrays at the same time.
    pub array_limit: Option<u32>,
    /// Seconds before the time limit at which a run is told to save its state.
    pub warning: u32,
    /// Further options, as `sbatch` takes them.
    pub extra: Vec<String>,
    /// A site's own text of the script; none: the one that comes with frostline.
    pub template: Option<PathBuf>,
}

impl Settings {
    /// Whether a job has time to do anything before it is warned.
    ///
    /// # Errors
    ///
    /// A time limit that leaves none: such a job would be queued again for ever.
    pub fn check(&self) -> Result<(), SlurmError> {
        let Some((time, seconds)) = self.time.as_ref().and_then(|time| Some((time, time.seconds()?))) else {
            return Ok(());
        };
        let warning = self.warning;
        match seconds > u64::from(warning) + EARLY {
            true => Ok(()),
            false => Err(SlurmError::NoTime { time: time.to_string(), seconds, warning, early: EARLY }),
        }
    }

    /// The lines after `#SBATCH` that say it for a job that does this; writing the results is small, whatever the runs need.
    pub(super) fn options(&self, work: &Work) -> Vec<String> {
        let is_small = *work == Work::Results;
        let cpus = if is_small { 1 } else { self.cpus };
        let mut options = vec!["--ntasks=1".to_owned(), format!("--cpus-per-task={cpus}")];
        let mut add =
            |name: &str, value: Option<String>| options.extend(value.map(|value| format!("--{name}={value}")));
        add("partition", self.partition.clone());
        add("time", self.time.as_ref().map(TimeLimit::to_string));
        add("mem", self.mem.clone().filter(|_| !is_small));
        add("gpus", self.gpus.filter(|_| !is_small).map(|gpus| gpus.to_string()));
        options.extend(self.extra.iter().cloned());
        options
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Something of everything.
    pub fn settings() -> Settings {
        Settings {
            partition: Some("short".to_owned()),
            time: Some("30:00".parse().expect("a time limit")),
            cpus: 4,
            gpus: Some(1),
            mem: Some("4G".to_owned()),
            array_limit: Some(8),
            warning: 60,
            extra: vec!["--account=lab".to_owned()],
            template: None,
        }
    }

    #[test]
    fn the_job_for_the_results_asks_for_no_more_than_it_needs() {
        let small = ["--ntasks=1", "--cpus-per-task=1", "--partition=short", "--time=30:00", "--account=lab"];
        assert_eq!(settings().options(&Work::Results), small);
        let options = settings().options(&Work::Workers(1));
        for option in ["--cpus-per-task=4", "--mem=4G", "--gpus=1"] {
            assert!(options.iter().any(|own| own == option), "{option}: {options:?}");
        }
    }

    #[test]
    fn a_time_limit_that_leaves_nothing_before_the_warning_is_refused() {
        let check = |time: &str, warning| {
            let time = Some(time.parse().expect("a time limit"));
            Settings { time, warning, ..settings() }.check().map_err(|error| (error.to_string(), error.hint()))
        };
        let (error, hint) = check("2", 120).expect_err("no time");
        assert!(error.starts_with("`--time 2` gives a job 120 seconds, of which `--signal 120` and Slurm"), "{error}");
        assert_eq!(hint.as_deref(), Some("more `--time` than 180 seconds, or a `--signal` below 60"));
        assert!(check("3", 120).is_err());
        for (time, warning) in [("4", 120), ("2", 59), ("0", 120), ("1-0", 3600)] {
            assert_eq!(check(time, warning), Ok(()), "{time}");
        }
    }
}
