//! Which jobs a submission consists of.

use std::collections::BTreeMap;

use crate::digest::Digest;
use crate::stages::Part;

/// A job, or an array of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    /// The name of its files in the submission's folder: `bottleneck-1`.
    pub name: String,
    /// What it is for, as the script says.
    pub purpose: String,
    /// What it does.
    pub work: Work,
    /// Jobs before it in the list that must have ended well.
    pub after_ok: Vec<usize>,
    /// Jobs before it in the list that must have ended, however.
    pub after_any: Vec<usize>,
}

/// What a job does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// One piece of what several tasks share, as this task needs it.
    Shared(Part, String),
    /// Tasks: one for each index of an array.
    Tasks(Vec<String>),
    /// So many workers, each of which asks for the next task until none is left.
    Workers(u32),
    /// The results of the sweep.
    Results,
}

/// A task, and which pieces of shared work it reads.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Its name.
    pub name: String,
    /// The pieces, in the order in which they are made.
    pub reads: Vec<(Part, Digest)>,
}

/// A piece of shared work that is missing.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// Its kind.
    pub part: Part,
    /// Which one.
    pub digest: Digest,
    /// A task that needs it.
    pub task: String,
    /// How many tasks do.
    pub needed_by: u64,
}

/// The word for a kind of shared work, in files' names and for people.
pub(super) fn word(part: Part) -> &'static str {
    match part {
        Part::Features => "bottleneck",
        Part::Cut => "frozen-part",
        Part::Top => "top",
    }
}

/// The jobs for these tasks: one for each missing piece, after those that it builds on; arrays of at most `max_array` tasks, after the
/// pieces that theirs read; and one for the results, after all.
pub(super) fn jobs(wanted: &[Wanted], pieces: &[Piece], max_array: usize) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    let mut at: BTreeMap<(Part, Digest), usize> = BTreeMap::new();
    for piece in pieces {
        let reads = wanted.iter().find(|task| task.name == piece.task).map_or(&[][..], |task| &task.reads);
        let after_ok =
            reads.iter().filter(|(part, _)| *part < piece.part).filter_map(|read| at.get(read).copied()).collect();
        let nth = 1 + at.keys().filter(|(part, _)| *part == piece.part).count();
        let purpose = format!("The {} that {} of the sweep's runs share.", spoken(piece.part), piece.needed_by);
        at.insert((piece.part, piece.digest), jobs.len());
        let name = format!("{}-{nth}", word(piece.part));
        jobs.push(Job {
            name,
            purpose,
            work: Work::Shared(piece.part, piece.task.clone()),
            after_ok,
            after_any: Vec::new(),
        });
    }
    let mut groups: BTreeMap<Vec<usize>, Vec<String>> = BTreeMap::new();
    for task in wanted {
        let mut after: Vec<usize> = task.reads.iter().filter_map(|read| at.get(read).copied()).collect();
        after.sort_unstable();
        groups.entry(after).or_default().push(task.name.clone());
    }
    let arrays = groups.into_iter().flat_map(|(after, tasks)| {
        tasks.chunks(max_array).map(|chunk| (after.clone(), chunk.to_vec())).collect::<Vec<_>>()
    });
    for (nth, (after_ok, tasks)) in arrays.enumerate() {
        let purpose = "Runs of the sweep's points, one for each index of the array.".to_owned();
        let name = format!("points-{}", nth + 1);
        jobs.push(Job { name, purpose, work: Work::Tasks(tasks), after_ok, after_any: Vec::new() });
    }
    jobs.push(results(&jobs));
    jobs
}

/// The same jobs, with each array of points after the one before it has ended: what bounds one of them then bounds all.
pub(super) fn in_turn(mut jobs: Vec<Job>) -> Vec<Job> {
    let arrays: Vec<usize> = (0..jobs.len()).filter(|at| matches!(jobs[*at].work, Work::Tasks(_))).collect();
    for (before, after) in arrays.iter().zip(arrays.iter().skip(1)) {
        jobs[*after].after_any.push(*before);
    }
    jobs
}

