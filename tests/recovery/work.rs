//! A frostline at work in a project, and what it must come to.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use frostline::digest::Digest;

use crate::project::{Project, Ran, SPEC, file};

/// Longer than anything here takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(300);
/// What must come out the same whatever happens.
pub const FILES: [&str; 3] = ["metrics.csv", "predictions.csv", "model.safetensors"];
/// Run experiment `a`.
pub const RUN: [&str; 2] = ["run", "experiments/a.toml"];

/// Whether everything is to be tried, or a sample.
pub fn is_full() -> bool {
    std::env::var_os("FROSTLINE_PROOF").is_some_and(|proof| proof == "full")
}

/// A sample's size, or that of everything.
pub fn either(sample: usize, full: usize) -> usize {
    if is_full() { full } else { sample }
}

/// Where a proof of everything that was stopped goes on: `FROSTLINE_PROOF_FROM`, by the numbers that it told.
pub fn begin() -> usize {
    let from = std::env::var("FROSTLINE_PROOF_FROM").ok().filter(|_| is_full());
    from.map_or(0, |from| from.parse().expect("FROSTLINE_PROOF_FROM is a number"))
}

/// Tells how far a proof of everything has come, which takes minutes.
pub fn tell(step: &str) {
    if is_full() {
        eprintln!("{step}");
    }
}

/// A seeded draw below `bound`.
pub fn draw(seed: usize, purpose: &str, bound: usize) -> usize {
    let digest = Digest::of(format!("{purpose} {seed}").as_bytes());
    let word = u64::from_le_bytes(digest.as_bytes()[..8].try_into().expect("eight bytes"));
    (word % bound as u64) as usize
}

/// Fine-tuning without augmentation: from stored activations, with everything that a state must hold.
pub fn stored() -> String {
    let (before, _) = SPEC.split_once("[fine_tune.augment]").expect("it augments");
    let sgd = r#"optimizer = { kind = "sgd", lr = 1e-4, momentum = 0.9 }"#;
    let adam = r#"optimizer = { kind = "adam", lr = 1e-5 }
dropout = 0.3
schedule = { kind = "cosine", min_lr = 1e-6 }
early_stopping = { monitor = "val_loss", patience = 1, restore_best = true }"#;
    before.replace(sgd, adam).replace("epochs = 2", "epochs = 3")
}

/// Digests of a run's files.
pub fn digests(run: &Path) -> Vec<(&'static str, Digest)> {
    FILES.iter().map(|&name| (name, Digest::of(&file(run, name)))).collect()
}

/// A run that nothing happened to.
pub struct Reference {
    pub run: PathBuf,
    pub digests: Vec<(&'static str, Digest)>,
    pub metrics: Vec<u8>,
}

impl Reference {
    /// Runs experiment `a` with runs and a cache of its own.
    pub fn of(project: &Project) -> Self {
        let ran = project.frostline(&[&RUN[..], &["--runs", "reference"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let run = project.path(ran.stdout.trim());
        Self { digests: digests(&run), metrics: file(&run, "metrics.csv"), run }
    }

    /// Runs on to the end and holds what is there to this run.
    pub fn is_reached_by(&self, project: &Project, after: &str) {
        let ran = project.frostline(&RUN);
        assert_eq!(ran.code, 0, "after {after}: {}{}", ran.stdout, ran.stderr);
        self.is(project, after);
    }

    /// Holds the only run to this one.
    pub fn is(&self, project: &Project, after: &str) {
        let runs = runs(project);
        let ids: Vec<_> = runs.iter().map(|run| run.file_name()).collect();
        assert_eq!(ids, [self.run.file_name()], "after {after}: one directory");
        assert_eq!(digests(&runs[0]), self.digests, "after {after}");
        assert_eq!(states(project), ["done"], "after {after}");
    }

    /// Whatever rows a run has so far are those of this one.
    pub fn begins_with_rows_of(&self, project: &Project, after: &str) {
        for run in runs(project) {
            let rows = std::fs::read(run.join("metrics.csv")).unwrap_or_default();
            let shown = String::from_utf8_lossy(&rows);
            assert!(self.metrics.starts_with(&rows), "after {after}, rows are lost or doubled: {shown}");
        }
    }
}

/// The directories of the runs of `a`, in order. Hidden names are nobody's runs.
pub fn runs(project: &Project) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(project.path("runs/a")) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let is_hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let mut paths: Vec<PathBuf> = paths.filter(|path| !is_hidden(path)).collect();
    paths.sort();
    paths
}

/// The states of all runs, as `ls` tells them.
pub fn states(project: &Project) -> Vec<String> {
    let ran = project.frostline(&["ls", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&ran.stdout).expect("JSON");
    rows.iter().map(|row| row["state"].as_str().expect("a text").to_owned()).collect()
}

/// Nothing that is stored is damaged.
pub fn assert_whole(project: &Project, after: &str) {
    let ran = project.frostline(&["cache", "verify"]);
    assert_eq!(ran.code, 0, "after {after}: {}{}", ran.stdout, ran.stderr);
}

/// Takes runs and cache away.
pub fn start_over(project: &Project) {
    let runs = project.path("runs");
    if runs.exists() {
        std::fs::remove_dir_all(runs).expect("it can be removed");
    }
}

/// A process at work, whose stderr is followed; killed when dropped.
pub struct Working {
    pub child: Child,
    lines: Receiver<String>,
    pub seen: Vec<String>,
}

impl Working {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let (sender, lines) = channel();
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines, seen: Vec::new() }
    }

    /// Follows until a line holds the text. Says whether one did before the process ended.
    pub fn until(&mut self, text: &str) -> bool {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) => panic!("`{text}` did not come: {:#?}", self.seen),
            }
            if self.seen.last().is_some_and(|line| line.contains(text)) {
                return true;
            }
        }
    }

    /// Follows for so many lines, and then for a while; shorter if the process ends before.
    pub fn follow(&mut self, lines: usize, time: Duration) {
        while self.seen.len() < lines {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => panic!("line {lines} did not come: {:#?}", self.seen),
            }
        }
        let end = Instant::now() + time;
        while let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.seen.push(line);
        }
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id();
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().expect("sh starts");
        assert!(sent.success(), "{name} to {pid}");
    }

    /// Waits for the end.
    pub fn end(mut self) -> Ran {
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.seen.push(line);
        }
        let mut stdout = String::new();
        let pipe = self.child.stdout.take().expect("a pipe");
        std::io::Read::read_to_string(&mut BufReader::new(pipe), &mut stdout).expect("text");
        let code = self.child.wait().expect("it ends").code().unwrap_or(-1);
        Ran { code, stdout, stderr: self.seen.join("\n") }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
