//! The files that the arguments stand for.

use std::io::{self, BufRead, ErrorKind};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, sync_channel};
use std::time::Duration;

use crate::data::{LoadError, Walk};
use crate::stages::Listed;
use crate::stop::StopToken;

/// Lines that are read ahead of what is done with them.
const AHEAD: usize = 1024;
/// How soon a stop is noticed while no line comes.
const NOTICE: Duration = Duration::from_millis(50);

/// The files that an argument stands for: a list on stdin, all that are in a folder, or itself.
pub(super) fn listed(path: &Path, stop: &StopToken) -> Box<dyn Iterator<Item = Listed>> {
    match path == Path::new("-") {
        true => Box::new(Lines::of_stdin(stop.clone())),
        false => Box::new(Walk::new(path).map(Listed::File)),
    }
}

/// The files on stdin, a path a line, as the lines come.
struct Lines {
    lines: Receiver<io::Result<String>>,
    /// What is in the folder that the last line named.
    walk: Option<Walk>,
    /// It was said that nothing comes for now.
    is_paused: bool,
    stop: StopToken,
}

impl Lines {
    /// A thread reads, for a read that waits cannot be stopped.
    fn of_stdin(stop: StopToken) -> Self {
        let (sender, lines) = sync_channel(AHEAD);
        std::thread::spawn(move || {
            for line in io::stdin().lock().lines() {
                // A line that is no text is one file less; what cannot be read has no end.
                let is_end = line.as_ref().is_err_and(|error| error.kind() != ErrorKind::InvalidData);
                if sender.send(line).is_err() || is_end {
                    break;
                }
            }
        });
        Self { lines, walk: None, is_paused: false, stop }
    }

    /// The next line; none at the end, or once a stop is asked for.
    fn wait(&self) -> Option<io::Result<String>> {
        loop {
            match self.lines.recv_timeout(NOTICE) {
                Ok(line) => return Some(line),
                Err(RecvTimeoutError::Timeout) if !self.stop.is_requested() => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}

impl Iterator for Lines {
    type Item = Listed;

    fn next(&mut self) -> Option<Listed> {
        loop {
            if let Some(file) = self.walk.as_mut().and_then(Iterator::next) {
                return Some(Listed::File(file));
            }
            let line = match self.lines.try_recv() {
                Ok(line) => line,
                Err(TryRecvError::Empty) if !self.is_paused => {
                    self.is_paused = true;
                    return Some(Listed::Pause);
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => self.wait()?,
            };
            self.is_paused = false;
            match line {
                Ok(line) if line.is_empty() => {}
                Ok(line) => self.walk = Some(Walk::new(Path::new(&line))),
                Err(source) => return Some(Listed::File(Err(LoadError::Io { path: "-".into(), source }))),
            }
        }
    }
}