/// The jobs for a strategy that chooses its points as it goes.
pub(super) fn workers(count: u32) -> Vec<Job> {
    let purpose = "Workers, each of which asks for the sweep's next point until there is none.".to_owned();
    let work = Work::Workers(count);
    let mut jobs = vec![Job { name: "workers".to_owned(), purpose, work, after_ok: Vec::new(), after_any: Vec::new() }];
    jobs.push(results(&jobs));
    jobs
}

fn results(jobs: &[Job]) -> Job {
    let purpose = "The sweep's trials.csv, importance.csv and best.toml.".to_owned();
    let after_any = (0..jobs.len()).collect();
    Job { name: "results".to_owned(), purpose, work: Work::Results, after_ok: Vec::new(), after_any }
}

fn spoken(part: Part) -> &'static str {
    match part {
        Part::Features => "extraction of bottleneck features",
        Part::Cut => "unaugmented frozen part of fine-tuning",
        Part::Top => "training of the top",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(of: &str) -> Digest {
        Digest::of(of.as_bytes())
    }

    fn wanted(name: &str, features: &str, top: &str) -> Wanted {
        Wanted { name: name.to_owned(), reads: vec![(Part::Features, digest(features)), (Part::Top, digest(top))] }
    }

    fn piece(part: Part, of: &str, task: &str) -> Piece {
        Piece { part, digest: digest(of), task: task.to_owned(), needed_by: 2 }
    }

    fn names(jobs: &[Job]) -> Vec<&str> {
        jobs.iter().map(|job| job.name.as_str()).collect()
    }

    #[test]
    fn points_wait_for_the_extraction_that_they_read_and_for_no_other() {
        let wanted = [wanted("a", "150", "x"), wanted("b", "224", "y"), wanted("c", "150", "z")];
        let pieces = [piece(Part::Features, "150", "a"), piece(Part::Features, "224", "b")];
        let jobs = jobs(&wanted, &pieces, 100);
        assert_eq!(names(&jobs), ["bottleneck-1", "bottleneck-2", "points-1", "points-2", "results"]);
        assert_eq!((jobs[2].work.clone(), &jobs[2].after_ok), (Work::Tasks(vec!["a".into(), "c".into()]), &vec![0]));
        assert_eq!((jobs[3].work.clone(), &jobs[3].after_ok), (Work::Tasks(vec!["b".into()]), &vec![1]));
        assert_eq!(jobs[4].after_any, [0, 1, 2, 3]);
    }

    #[test]
    fn a_shared_top_waits_for_its_features_and_its_points_for_both() {
        let wanted = [wanted("a", "150", "x"), wanted("b", "150", "x")];
        let pieces = [piece(Part::Features, "150", "a"), piece(Part::Top, "x", "a")];
        let jobs = jobs(&wanted, &pieces, 100);
        assert_eq!(names(&jobs), ["bottleneck-1", "top-1", "points-1", "results"]);
        assert_eq!((&jobs[1].after_ok, &jobs[2].after_ok), (&vec![0], &vec![0, 1]));
    }

    /// However many arrays the dependencies and the cluster ask for.
    #[test]
    fn arrays_of_which_only_so_many_tasks_may_run_follow_one_another() {
        let wanted = [wanted("a", "150", "x"), wanted("b", "224", "y"), wanted("c", "224", "z")];
        let pieces = [piece(Part::Features, "150", "a"), piece(Part::Features, "224", "b")];
        let jobs = in_turn(jobs(&wanted, &pieces, 1));
        assert_eq!(names(&jobs)[2..], ["points-1", "points-2", "points-3", "results"]);
        let after: Vec<(&[usize], &[usize])> =
            jobs[2..].iter().map(|job| (job.after_ok.as_slice(), job.after_any.as_slice())).collect();
        assert_eq!(after[..3], [(&[0][..], &[][..]), (&[1], &[2]), (&[1], &[3])]);
        assert_eq!(after[3], (&[][..], &[0, 1, 2, 3, 4][..]));
    }

    #[test]
    fn an_array_is_split_where_the_cluster_takes_no_longer_one() {
        let wanted: Vec<Wanted> = (0..5).map(|nth| wanted(&nth.to_string(), "150", "x")).collect();
        let jobs = jobs(&wanted, &[], 2);
        assert_eq!(names(&jobs), ["points-1", "points-2", "points-3", "results"]);
        assert_eq!(jobs[2].work, Work::Tasks(vec!["4".into()]));
    }
}
