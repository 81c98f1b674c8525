//! What every job of a sweep asks of Slurm.

use std::path::PathBuf;

use super::error::SlurmError;
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

    /// The lines after `#SBATCH` that say it.
    pub(super) fn options(&self) -> Vec<String> {
        let mut options = vec!["--ntasks=1".to_owned(), format!("--cpus-per-task={}", self.cpus)];
        let mut add =
            |name: &str, value: Option<String>| options.extend(value.map(|value| format!("--{name}={value}")));
        add("partition", self.partition.clone());
        add("time", self.time.as_ref().map(TimeLimit::to_string));
        add("mem", self.mem.clone());
        add("gpus", self.gpus.map(|gpus| gpus.to_string()));
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
