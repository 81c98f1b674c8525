//! The screen of `frostline watch` in a real terminal, which tmux plays.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::project::{Project, SPEC};

/// Longer than anything here takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(180);
/// Between two looks at the terminal.
const LOOK: Duration = Duration::from_millis(50);

/// A terminal of its own, with a shell in the project's folder; gone when dropped.
struct Terminal {
    socket: String,
}

impl Terminal {
    /// None where there is no tmux.
    fn open(project: &Project, (columns, rows): (u16, u16)) -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            eprintln!("skipped: there is no tmux to play the terminal");
            return None;
        }
        let socket = format!("frostline-{}-{}", std::process::id(), project.path("").display()).replace('/', "-");
        let terminal = Self { socket };
        let folder = project.path("").display().to_string();
        let size = [columns, rows].map(|it| it.to_string());
        let place = ["new-session", "-d", "-x", &size[0], "-y", &size[1], "-c", &folder, "env PS1='$ ' sh"];
        let output = terminal.tmux(&[&["-f", "/dev/null"], place.as_slice()].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(terminal)
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.args(["-L", &self.socket]).args(arguments).env("LC_ALL", "C.UTF-8").env("NO_COLOR", "1");
        command.output().expect("tmux answers")
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    fn shown(&self) -> String {
        String::from_utf8(self.tmux(&["capture-pane", "-p"]).stdout).expect("text")
    }

    /// What is shown once all these texts are.
    fn until(&self, texts: &[&str]) -> String {
        let begun = Instant::now();
        loop {
            let shown = self.shown();
            if texts.iter().all(|text| shown.contains(text)) {
                return shown;
            }
            assert!(begun.elapsed() < PATIENCE, "{texts:?} did not come:\n{shown}");
            std::thread::park_timeout(LOOK);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

fn watch() -> String {
    format!("{} watch experiments; echo ended with $?", env!("CARGO_BIN_EXE_frostline"))
}

#[test]
fn a_run_is_seen_from_its_start_to_its_curves_and_q_gives_the_terminal_back() {
    let project = Project::new();
    let Some(terminal) = Terminal::open(&project, (100, 30)) else { return };
    terminal.keys(&[&watch(), "Enter"]);
    let shown = terminal.until(&["1 done", "fine_tune: done in"]);
    for part in ["experiments/", "▸ a", "fine_tune", "⠒ validation", "bottleneck, top, fine_tune run", "q quit"] {
        assert!(shown.contains(part), "`{part}` is on the screen:\n{shown}");
    }
    terminal.keys(&["?"]);
    terminal.until(&["this help"]);
    // One after the other: both at once are Alt-q to a terminal.
    terminal.keys(&["?"]);
    terminal.until(&["q quit   ? help"]);
    terminal.keys(&["q"]);
    let shown = terminal.until(&["ended with 130"]);
    assert!(shown.contains("a: done, val_accuracy"), "what ran is told below the shell's line:\n{shown}");
    assert!(!shown.contains("select"), "the screen is gone:\n{shown}");
}

#[test]
fn an_edit_shows_what_changed_and_a_mistake_shows_its_line_and_caret() {
    let project = Project::new();
    let Some(terminal) = Terminal::open(&project, (80, 24)) else { return };
    terminal.keys(&[&watch(), "Enter"]);
    terminal.until(&["1 done"]);
    project.edit("epochs = 3", "epochs = 3\ndropout = 0.3");
    terminal.until(&["1 done", "top.dropout 0.5 -> 0.3"]);
    project.edit("epochs = 3", "epchs = 3");
    terminal.until(&["1 broken", "epchs = 3", "^^^^^"]);
    project.spec(SPEC);
    terminal.until(&["1 done", "valid again"]);
}

#[test]
fn a_signal_gives_the_terminal_back_too() {
    let project = Project::new();
    let Some(terminal) = Terminal::open(&project, (80, 24)) else { return };
    terminal.keys(&[
        &format!("sh -c 'echo $$ > pid; exec {}'; echo ended with $?", watch().split(';').next().expect("a command")),
        "Enter",
    ]);
    terminal.until(&["1 done"]);
    let pid = std::fs::read_to_string(project.path("pid")).expect("a number");
    assert!(Command::new("kill").args(["-TERM", pid.trim()]).status().expect("kill is here").success());
    terminal.until(&["ended with 130"]);
}
