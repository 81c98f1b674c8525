//! What `squeue` says.

/// A job, or a task of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The job's number; for a task of an array, the array's.
    pub job: String,
    /// The task's index in its array.
    pub index: Option<usize>,
    /// Slurm's word: `PENDING`, `RUNNING`, `TIMEOUT`.
    pub state: String,
    /// Why it waits, or why it ended.
    pub reason: String,
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

impl Entry {
    /// Whether it waits or runs.
    pub fn is_active(&self) -> bool {
        !OVER.contains(&self.state.as_str())
    }

    /// `number`, or `number_index`.
    pub fn id(&self) -> String {
        self.index.map_or_else(|| self.job.clone(), |index| format!("{}_{index}", self.job))
    }
}

/// Reads lines of `number|index|state|reason|name|comment`.
pub(super) fn parse(text: &str) -> Vec<Entry> {
    text.lines().filter_map(entry).collect()
}

fn entry(line: &str) -> Option<Entry> {
    let mut fields = line.splitn(6, '|').map(str::trim);
    let mut next = || fields.next().map(str::to_owned);
    let (job, index, state) = (next()?, next()?, next()?);
    let (reason, name, comment) = (next()?, next()?, next()?);
    Some(Entry { job, index: index.parse().ok(), state, reason, name, comment })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_of_an_array_and_a_job_of_its_own_are_read() {
        let text = "12|3|PENDING|Dependency|0001-points-1|/project/runs/a/sweeps/0001-aa\n\
                    11|N/A|TIMEOUT|TimeLimit|0001-bottleneck-1|/project/runs/a/sweeps/0001-aa\n";
        let entries = parse(text);
        assert_eq!(entries.iter().map(Entry::id).collect::<Vec<_>>(), ["12_3", "11"]);
        assert_eq!(entries.iter().map(Entry::is_active).collect::<Vec<_>>(), [true, false]);
        assert_eq!(entries[0].comment, "/project/runs/a/sweeps/0001-aa");
    }

    #[test]
    fn a_comment_keeps_its_bars() {
        assert_eq!(parse("1|N/A|RUNNING|None|x|a|b")[0].comment, "a|b");
    }

    #[test]
    fn a_line_that_is_cut_off_is_left_out() {
        assert_eq!(parse("1|N/A|RUNNING"), []);
    }
}
