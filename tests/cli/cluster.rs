//! A real Slurm cluster of two nodes, which `tests/slurm/cluster.sh` starts on this machine; what needs it is skipped where that fails.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::project::{Project, Ran, SPEC};

pub const SUBMIT: [&str; 5] = ["sweep", "experiments/a.toml", "--launcher", "slurm", "--quiet"];
pub const WAIT: [&str; 3] = ["sweep", "wait", "experiments/a.toml"];
pub const STATUS: [&str; 3] = ["sweep", "status", "experiments/a.toml"];
/// One cluster at a time is enough for the cores.
static ONE: Mutex<()> = Mutex::new(());
/// What Slurm's programs say when its daemons are busy.
const BUSY: [&str; 3] = ["Socket timed out", "Unable to contact", "try again"];
/// Nothing on this cluster takes as long, however slow the machine.
const LONG: Duration = Duration::from_secs(180);

pub struct Cluster {
    folder: TempDir,
    _one: MutexGuard<'static, ()>,
}

impl Cluster {
    /// Starts one; `None`, and a word on why, where this machine has no Slurm.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts one that differs from the usual in some of the script's variables.
    pub fn start_with(variables: &[(&str, &str)]) -> Option<Self> {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let started = Self::script("start", folder.path(), variables);
        match started.code {
            0 => Some(Self { folder, _one: one }),
            77 => {
                eprintln!("skipped: {}", started.stderr.trim());
                None
            }
            code => panic!("the cluster did not start ({code}): {}", started.stderr),
        }
    }

    fn script(verb: &str, folder: &Path, variables: &[(&str, &str)]) -> Ran {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slurm/cluster.sh");
        // Files, for the daemons that it starts would hold a pipe open for ever.
        let told = folder.join(format!("{verb}.txt"));
        let file = std::fs::File::create(&told).expect("a file that can be written");
        let mut command = Command::new(script);
        command.envs(variables.iter().copied());
        let status = command.arg(verb).arg(folder).stdout(Stdio::null()).stderr(file).status();
        let code = status.expect("bash is there").code().unwrap_or(-1);
        let stderr = std::fs::read_to_string(told).unwrap_or_default();
        Ran { code, stdout: String::new(), stderr }
    }

    pub fn configuration(&self) -> PathBuf {
        self.folder.path().join("slurm.conf")
    }

