//! What every job of a sweep asks of Slurm.

use std::path::PathBuf;

/// What every job asks of Slurm, in the form in which `sbatch` takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The partition; none: the cluster's default.
    pub partition: Option<String>,
    /// The time limit of a job, such as `2:00:00`.
    pub time: Option<String>,
    /// CPUs of a job, which are its threads.
    pub cpus: u32,
    /// GPUs of a job.
    pub gpus: Option<u32>,
    /// Memory of a job, such as `8G`.
    pub mem: Option<String>,
    /// Tasks of an array at the same time.
    pub array_limit: Option<u32>,
    /// Seconds before the time limit at which a run is told to save its state.
    pub warning: u32,
    /// Further options, as `sbatch` takes them.
    pub extra: Vec<String>,
    /// A site's own text of the script; none: the one that comes with frostline.
    pub template: Option<PathBuf>,
}

impl Settings {
    /// The lines after `#SBATCH` that say it.
    pub(super) fn options(&self) -> Vec<String> {
        let mut options = vec!["--ntasks=1".to_owned(), format!("--cpus-per-task={}", self.cpus)];
        let mut add =
            |name: &str, value: Option<String>| options.extend(value.map(|value| format!("--{name}={value}")));
        add("partition", self.partition.clone());
        add("time", self.time.clone());
        add("mem", self.mem.clone());
        add("gpus", self.gpus.map(|gpus| gpus.to_string()));
        options.extend(self.extra.iter().cloned());
        options
    }
}
