//! What `sacct` says, where accounting is kept.

use super::queue::is_over;

/// How a job, or tasks of an array, ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// The job's number; for tasks of an array, the array's.
    pub job: String,
    /// The tasks' indices; of a job of its own, none.
    pub indices: Vec<Option<usize>>,
    /// Slurm's words: `TIMEOUT`, `CANCELLED by 1000`.
    pub state: String,
}

/// Reads lines of `job|state`, and keeps those of jobs that did not end well.
pub(super) fn parse(text: &str) -> Vec<End> {
    text.lines().filter_map(end).filter(|end| is_over(&end.state) && end.state != "COMPLETED").collect()
}

/// Of `number|state`, `number_index|state`, or `number_[0-3,7%2]|state` of tasks that never began.
fn end(line: &str) -> Option<End> {
    let (id, state) = line.split_once('|')?;
    let (job, indices) = match id.split_once('_') {
        Some((job, indices)) => (job, listed(indices).into_iter().map(Some).collect()),
        None => (id, vec![None]),
    };
    Some(End { job: job.to_owned(), indices, state: state.to_owned() })
}

/// The indices of `5`, `[0-3,7]` or `[0-9%2]`.
fn listed(text: &str) -> Vec<usize> {
    let list = text.trim_matches(['[', ']']).split('%').next().unwrap_or_default();
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse().ok()?..=last.parse::<usize>().ok()?)
    };
    list.split(',').filter_map(range).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_end_well_is_told_by_its_indices() {
        let text = "6|OUT_OF_MEMORY\n7_0|COMPLETED\n7_1|TIMEOUT\n7_2|RUNNING\n7_[3-4,9%2]|CANCELLED by 0\n8\n";
        let ends = parse(text);
        let told: Vec<(&str, &[Option<usize>], &str)> =
            ends.iter().map(|end| (end.job.as_str(), end.indices.as_slice(), end.state.as_str())).collect();
        let never_began = [Some(3), Some(4), Some(9)];
        assert_eq!(
            told,
            [
                ("6", &[None][..], "OUT_OF_MEMORY"),
                ("7", &[Some(1)][..], "TIMEOUT"),
                ("7", &never_began[..], "CANCELLED by 0")
            ]
        );
    }
}