    /// The node n2 dies, with all that runs on it.
    pub fn lose_a_node(&self) {
        let ran = Self::script("lose", self.folder.path(), &[]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }

    /// A command of a project, with this cluster.
    pub fn frostline(&self, project: &Project, arguments: &[&str]) -> Ran {
        let output = project.command(arguments).env("SLURM_CONF", self.configuration()).output();
        Ran::of(output.expect("the binary starts"))
    }

    /// As [`Cluster::frostline`], for what has to go well; gives what it printed.
    pub fn well(&self, project: &Project, arguments: &[&str]) -> String {
        let ran = self.frostline(project, arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// A program of Slurm's, tried again while Slurm is too busy to answer, or busy with the job.
    pub fn slurm(&self, program: &str, arguments: &[&str]) -> String {
        let begun = Instant::now();
        loop {
            let output = Command::new(program).args(arguments).env("SLURM_CONF", self.configuration()).output();
            let ran = Ran::of(output.expect("Slurm is there"));
            if ran.code == 0 {
                return ran.stdout;
            }
            let is_busy = BUSY.iter().any(|text| ran.stderr.contains(text));
            assert!(is_busy && begun.elapsed() < LONG, "{program} {arguments:?}: {}", ran.stderr);
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }

    /// Signals a task.
    pub fn signal(&self, options: &[&str], task: &str) {
        self.slurm("scancel", &[options, &[task]].concat());
    }

    /// The jobs that wait or run, one for each task of an array: number, state, name, node.
    pub fn queue(&self) -> String {
        self.slurm("squeue", &["--array", "--noheader", "--format", "%i %T %j %N"])
    }

    /// Waits until the queue is so.
    pub fn until(&self, is_so: impl Fn(&str) -> bool) {
        let begun = Instant::now();
        loop {
            let queue = self.queue();
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
        Self::script("stop", self.folder.path(), &[]);
    }
}

/// A grid without fine-tuning.
pub fn spec(epochs: u32, space: &str) -> String {
    format!("{}\n[sweep.space]\n{space}\n", top(epochs))
}

/// An experiment without fine-tuning.
pub fn top(epochs: u32) -> String {
    SPEC.split("[fine_tune]").next().expect("the part before").replace("epochs = 3", &format!("epochs = {epochs}"))
}

pub fn project(spec: &str) -> Project {
    let project = Project::new();
    project.spec(spec);
    project
}

/// The project whose sweep has run here.
pub fn here(spec: &str) -> Project {
    let here = project(spec);
    let ran = here.frostline(&["sweep", "experiments/a.toml", "--jobs", "2"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    here
}

/// `metrics.csv` of every run, and the rows of `trials.csv` without their seconds.
pub fn results(project: &Project) -> (BTreeMap<String, String>, Vec<Vec<String>>) {
    let runs = folders(&project.path("runs/a"));
    let metrics = runs.iter().filter(|run| run.join("metrics.csv").exists());
    let name = |run: &Path| run.file_name().expect("a name").to_string_lossy().into_owned();
    let metrics = metrics.map(|run| (name(run), text(&run.join("metrics.csv")))).collect();
    let mut trials = trials(project);
    let seconds = trials[0].iter().position(|column| column == "seconds").expect("a column of seconds");
    trials.iter_mut().for_each(|row| drop(row.remove(seconds)));
    (metrics, trials)
}

/// `trials.csv`, with its header.
pub fn trials(project: &Project) -> Vec<Vec<String>> {
    let trials = text(&sweep(project).join("trials.csv"));
    trials.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// A column of `trials.csv`.
pub fn column(project: &Project, name: &str) -> Vec<String> {
    let trials = trials(project);
    let at = trials[0].iter().position(|column| column == name).expect("a column of that name");
    trials[1..].iter().map(|row| row[at].clone()).collect()
}

/// The folder of the project's latest sweep.
pub fn sweep(project: &Project) -> PathBuf {
    folders(&project.path("runs/a/sweeps")).pop().expect("a sweep")
}

pub fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    folders.retain(|path| path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')));
    folders.sort();
    folders
}

/// Whether of so many runs so many are done and all others queued, or, where Slurm was quick, running already.
pub fn is_submitted(said: &str, runs: u32, done: u32) -> bool {
    let last = said.lines().last().unwrap_or_default();
    let tally = last.strip_prefix(&format!("{runs} runs: ")).unwrap_or_default();
    let states = tally.split(';').next().unwrap_or_default().split(", ").filter_map(|state| state.split_once(' '));
    let count = |word: &str| -> u32 {
        states.clone().filter(|(_, own)| *own == word).filter_map(|(count, _)| count.parse::<u32>().ok()).sum()
    };
    count("done") == done && count("queued") + count("running") == runs - done
}

/// The tasks of the first array that run, as `number_index`.
pub fn running(queue: &str) -> Vec<String> {
    let running = queue.lines().filter(|line| line.contains("points-1") && line.contains("RUNNING"));
    running.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Whether the run of an array's task, `number_index`, has some epochs behind it.
pub fn is_training(project: &Project, task: &str) -> bool {
    let index: u32 = task.rsplit('_').next().and_then(|index| index.parse().ok()).expect("an index");
    let number = format!("{:04}-", index + 1);
    let runs = if project.path("runs/a").exists() { folders(&project.path("runs/a")) } else { Vec::new() };
    let is_it = |run: &PathBuf| run.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&number));
    let rows = runs.into_iter().find(is_it).and_then(|run| std::fs::read_to_string(run.join("metrics.csv")).ok());
    rows.is_some_and(|rows| rows.lines().count() > 4)
}
