//! Sweeps on a real Slurm cluster of two nodes: what is submitted, what comes out, and what is said of what goes wrong.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use frostline::runs::Status;

use crate::cluster::{
    Cluster, STATUS, SUBMIT, WAIT, column, folders, here, is_submitted, is_training, project, results, running, spec,
    sweep, text, top,
};
use crate::project::{Project, Ran, lasting};

#[test]
fn a_grid_on_a_cluster_gives_the_bytes_of_the_grid_here_with_one_extraction() {
    let Some(cluster) = Cluster::start() else { return };
    let spec = spec(3, "\"top.dropout\" = [0.1, 0.2, 0.3]\n\"top.batch_size\" = [2, 4]\nseed = [0, 1]");
    let there = project(&spec);
    let said = cluster.well(&there, &SUBMIT);
    assert!(is_submitted(&said, 12, 0), "{said}");
    // Nobody submits what is queued already.
    let said = cluster.well(&there, &SUBMIT);
    assert!(said.contains("12 runs: "), "{said}");
    cluster.well(&there, &WAIT);
    let here = here(&spec);
    assert_eq!(results(&there), results(&here));
    let submissions = folders(&sweep(&there).join("slurm"));
    assert_eq!(submissions.len(), 1, "{submissions:?}");
    let shared = ["bottleneck-1.job", "bottleneck-2.job"].map(|name| submissions[0].join(name).exists());
    assert_eq!(shared, [true, false]);
    for log in (0..12).map(|index| text(&submissions[0].join(format!("points-1-{index}.log")))) {
        assert!(log.contains("bottleneck: cached, 24 images"), "{log}");
    }
}

