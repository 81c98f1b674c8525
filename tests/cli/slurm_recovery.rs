//! What befalls the tasks of a sweep on a cluster: they end in the bytes of a sweep that nothing happened to.

use crate::cluster::{
    Cluster, STATUS, SUBMIT, WAIT, folders, here, is_submitted, is_training, project, results, running, spec, sweep,
    text,
};

/// Long enough to be met at work.
const DROPOUTS: &str = "\"top.dropout\" = [0.1, 0.2]";

/// Slurm has not noticed yet, and the run's heartbeat says it already; then Slurm ends the job, which is not to be queued again.
#[test]
fn a_node_that_dies_leaves_a_run_that_the_next_sweep_submits() {
    let Some(cluster) = Cluster::start() else { return };
    let spec = spec(1000, DROPOUTS);
    let there = project(&spec);
    let mut once = SUBMIT.to_vec();
    once.extend(["--", "--no-requeue"]);
    cluster.well(&there, &once);
    cluster.until(|queue| on_the_second(queue).is_some_and(|task| is_training(&there, &task)));
    let lost = on_the_second(&cluster.queue()).expect("a task runs there");
    cluster.lose_a_node();
    let status = cluster.well(&there, &STATUS);
    let row = status.lines().find(|line| line.contains(&lost)).expect("its row").to_owned();
    assert!(row.contains("interrupted") && row.contains("no sign of life"), "{status}");
    // As long as Slurm holds on to the job, it is the job's.
    cluster.well(&there, &SUBMIT);
    assert_eq!(folders(&sweep(&there).join("slurm")).len(), 1);
    cluster.slurm("scontrol", &["update", "nodename=n2", "state=down", "reason=test"]);
    let waited = cluster.frostline(&there, &WAIT);
    assert_eq!(waited.code, 6, "{}", waited.stderr);
    let status = cluster.well(&there, &STATUS);
    assert!(status.contains("2 runs: 1 done, 1 interrupted") && status.contains("NODE_FAIL"), "{status}");
    let said = cluster.well(&there, &SUBMIT);
    assert!(is_submitted(&said, 2, 1), "{said}");
    cluster.well(&there, &WAIT);
    assert_eq!(results(&there), results(&here(&spec)));
}

/// As some time before its limit.
#[test]
fn a_warned_task_saves_its_run_is_queued_again_and_ends_in_the_same_bytes() {
    let Some(cluster) = Cluster::start() else { return };
    let spec = spec(2500, "\"top.dropout\" = [0.1]");
    let there = project(&spec);
    cluster.well(&there, &SUBMIT);
    let at_work = |queue: &str| running(queue).into_iter().find(|task| is_training(&there, task));
    cluster.until(|queue| at_work(queue).is_some());
    let warned = at_work(&cluster.queue()).expect("its only task runs");
    cluster.signal(&["--signal=USR1", "--batch"], &warned);
    cluster.well(&there, &WAIT);
    let log = text(&sweep(&there).join("slurm/0001/points-1-0.log"));
    assert!(log.contains("saved before the time limit, queued again"), "{log}");
    assert_eq!(results(&there), results(&here(&spec)));
}

/// A task on the second node.
fn on_the_second(queue: &str) -> Option<String> {
    let line = queue.lines().find(|line| line.contains("points-1") && line.contains("RUNNING") && line.ends_with("n2"));
    line.and_then(|line| line.split_whitespace().next()).map(str::to_owned)
}

fn is_proof() -> bool {
    let is_proof = std::env::var("FROSTLINE_PROOF").as_deref() == Ok("full");
    if !is_proof {
        eprintln!("skipped: FROSTLINE_PROOF=full runs it");
    }
    is_proof
}

/// With `FROSTLINE_PROOF=full`.
#[test]
fn a_task_of_a_node_that_dies_is_queued_again_by_slurm_and_goes_on_elsewhere() {
    if !is_proof() {
        return;
    }
    let Some(cluster) = Cluster::start() else { return };
    let spec = spec(1000, DROPOUTS);
    let there = project(&spec);
    cluster.well(&there, &SUBMIT);
    cluster.until(|queue| on_the_second(queue).is_some_and(|task| is_training(&there, &task)));
    cluster.lose_a_node();
    cluster.slurm("scontrol", &["update", "nodename=n2", "state=down", "reason=test"]);
    let status = cluster.well(&there, &STATUS);
    assert!(status.contains(" 1 queued") && !status.contains("missing"), "{status}");
    cluster.well(&there, &WAIT);
    assert_eq!(results(&there), results(&here(&spec)));
}

/// With `FROSTLINE_PROOF=full`.
#[test]
fn a_warned_task_a_killed_one_and_a_drained_node_end_in_the_same_bytes() {
    if !is_proof() {
        return;
    }
    let Some(cluster) = Cluster::start() else { return };
    let spec = spec(3000, "\"top.dropout\" = [0.1, 0.2, 0.3, 0.4]");
    let there = project(&spec);
    cluster.well(&there, &SUBMIT);
    let at_work =
        |queue: &str, but: &str| running(queue).into_iter().find(|task| task != but && is_training(&there, task));
    cluster.until(|queue| at_work(queue, "").is_some());
    // What a time limit sends beforehand: the run saves, and its task is queued again.
    let warned = at_work(&cluster.queue(), "").expect("a task runs");
    cluster.signal(&["--signal=USR1", "--batch"], &warned);
    cluster.until(|queue| at_work(queue, &warned).is_some());
    let killed = at_work(&cluster.queue(), &warned).expect("another task runs");
    cluster.signal(&["--signal=KILL", "--full"], &killed);
    cluster.slurm("scontrol", &["update", "nodename=n2", "state=drain", "reason=test"]);
    let waited = cluster.frostline(&there, &WAIT);
    assert_eq!(waited.code, 6, "one task was killed: {}", waited.stderr);
    let status = cluster.well(&there, &STATUS);
    assert!(status.contains("3 done, 1 interrupted"), "{status}");
    cluster.slurm("scontrol", &["update", "nodename=n2", "state=resume"]);
    let said = cluster.well(&there, &SUBMIT);
    assert!(is_submitted(&said, 4, 3), "{said}");
    cluster.well(&there, &WAIT);
    assert_eq!(results(&there), results(&here(&spec)));
}

/// With `FROSTLINE_PROOF=full`. Slurm looks at time limits every half minute, and sends what it sends beforehand up to a minute early.
#[test]
fn runs_longer_than_the_time_limit_go_on_again_and_again_to_the_same_bytes() {
    if !is_proof() {
        return;
    }
    let Some(cluster) = Cluster::start() else { return };
    let spec = spec(8_000, DROPOUTS);
    let there = project(&spec);
    let mut limited = SUBMIT.to_vec();
    // Past frostline, which refuses a limit as short.
    limited.extend(["--signal", "25", "--", "--time=1"]);
    cluster.well(&there, &limited);
    cluster.well(&there, &WAIT);
    for log in [0, 1].map(|index| text(&sweep(&there).join(format!("slurm/0001/points-1-{index}.log")))) {
        assert!(log.contains("saved before the time limit, queued again"), "{log}");
        assert!(!log.contains("DUE TO TIME LIMIT"), "it was in time: {log}");
    }
    assert_eq!(results(&there), results(&here(&spec)));
}
