//! What `squeue` says.

use crate::clock::Moment;

/// A job, or a task of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The job's number; for a task of an array, the array's.
    pub job: String,
    /// The task's index in its array.
    pub index: Option<usize>,
    /// Slurm's word: `PENDING`, `RUNNING`, `TIMEOUT`.
    pub state: String,
    /// When it began, or may begin, in seconds since the start of 1970.
    start: Option<u64>,
    /// Why it waits, or why it ended; empty where Slurm gives no reason.
    pub reason: String,
    /// The node that it has, or had.
    pub node: String,
    /// The job's name.
    pub name: String,
    /// The job's comment: for ours, the sweep's folder.
    pub comment: String,
}

/// The states of a job that is over.
const OVER: [&str; 10] = [
    "BOOT_FAIL",
    "CANCELLED",
    "COMPLETED",
    "DEADLINE",
    "FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "REVOKED",
    "TIMEOUT",
];

/// The states of a job that has begun and is not over.
const BEGUN: [&str; 6] = ["COMPLETING", "RUNNING", "SIGNALING", "STAGE_OUT", "STOPPED", "SUSPENDED"];

/// Whether a job in this state is over; more may follow Slurm's word: `CANCELLED by 1000`.
pub(super) fn is_over(state: &str) -> bool {
    OVER.contains(&state.split(' ').next().unwrap_or_default())
}

impl Entry {
    /// Whether it waits or runs.
    pub fn is_active(&self) -> bool {
        !is_over(&self.state)
    }

    /// Whether it has a node.
    fn has_begun(&self) -> bool {
        BEGUN.contains(&self.state.as_str())
    }

    /// Whether it had begun at that moment, as far as seconds tell.
    pub fn had_begun_at(&self, moment: Moment) -> bool {
        self.has_begun() && self.start.is_some_and(|start| start as f64 <= moment.seconds())
    }

    /// Why it ended, if not well.
    pub fn end(&self) -> Option<String> {
        if self.is_active() || self.state == "COMPLETED" {
            return None;
        }
        Some(match self.reason.as_str() {
            // Slurm's only word on a log that it cannot open.
            "JobLaunchFailure" => {
                format!("{} (JobLaunchFailure): has {} the sweep's folder?", self.state, self.node)
            }
            // Why it waited before it was cancelled.
            "" | "BeginTime" | "JobArrayTaskLimit" | "Priority" | "Resources" => self.state.clone(),
            reason => format!("{} ({reason})", self.state),
        })
    }

    /// `number`, or `number_index`.
    pub fn id(&self) -> String {
        self.index.map_or_else(|| self.job.clone(), |index| format!("{}_{index}", self.job))
    }
}

/// Reads lines of `number|index|state|start|reason|node|name|comment`.
pub(super) fn parse(text: &str) -> Vec<Entry> {
    text.lines().filter_map(entry).collect()
}

fn entry(line: &str) -> Option<Entry> {
    let mut fields = line.splitn(8, '|').map(str::trim);
    let mut next = || fields.next().map(str::to_owned);
    let (job, index, state, start) = (next()?, next()?, next()?, next()?);
    let (reason, node, name, comment) = (next()?, next()?, next()?, next()?);
    let reason = if reason == "None" { String::new() } else { reason };
    Some(Entry { job, index: index.parse().ok(), state, start: start.parse().ok(), reason, node, name, comment })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn a_task_of_an_array_and_a_job_of_its_own_are_read() {
        let text = "12|3|PENDING|N/A|Dependency||0001-points-1|/project/runs/a/sweeps/0001-aa\n\
                    11|N/A|TIMEOUT|1790000000|TimeLimit|n1|0001-bottleneck-1|/project/runs/a/sweeps/0001-aa\n";
        let entries = parse(text);
        assert_eq!(entries.iter().map(Entry::id).collect::<Vec<_>>(), ["12_3", "11"]);
        assert_eq!(entries.iter().map(Entry::is_active).collect::<Vec<_>>(), [true, false]);
        assert_eq!(entries[0].comment, "/project/runs/a/sweeps/0001-aa");
    }

    #[test]
    fn how_a_job_ended_is_told_and_not_why_it_waited() {
        let end = |line: &str| parse(line).pop().and_then(|entry| entry.end());
        assert_eq!(end("1|0|COMPLETED|1790000000|None|n1|x|a"), None);
        assert_eq!(end("1|0|PENDING|N/A|Priority||x|a"), None);
        assert_eq!(end("1|0|CANCELLED|N/A|JobArrayTaskLimit||x|a").as_deref(), Some("CANCELLED"));
        assert_eq!(end("1|0|TIMEOUT|1790000000|TimeLimit|n1|x|a").as_deref(), Some("TIMEOUT (TimeLimit)"));
        let unshared = end("1|0|FAILED|1790000000|JobLaunchFailure|n2|x|a");
        assert_eq!(unshared.as_deref(), Some("FAILED (JobLaunchFailure): has n2 the sweep's folder?"));
    }

    #[test]
    fn a_sign_of_life_is_of_a_job_that_had_begun() {
        let at = |seconds| Moment::from(UNIX_EPOCH + Duration::from_secs(seconds));
        let had_begun = |line: &str, seconds| parse(line)[0].had_begun_at(at(seconds));
        let running = "1|0|RUNNING|1790000000|None|n1|x|a";
        assert_eq!([1_789_999_999, 1_790_000_000].map(|seconds| had_begun(running, seconds)), [false, true]);
        assert!(!had_begun("1|0|PENDING|1790000000|Priority||x|a", 1_790_000_001), "it may begin then");
        assert!(!had_begun("1|0|RUNNING|N/A|None|n1|x|a", 1_790_000_000));
    }

    #[test]
    fn a_comment_keeps_its_bars() {
        assert_eq!(parse("1|N/A|RUNNING|1790000000|None|n1|x|a|b")[0].comment, "a|b");
    }

    #[test]
    fn a_line_that_is_cut_off_is_left_out() {
        assert_eq!(parse("1|N/A|RUNNING"), []);
    }
}