#[test]
fn an_array_is_split_where_the_cluster_asks_for_it_and_each_point_has_its_log() {
    let Some(cluster) = Cluster::start_with(&[("MAX_ARRAY_SIZE", "3")]) else { return };
    let spec = spec(2, "\"top.dropout\" = [0.1, 0.2, 0.3, 0.4, 0.5]");
    let there = project(&spec);
    let ran = cluster.frostline(&there, &["sweep", "experiments/a.toml", "--launcher", "slurm"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for job in ["bottleneck-1\n", "points-1, an array of 3\n", "points-2, an array of 2\n", "results\n"] {
        assert!(ran.stderr.contains(job), "{}", ran.stderr);
    }
    // Follows until the point is done: the extraction that it waits for, its epochs, and its end.
    let followed = cluster.well(&there, &["sweep", "logs", "experiments/a.toml", "5", "--follow"]);
    let own = ["running", "done in"].map(|how| format!("point 5 (top.dropout = 0.5): {how}"));
    let lines = ["bottleneck: done", &own[0], "top epoch 1: loss", &own[1]];
    let at: Vec<usize> = lines.iter().map(|line| followed.find(line).unwrap_or_else(|| panic!("{followed}"))).collect();
    assert!(at.is_sorted(), "{followed}");
    cluster.well(&there, &WAIT);
    // The file may be edited: the sweep that was submitted is still there to be asked for.
    there.spec(&spec.replace("0.5]", "0.6]"));
    let ran = cluster.frostline(&there, &STATUS);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("as it is now") && ran.stderr.contains("`a@sweep`"), "{}", ran.stderr);
    assert!(cluster.well(&there, &["sweep", "status", "a@sweep"]).contains("5 runs: 5 done"));
    assert!(cluster.well(&there, &["sweep", "logs", "a@sweep", "4"]).contains("point 4 (top.dropout = 0.4): done"));
}

/// Neither with a server nor with one another: what the tasks decide they read from the sweep's folder.
#[test]
fn four_tasks_at_once_prune_and_choose_by_what_the_others_have_reached() {
    let Some(cluster) = Cluster::start_with(&[("CPUS", "2")]) else { return };
    // The good ones first: the others are then found to be hopeless.
    let rates = "\"top.optimizer.lr\" = [1e-2, 3e-3, 1e-3, 3e-4, 3e-5, 1e-5, 1e-6, 1e-7]";
    let pruner = "[sweep.pruner]\nkind = \"asha\"\nmin_epochs = 40\nreduction = 3";
    let asha = project(&lasting(&spec(120, &format!("{rates}\n{pruner}"))));
    cluster.well(&asha, &SUBMIT);
    cluster.well(&asha, &WAIT);
    assert_eq!(most_at_once(&asha), 4);
    let states = column(&asha, "state");
    let count = |wanted: &str| states.iter().filter(|state| *state == wanted).count();
    assert!(count("done") >= 1 && count("pruned") >= 1 && count("done") + count("pruned") == 8, "{states:?}");
    let said = cluster.well(&asha, &SUBMIT);
    assert!(!said.contains("queued"), "what was pruned is over: {said}");
    let strategy = "[sweep]\nstrategy = \"tpe\"\ntrials = 12\nparallel = 4\n[sweep.space]";
    let text = lasting(&format!("{}\n{strategy}\n\"top.dropout\" = {{ uniform = [0.0, 0.9] }}\n", top(120)));
    let tpe = project(&text);
    let said = cluster.well(&tpe, &SUBMIT);
    assert!(is_submitted(&said, 8, 0) && said.contains("; up to 4 more points to be chosen"), "{said}");
    cluster.well(&tpe, &WAIT);
    assert_eq!(most_at_once(&tpe), 4);
    let dropouts = column(&tpe, "top.dropout");
    assert_eq!((dropouts.len(), dropouts.iter().collect::<BTreeSet<_>>().len()), (12, 12), "{dropouts:?}");
    assert!(column(&tpe, "state").iter().all(|state| state == "done"));
    assert!(cluster.well(&tpe, &["sweep", "logs", "experiments/a.toml", "7"]).contains("point 7 (top.dropout = "));
    // More of them go on with the same sweep.
    tpe.spec(&text.replace("trials = 12", "trials = 13"));
    cluster.well(&tpe, &SUBMIT);
    cluster.well(&tpe, &WAIT);
    assert_eq!(column(&tpe, "top.dropout").len(), 13);
}

/// How many runs were at work at the same time, where they were most.
fn most_at_once(project: &Project) -> usize {
    let runs = folders(&project.path("runs/a")).into_iter().filter(|run| run.join("status.json").exists());
    let statuses: Vec<Status> = runs.map(|run| Status::read(&run).expect("it has a status")).collect();
    let works_at = |run: &Status, moment| run.started <= moment && run.finished.expect("it has ended") > moment;
    let at_once = |moment| statuses.iter().filter(|run| works_at(run, moment)).count();
    statuses.iter().map(|run| at_once(run.started)).max().unwrap_or(0)
}

/// What the shell that submits asks of its own jobs, or was given as a job itself, is not what the sweep asks for.
#[test]
fn the_submitting_shells_own_slurm_settings_do_not_reach_the_jobs() {
    let Some(cluster) = Cluster::start() else { return };
    let there = project(&spec(2, "\"top.dropout\" = [0.1, 0.2]"));
    let mut command = there.command(&SUBMIT);
    command.env("SLURM_CONF", cluster.configuration());
    let settings = [
        ("SBATCH_PARTITION", "nowhere"),
        ("SBATCH_ARRAY_INX", "7-9"),
        ("SBATCH_TIMELIMIT", "nonsense"),
        ("SQUEUE_STATES", "SUSPENDED"),
        ("SLURM_JOB_ID", "4711"),
        ("SLURM_ARRAY_TASK_ID", "3"),
        ("SLURM_CPUS_PER_TASK", "64"),
        ("SLURM_MEM_PER_CPU", "1"),
    ];
    let ran = Ran::of(command.envs(settings).output().expect("the binary starts"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(is_submitted(&ran.stdout, 2, 0), "{}", ran.stdout);
    cluster.well(&there, &WAIT);
}

/// Nor does it matter where `sweep` is started.
#[test]
fn a_project_a_folder_of_runs_and_an_option_may_have_spaces_in_them() {
    let Some(cluster) = Cluster::start() else { return };
    let there = Project::called("it's my project");
    there.spec(&spec(2, "\"top.dropout\" = [0.1, 0.2]"));
    let frostline = |arguments: &[&str]| {
        let mut command = there.command(&[&["--runs", "its runs"], arguments].concat());
        command.current_dir(there.path("experiments")).env("SLURM_CONF", cluster.configuration());
        let ran = Ran::of(command.output().expect("the binary starts"));
        assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
    };
    let comment = r"it's my project, not C:\yours #1";
    frostline(&["sweep", "a.toml", "--launcher", "slurm", "--", &format!("--comment={comment}")]);
    frostline(&["sweep", "wait", "a.toml"]);
    let comments = cluster.slurm("squeue", &["--noheader", "--states=all", "--format", "%k"]);
    assert!(comments.lines().count() >= 3 && comments.lines().all(|line| line.trim() == comment), "{comments}");
    let sweeps = folders(&there.path("experiments/its runs/a/sweeps"));
    assert!(sweeps[0].join("trials.csv").exists() && sweeps[0].join("slurm/0001/points-1-1.log").exists());
}

#[test]
fn what_slurm_refuses_and_what_a_node_lacks_is_said() {
    let Some(cluster) = Cluster::start() else { return };
    let there = project(&spec(3, "\"top.dropout\" = [0.1, 0.2]"));
    let mut refused = SUBMIT.to_vec();
    refused.extend(["--partition", "nowhere"]);
    let ran = cluster.frostline(&there, &refused);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("invalid partition specified: nowhere"), "{}", ran.stderr);
    // A binary that the nodes do not have.
    let binary = there.path("frostline");
    // By a process of its own: one that another test starts meanwhile must not have it open for writing.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_frostline")).arg(&binary).status();
    assert!(copied.expect("cp starts").success());
    let mut held = SUBMIT.to_vec();
    held.extend(["--", "--hold"]);
    let weights = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/vgg16-imagenet-notop.f16.safetensors");
    let mut command = Command::new(&binary);
    command.args(held).current_dir(there.path("")).env("SLURM_CONF", cluster.configuration());
    let ran = Ran::of(command.env("FROSTLINE_WEIGHTS__PATH", weights).output().expect("the binary starts"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    std::fs::remove_file(&binary).expect("the binary can be removed");
    let jobs = cluster.slurm("squeue", &["--noheader", "--format", "%F"]);
    jobs.lines().for_each(|job| drop(cluster.slurm("scontrol", &["release", job])));
    cluster.until(str::is_empty);
    let log = text(&sweep(&there).join("slurm/0001/bottleneck-1.log"));
    assert!(log.contains("the binary has to lie on a file system that all nodes share"), "{log}");
}

/// A node that cannot see the sweep's folder cannot even write a log there.
#[test]
fn a_folder_that_a_node_does_not_share_is_named() {
    let there = project(&spec(3, "\"top.dropout\" = [0.1, 0.2]"));
    let runs: PathBuf = there.path("runs");
    std::fs::create_dir_all(&runs).expect("a folder can be made");
    let Some(cluster) = Cluster::start_with(&[("HIDE", runs.to_str().expect("a path in UTF-8"))]) else { return };
    let mut there_only = SUBMIT.to_vec();
    there_only.extend(["--", "--nodelist=n2"]);
    cluster.well(&there, &there_only);
    let waited = cluster.frostline(&there, &WAIT);
    assert_eq!(waited.code, 6, "{}", waited.stderr);
    let status = cluster.well(&there, &STATUS);
    let why = "0001-bottleneck-1: FAILED (JobLaunchFailure): has n2 the sweep's folder?";
    assert!(status.contains("2 runs: 2 missing") && status.contains(why), "{status}");
    let logs = cluster.frostline(&there, &["sweep", "logs", "experiments/a.toml", "1"]);
    assert!(logs.stderr.contains(&format!("no job of point 1 has written anything: {why}")), "{}", logs.stderr);
    // On the other node it works.
    cluster.slurm("scontrol", &["update", "nodename=n2", "state=drain", "reason=test"]);
    cluster.well(&there, &SUBMIT);
    cluster.well(&there, &WAIT);
}

/// With `FROSTLINE_PROOF=full`.
#[test]
fn two_hundred_points_four_at_a_time_are_all_done_after_one_extraction() {
    if std::env::var("FROSTLINE_PROOF").as_deref() != Ok("full") {
        eprintln!("skipped: FROSTLINE_PROOF=full runs it");
        return;
    }
    let Some(cluster) = Cluster::start_with(&[("CPUS", "4")]) else { return };
    let seeds: Vec<String> = (0..200).map(|seed: u32| seed.to_string()).collect();
    let there = project(&spec(1, &format!("seed = [{}]", seeds.join(", "))));
    let mut limited = SUBMIT.to_vec();
    limited.extend(["--array-limit", "4"]);
    let said = cluster.well(&there, &limited);
    assert!(is_submitted(&said, 200, 0), "{said}");
    let mut waiting = there.command(&WAIT);
    let mut waiting = waiting.env("SLURM_CONF", cluster.configuration()).spawn().expect("the binary starts");
    let mut most = 0;
    let code = loop {
        most = running(&cluster.queue()).len().max(most);
        if let Some(status) = waiting.try_wait().expect("a child can be asked") {
            break status.code();
        }
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    };
    assert_eq!((code, most), (Some(0), 4));
    let states = column(&there, "state");
    assert_eq!((states.len(), states.iter().filter(|state| *state == "done").count()), (200, 200));
    let logs = (0..200).map(|index| text(&sweep(&there).join(format!("slurm/0001/points-1-{index}.log"))));
    assert!(logs.into_iter().all(|log| log.contains("bottleneck: cached, 24 images")));
}

#[test]
fn cancelling_leaves_whole_runs_that_go_on() {
    let Some(cluster) = Cluster::start() else { return };
    let spec = lasting(&spec(400, "\"top.dropout\" = [0.1, 0.2, 0.3]"));
    let there = project(&spec);
    cluster.well(&there, &SUBMIT);
    cluster.until(|_| (0..3).any(|index| is_training(&there, &format!("0_{index}"))));
    let cancelled = cluster.frostline(&there, &["sweep", "cancel", "experiments/a.toml"]);
    assert!(cancelled.stderr.starts_with("cancelled jobs "), "{}", cancelled.stderr);
    cluster.until(str::is_empty);
    let ls = there.frostline(&["ls", "--format", "csv"]);
    assert!(ls.stdout.contains("interrupted") && !ls.stdout.contains("running"), "{}", ls.stdout);
    let status = cluster.well(&there, &STATUS);
    assert!(status.contains("missing") && status.contains("CANCELLED "), "{status}");
    cluster.well(&there, &SUBMIT);
    cluster.well(&there, &WAIT);
    assert_eq!(results(&there), results(&here(&spec)));
}
