//! Why Slurm could not be used.

use std::path::PathBuf;

/// Slurm, or the script for it, could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SlurmError {
    /// A program of Slurm's is not there.
    #[error("`{program}` cannot be started")]
    Absent {
        /// The program.
        program: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A program of Slurm's said no.
    #[error("`{program}` failed: {said}")]
    Refused {
        /// The program, with what it was asked.
        program: String,
        /// What it said.
        said: String,
    },
    /// A program of Slurm's answered something else than it should.
    #[error("`{program}` answered `{answer}`, not {expected}")]
    Answer {
        /// The program.
        program: &'static str,
        /// What it answered.
        answer: String,
        /// What was expected.
        expected: &'static str,
    },
    /// A site's template is no template.
    #[error("the template `{}` cannot be used", path.display())]
    Template {
        /// The template.
        path: PathBuf,
        /// Why.
        #[source]
        source: minijinja::Error,
    },
    /// A warning so long before the time limit that a run may get it at once, over and over again.
    #[error(
        "`--time {time}` gives a job {seconds} seconds, of which `--signal {warning}` and Slurm, which may warn {early} seconds early, leave none"
    )]
    NoTime {
        /// The time limit.
        time: String,
        /// Its seconds.
        seconds: u64,
        /// Seconds before the time limit at which a run is warned.
        warning: u32,
        /// So much earlier Slurm may do so.
        early: u64,
    },
    /// A path that no script can name.
    #[error("`{}` is no UTF-8, so that no script can name it", path.display())]
    Path {
        /// The path.
        path: PathBuf,
    },
}

impl SlurmError {
    /// What is likely to help, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Absent { .. } => Some(
                "run this where jobs are submitted, with Slurm's programs on PATH; `--launcher local` needs no cluster"
                    .to_owned(),
            ),
            Self::Refused { .. } => Some(
                "`sinfo` shows the partitions and their limits; `--dry-run` shows the scripts; options after `--` go to sbatch"
                    .to_owned(),
            ),
            Self::Template { .. } => Some("templates/launchers/slurm.sbatch is the one to start from".to_owned()),
            Self::NoTime { seconds, warning, early, .. } => {
                let (least, most) = (u64::from(*warning) + early, seconds.saturating_sub(*early));
                let smaller = if most > 0 { format!(", or a `--signal` below {most}") } else { String::new() };
                Some(format!("more `--time` than {least} seconds{smaller}"))
            }
            Self::Answer { .. } | Self::Path { .. } => None,
        }
    }
}
