//! Progress as plain lines on stderr, with rates and the time left.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::event::{Event, Reporter, Stage, Unit, Warning};

/// At most one line of progress in this time.
const EVERY: Duration = Duration::from_secs(5);

/// A line for everything that matters.
pub struct Lines {
    clock: Arc<dyn Clock>,
    quiet: bool,
    work: Mutex<Option<Work>>,
}

/// The stage at work.
struct Work {
    unit: Unit,
    total: u64,
    at_start: u64,
    begun: Duration,
    last_line: Duration,
}

impl Lines {
    pub fn new(clock: &Arc<dyn Clock>, quiet: bool) -> Self {
        Self { clock: Arc::clone(clock), quiet, work: Mutex::new(None) }
    }

    fn say(&self, line: &str) {
        if !self.quiet {
            eprintln!("{line}");
        }
    }

    fn begin(&self, unit: Unit, total: u64, done: u64) {
        let now = self.clock.monotonic();
        *self.work.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Work { unit, total, at_start: done, begun: now, last_line: now });
    }

    fn progress(&self, stage: Stage, done: u64) {
        let now = self.clock.monotonic();
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(work) = work.as_mut().filter(|work| now - work.last_line >= EVERY) else { return };
        work.last_line = now;
        let rate = (done - work.at_start) as f64 / (now - work.begun).as_secs_f64();
        let left = (work.total.saturating_sub(done)) as f64 / rate;
        let unit = match work.unit {
            Unit::Images => "images",
            Unit::Samples => "samples",
        };
        self.say(&format!("  {stage}: {done} of {} {unit}, {rate:.1} {unit}/s, {left:.0} s left", work.total));
    }
}

impl Reporter for Lines {
    fn event(&self, event: &Event) {
        match event {
            Event::RunBegan { name, id, resumed, .. } => {
                self.say(&format!("{name} {id}{}", if *resumed { ": going on" } else { "" }));
            }
            Event::StageCached { stage, found } => self.say(&format!("{stage}: cached ({found})")),
            Event::StageBegan { stage, unit, total, done, because, .. } => {
                self.begin(*unit, *total, *done);
                let why = if because.is_empty() { String::new() } else { format!(" ({})", because.join(", ")) };
                let from = if *done > 0 { format!(", {done} of {total} are there") } else { String::new() };
                self.say(&format!("{stage}: running{why}{from}"));
            }
            Event::Progress { stage, done } => self.progress(*stage, *done),
            Event::EpochEnded { stage, metrics } => self.say(&format!(
                "  {stage} epoch {}: loss {:.4}, accuracy {:.4}, val_loss {:.4}, val_accuracy {:.4}",
                metrics.epoch, metrics.loss, metrics.accuracy, metrics.val_loss, metrics.val_accuracy
            )),
            Event::StageEnded { stage, elapsed, stopped_early } => {
                let early = if *stopped_early { ", stopped early" } else { "" };
                self.say(&format!("{stage}: done in {:.1} s{early}", elapsed.as_secs_f64()));
            }
            Event::Waiting { holder, .. } => {
                let who = holder.map_or("another process".to_owned(), |pid| format!("process {pid}"));
                self.say(&format!("waiting for {who}, which is computing the same"));
            }
            Event::Warned { warning } => eprintln!("warning: {}", text(warning)),
            Event::RunEnded { name, id, val_accuracy, best_val_accuracy, elapsed, .. } => self.say(&format!(
                "{name} {id}: done in {:.1} s, val_accuracy {val_accuracy:.4} (best {best_val_accuracy:.4})",
                elapsed.as_secs_f64()
            )),
            Event::AlreadyDone { name, id, val_accuracy, best_val_accuracy, .. } => self.say(&format!(
                "{name} {id}: already done, nothing to compute; val_accuracy {val_accuracy:.4} (best {best_val_accuracy:.4})"
            )),
            Event::RunInterrupted { name, id, stage } => {
                eprintln!("{name} {id}: interrupted during {stage}; everything done is saved, `run` goes on");
            }
        }
    }
}

fn text(warning: &Warning) -> String {
    match warning {
        Warning::SkippedImage { path, problem } => format!("skipped `{}`: {problem}", path.display()),
        Warning::Leak { pairs, count } => format!("{count} images are in both folders, {pairs:?} among them"),
        Warning::DamagedCache { problem } | Warning::Notice { text: problem } => problem.clone(),
    }
}
