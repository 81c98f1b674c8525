//! A project with a few small images, and commands run in it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};

use tempfile::TempDir;

/// Three training epochs and two of fine-tuning on 32-pixel images: a whole run in about a second.
pub const SPEC: &str = r#"
[data]
train = "../data/train"
validation = "../data/validation"
target_size = 32
preprocess = "unit"

[top]
hidden = [8]
epochs = 3
batch_size = 4
optimizer = { kind = "adam", lr = 1e-3 }

[fine_tune]
frozen_layers = 11
epochs = 2
batch_size = 4
optimizer = { kind = "sgd", lr = 1e-4, momentum = 0.9 }

[fine_tune.augment]
zoom = 0.1
horizontal_flip = true
"#;

/// The top's epochs take time by themselves, some 10 ms each, and not only by waiting for the disk.
pub fn lasting(spec: &str) -> String {
    let (top, rest) = spec.split_at(spec.find("[fine_tune]").unwrap_or(spec.len()));
    let top = top.replace("hidden = [8]", "hidden = [512]").replace("batch_size = 4", "batch_size = 1");
    top + rest
}

/// A folder with `experiments/a.toml`, images below `data/`, and in the end `runs/`.
pub struct Project {
    folder: TempDir,
}

/// How a command ended.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Project {
    /// Two classes, eight training and four validation images each.
    pub fn new() -> Self {
        Self::called(".tmp")
    }

    /// The same, in a folder whose name begins so.
    pub fn called(name: &str) -> Self {
        let folder = tempfile::Builder::new().prefix(name).tempdir();
        let project = Self { folder: folder.expect("a temporary folder") };
        for (part, count) in [("train", 8), ("validation", 4)] {
            for class in ["blue", "red"] {
                (0..count).for_each(|number| project.image(part, class, number));
            }
        }
        project.spec(SPEC);
        project
    }

    pub fn path(&self, inner: &str) -> PathBuf {
        self.folder.path().join(inner)
    }

    /// Writes an image whose content depends on where it is.
    pub fn image(&self, part: &str, class: &str, number: u32) {
        let path = self.path(&format!("data/{part}/{class}/{number:02}.png"));
        std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder can be made");
        let tone = if class == "red" { 0 } else { 2 };
        let seed = number * 31 + part.len() as u32;
        let image = image::RgbImage::from_fn(40, 36, |x, y| {
            let noise = (x * 7 + y * 13 + seed * 17 + (x * y) % (seed + 3)) % 90;
            let mut pixel = [noise as u8 + 40; 3];
            pixel[tone] = pixel[tone].saturating_add(90);
            image::Rgb(pixel)
        });
        image.save(&path).expect("the image can be written");
    }

    /// Writes `experiments/a.toml`.
    pub fn spec(&self, text: &str) {
        self.write("experiments/a.toml", text);
    }

    /// Writes `experiments/a.toml` with one piece of [`SPEC`] replaced.
    pub fn edit(&self, from: &str, to: &str) {
        assert!(SPEC.contains(from), "`{from}` is in the spec");
        self.spec(&SPEC.replace(from, to));
    }

    pub fn write(&self, inner: &str, text: &str) {
        let path = self.path(inner);
        std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder can be made");
        std::fs::write(path, text).expect("the file can be written");
    }

    /// A command of this project, not yet run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_frostline"));
        command.args(arguments).current_dir(self.folder.path());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FROSTLINE_")) {
            command.env_remove(name);
        }
        command
    }

    pub fn frostline(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().expect("the binary starts"))
    }

    /// Runs `experiments/a.toml` to its end and gives its directory.
    pub fn run(&self) -> PathBuf {
        let ran = self.frostline(&["run", "experiments/a.toml"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        PathBuf::from(ran.stdout.trim())
    }

    /// The project, whose experiment has run, and the run's directory.
    pub fn run_here(self) -> (Self, PathBuf) {
        let run = self.run();
        (self, run)
    }

    /// What is still to be done, stage by stage, and why.
    pub fn plan(&self) -> Vec<Stage> {
        let ran = self.frostline(&["plan", "experiments/a.toml", "--format", "json"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let rows: Vec<serde_json::Value> = serde_json::from_str(&ran.stdout).expect("the plan is JSON");
        let stage = |row: &serde_json::Value| Stage {
            to_do: row["to_do"].as_u64().expect("a count"),
            total: row["total"].as_u64().expect("a count"),
            why: row["why"].as_str().expect("a text").to_owned(),
        };
        rows.iter().map(stage).collect()
    }
}

/// A row of the plan: of bottleneck, top or fine_tune.
#[derive(Debug)]
pub struct Stage {
    pub to_do: u64,
    pub total: u64,
    pub why: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("stdout is text"),
            stderr: String::from_utf8(output.stderr).expect("stderr is text"),
        }
    }
}

/// A file of a run.
pub fn file(run: &Path, name: &str) -> Vec<u8> {
    std::fs::read(run.join(name)).expect("the run has the file")
}

/// Sends a process a signal: `INT`, `TERM`.
pub fn signal(child: &Child, name: &str) {
    let kill = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(kill.expect("kill is here").success());
}
