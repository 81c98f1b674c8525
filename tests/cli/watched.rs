//! A `frostline watch` at work, and what it tells.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use serde_json::Value;

use crate::project::Project;

/// A `watch --format json` at work; killed when dropped.
pub struct Watch {
    pub child: Child,
    /// What it tells, and when that came.
    pub events: Receiver<(Instant, Value)>,
}

impl Watch {
    pub fn start(project: &Project, arguments: &[&str]) -> Self {
        let mut command = project.command(&[&["watch", "experiments", "--format", "json"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary starts");
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, events) = channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).expect("every line is a JSON object");
                if sender.send((Instant::now(), event)).is_err() {
                    return;
                }
            }
        });
        Self { child, events }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
