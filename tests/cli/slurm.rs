//! Sweeps on a real Slurm cluster of two nodes, which `tests/slurm/cluster.sh` starts on this machine; skipped where that is not possible.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::project::{Project, Ran, SPEC};

/// There is one cluster at a time: its daemons have fixed ports.
static ONE: Mutex<()> = Mutex::new(());
/// Nothing on this cluster takes as long, however slow the machine.
const LONG: Duration = Duration::from_secs(180);

struct Cluster {
    folder: TempDir,
    _one: MutexGuard<'static, ()>,
}

impl Cluster {
    /// Starts one; `None`, and a word on why, where this machine has no Slurm.
    fn start() -> Option<Self> {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let started = Self::script("start", folder.path());
        match started.code {
            0 => Some(Self { folder, _one: one }),
            77 => {
                eprintln!("skipped: {}", started.stderr.trim());
                None
            }
            code => panic!("the cluster did not start ({code}): {}", started.stderr),
        }
    }

    fn script(verb: &str, folder: &Path) -> Ran {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slurm/cluster.sh");
        // Files, for the daemons that it starts would hold a pipe open for ever.
        let told = folder.join(format!("{verb}.txt"));
        let file = std::fs::File::create(&told).expect("a file that can be written");
        let mut command = Command::new(script);
        let status = command.arg(verb).arg(folder).stdout(std::process::Stdio::null()).stderr(file).status();
        let code = status.expect("bash is there").code().unwrap_or(-1);
        let stderr = std::fs::read_to_string(told).unwrap_or_default();
        Ran { code, stdout: String::new(), stderr }
    }

    fn configuration(&self) -> PathBuf {
        self.folder.path().join("slurm.conf")
    }

    /// A command of a project, with this cluster.
    fn frostline(&self, project: &Project, arguments: &[&str]) -> Ran {
        let output = project.command(arguments).env("SLURM_CONF", self.configuration()).output();
        Ran::of(output.expect("the binary starts"))
    }

    /// A program of Slurm's.
    fn slurm(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program).args(arguments).env("SLURM_CONF", self.configuration()).output();
        let ran = Ran::of(output.expect("Slurm is there"));
        assert_eq!(ran.code, 0, "{program} {arguments:?}: {}", ran.stderr);
        ran.stdout
    }

    /// Signals a task; Slurm refuses to while it is busy with the job, and says to try again.
    fn signal(&self, options: &[&str], task: &str) {
        let begun = Instant::now();
        loop {
            let mut command = Command::new("scancel");
            command.args(options).arg(task).env("SLURM_CONF", self.configuration());
            let ran = Ran::of(command.output().expect("Slurm is there"));
            if ran.code == 0 {
                return;
            }
            assert!(ran.stderr.contains("try again") && begun.elapsed() < LONG, "{task}: {}", ran.stderr);
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }

    /// Waits until `squeue` says so.
    fn until(&self, is_so: impl Fn(&str) -> bool) {
        let begun = Instant::now();
        loop {
            let queue = self.slurm("squeue", &["--array", "--noheader", "--format", "%i %T %j"]);
            if is_so(&queue) {
                return;
            }
            assert!(begun.elapsed() < LONG, "still waiting: {queue}");
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        Self::script("stop", self.folder.path());
    }
}

fn spec(epochs: u32, space: &str) -> String {
    let top =
        SPEC.split("[fine_tune]").next().expect("the part before").replace("epochs = 3", &format!("epochs = {epochs}"));
    format!("{top}\n[sweep.space]\n{space}\n")
}

fn project(spec: &str) -> Project {
    let project = Project::new();
    project.spec(spec);
    project
}

/// `metrics.csv` of every run, and the rows of `trials.csv` without their seconds.
fn results(project: &Project) -> (BTreeMap<String, String>, Vec<Vec<String>>) {
    let text =
        |path: &Path| std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let runs = folders(&project.path("runs/a"));
    let metrics = runs.iter().filter(|run| run.join("metrics.csv").exists());
    let name = |run: &Path| run.file_name().expect("a name").to_string_lossy().into_owned();
    let metrics = metrics.map(|run| (name(run), text(&run.join("metrics.csv")))).collect();
    let sweep = folders(&project.path("runs/a/sweeps")).pop().expect("a sweep");
    let trials = text(&sweep.join("trials.csv"));
    let mut lines = trials.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let seconds = header.iter().position(|column| column == "seconds").expect("a column of seconds");
    let without = |mut row: Vec<String>| {
        row.remove(seconds);
        row
    };
    (metrics, lines.map(without).collect())
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    folders.retain(|path| path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')));
    folders.sort();
    folders
}

/// Whether the run of an array's task, `number_index`, has some epochs behind it.
fn is_training(project: &Project, task: &str) -> bool {
    let index: u32 = task.rsplit('_').next().and_then(|index| index.parse().ok()).expect("an index");
    let number = format!("{:04}-", index + 1);
    let runs = if project.path("runs/a").exists() { folders(&project.path("runs/a")) } else { Vec::new() };
    let is_it = |run: &PathBuf| run.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&number));
    let rows = runs.into_iter().find(is_it).and_then(|run| std::fs::read_to_string(run.join("metrics.csv")).ok());
    rows.is_some_and(|rows| rows.lines().count() > 4)
}

fn here(spec: &str) -> Project {
    let here = project(spec);
    let ran = here.frostline(&["sweep", "experiments/a.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    here
}

const SUBMIT: [&str; 5] = ["sweep", "experiments/a.toml", "--launcher", "slurm", "--quiet"];
const WAIT: [&str; 3] = ["sweep", "wait", "experiments/a.toml"];

#[test]
fn a_grid_on_a_cluster_gives_the_bytes_of_the_grid_here_with_one_extraction() {
    let Some(cluster) = Cluster::start() else { return };
    let spec = spec(3, "\"top.dropout\" = [0.1, 0.2, 0.3]\n\"top.batch_size\" = [2, 4]\nseed = [0, 1]");
    let there = project(&spec);
    let ran = cluster.frostline(&there, &SUBMIT);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("12 runs: 12 queued"), "{}", ran.stdout);
    // Nobody submits what is queued already.
    let again = cluster.frostline(&there, &SUBMIT);
    assert!(again.stdout.contains("12 runs: "), "{}", again.stdout);
    let waited = cluster.frostline(&there, &WAIT);
    assert_eq!(waited.code, 0, "{}", waited.stderr);
    let here = here(&spec);
    assert_eq!(results(&there), results(&here));
    let submissions = folders(&folders(&there.path("runs/a/sweeps"))[0].join("slurm"));
    assert_eq!(submissions.len(), 1, "{submissions:?}");
    let shared = ["bottleneck-1.job", "bottleneck-2.job"].map(|name| submissions[0].join(name).exists());
    assert_eq!(shared, [true, false]);
    for log in (0..12).map(|index| submissions[0].join(format!("points-1-{index}.log"))) {
        let log = std::fs::read_to_string(log).expect("each task has a log");
        assert!(!log.contains("bottleneck: running"), "{log}");
    }
    let logs = cluster.frostline(&there, &["sweep", "logs", "experiments/a.toml", "3"]);
    assert!(logs.stdout.contains("point 3"), "{}", logs.stdout);
}

/// With `FROSTLINE_PROOF=full`: Slurm lets a task that was queued again wait for two minutes.
#[test]
fn killed_tasks_a_drained_node_and_a_time_limit_end_in_the_same_bytes() {
    if std::env::var("FROSTLINE_PROOF").as_deref() != Ok("full") {
        eprintln!("skipped: FROSTLINE_PROOF=full runs it");
        return;
    }
    let Some(cluster) = Cluster::start() else { return };
    let spec = spec(1500, "\"top.dropout\" = [0.1, 0.2, 0.3, 0.4]");
    let there = project(&spec);
    let ran = cluster.frostline(&there, &SUBMIT);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let first = |queue: &str| {
        let mut running = queue.lines().filter(|line| line.contains("points-1") && line.contains("RUNNING"));
        running.next().and_then(|line| line.split_whitespace().next()).map(str::to_owned)
    };
    let now = || cluster.slurm("squeue", &["--array", "--noheader", "--format", "%i %T %j"]);
    cluster.until(|queue| first(queue).is_some_and(|task| is_training(&there, &task)));
    // What the time limit sends beforehand: the run saves, and its task is queued again.
    let warned = first(&now()).expect("a task runs");
    cluster.signal(&["--signal=USR1", "--batch"], &warned);
    cluster.until(|queue| first(queue).is_some_and(|task| task != warned && is_training(&there, &task)));
    let killed = first(&now()).expect("another task runs");
    cluster.signal(&["--signal=KILL", "--full"], &killed);
    cluster.slurm("scontrol", &["update", "nodename=n2", "state=drain", "reason=test"]);
    let waited = cluster.frostline(&there, &WAIT);
    assert_eq!(waited.code, 6, "one task was killed: {}", waited.stderr);
    let status = cluster.frostline(&there, &["sweep", "status", "experiments/a.toml"]);
    assert!(status.stdout.contains("3 done, 1 interrupted"), "{}", status.stdout);
    cluster.slurm("scontrol", &["update", "nodename=n2", "state=resume"]);
    let again = cluster.frostline(&there, &SUBMIT);
    assert!(again.stdout.contains("3 done, 1 queued"), "{}{}", again.stdout, again.stderr);
    let waited = cluster.frostline(&there, &WAIT);
    assert_eq!(waited.code, 0, "{}", waited.stderr);
    assert_eq!(results(&there), results(&here(&spec)));
}

#[test]
fn cancelling_leaves_whole_runs_that_go_on() {
    let Some(cluster) = Cluster::start() else { return };
    let spec = spec(1500, "\"top.dropout\" = [0.1, 0.2, 0.3]");
    let there = project(&spec);
    let ran = cluster.frostline(&there, &SUBMIT);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    cluster.until(|_| (0..3).any(|index| is_training(&there, &format!("0_{index}"))));
    let cancelled = cluster.frostline(&there, &["sweep", "cancel", "experiments/a.toml"]);
    assert!(cancelled.stderr.starts_with("cancelled jobs "), "{}", cancelled.stderr);
    cluster.until(str::is_empty);
    let ls = there.frostline(&["ls", "--format", "csv"]);
    assert!(!ls.stdout.contains("running"), "{}", ls.stdout);
    assert_eq!(cluster.frostline(&there, &SUBMIT).code, 0);
    let waited = cluster.frostline(&there, &WAIT);
    assert_eq!(waited.code, 0, "{}", waited.stderr);
    assert_eq!(results(&there), results(&here(&spec)));
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
    std::fs::copy(env!("CARGO_BIN_EXE_frostline"), &binary).expect("the binary can be copied");
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
    let sweep = folders(&there.path("runs/a/sweeps")).pop().expect("a sweep");
    let log = std::fs::read_to_string(sweep.join("slurm/0001/bottleneck-1.log")).expect("a log");
    assert!(log.contains("the binary has to lie on a file system that all nodes share"), "{log}");
}
