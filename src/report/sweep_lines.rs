//! A sweep, told in lines.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use super::progress::{seconds, sentence};
use crate::event::Event;
use crate::sweep::{PointRun, SweepEvent, SweepReporter};

/// What is worth a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Warnings and failures.
    Failures,
    /// Every point that ended, and what all of them share.
    Points,
    /// Also every stage and epoch of the points.
    Epochs,
}

/// A sweep as lines of text.
pub struct SweepLines<W> {
    out: Mutex<W>,
    objective: String,
    detail: Detail,
}

impl<W: Write + Send> SweepLines<W> {
    /// Lines into `out`.
    pub fn new(out: W, objective: &str, detail: Detail) -> Self {
        Self { out: Mutex::new(out), objective: objective.to_owned(), detail }
    }

    fn line(&self, event: &SweepEvent) -> Option<String> {
        match self.detail {
            Detail::Failures => line(event, &self.objective).filter(|_| is_important(event)),
            Detail::Points => line(event, &self.objective),
            Detail::Epochs => line(event, &self.objective).or_else(|| within(event)),
        }
    }
}

impl<W: Write + Send> SweepReporter for SweepLines<W> {
    fn event(&self, event: &SweepEvent) {
        if let Some(line) = self.line(event) {
            let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
            // Nobody can be told that nobody can be told.
            let _ = writeln!(out, "{line}");
        }
    }
}

/// Whether an event is worth a line even to who asked for quiet.
fn is_important(event: &SweepEvent) -> bool {
    match event {
        SweepEvent::Run { event: Event::Warned { .. }, .. } => true,
        SweepEvent::Ended { error, .. } => error.is_some(),
        SweepEvent::Frozen { .. } | SweepEvent::Sharing { .. } | SweepEvent::Began { .. } | SweepEvent::Run { .. } => {
            false
        }
        SweepEvent::Submitted { .. } | SweepEvent::Finished { .. } => false,
    }
}

/// The line for what happens within a point.
fn within(event: &SweepEvent) -> Option<String> {
    match event {
        SweepEvent::Began { run } => Some(format!("{} ({}): running", name(run), run.values)),
        SweepEvent::Run { run: Some(_), event } => Some(format!("  {}", sentence(event)?)),
        SweepEvent::Run { run: None, .. }
        | SweepEvent::Frozen { .. }
        | SweepEvent::Sharing { .. }
        | SweepEvent::Ended { .. }
        | SweepEvent::Submitted { .. }
        | SweepEvent::Finished { .. } => None,
    }
}

/// The line for an event; none for those that are progress only.
pub(super) fn line(event: &SweepEvent, objective: &str) -> Option<String> {
    Some(match event {
        SweepEvent::Frozen { name, id, points, runs, done, .. } => {
            let runs = if runs == points { String::new() } else { format!(", {runs} runs") };
            format!("{name} sweep {id}: {points} points{runs}, {done} done")
        }
        SweepEvent::Sharing { what, runs: 1 } => format!("{what}: once"),
        SweepEvent::Sharing { what, runs } => format!("{what}: once for {runs} runs"),
        SweepEvent::Run { run: None, event: Event::Progress { .. } | Event::EpochEnded { .. } } => return None,
        SweepEvent::Run { run: None, event } => format!("  {}", sentence(event)?.trim_start()),
        SweepEvent::Run { run: Some(run), event: event @ Event::Warned { .. } } => {
            format!("{}: {}", name(run), sentence(event)?)
        }
        SweepEvent::Submitted { job, name, runs: 1 } => format!("submitted job {job}: {name}"),
        SweepEvent::Submitted { job, name, runs } => format!("submitted job {job}: {name}, an array of {runs}"),
        SweepEvent::Finished { path } => format!("results are in {}", path.display()),
        SweepEvent::Began { .. } | SweepEvent::Run { .. } => return None,
        SweepEvent::Ended { run, state, value, error, elapsed, progress: (done, all), best } => {
            let reached = value.map_or(String::new(), |value| format!(", {objective} {value:.4}"));
            let best = best.as_ref().map_or(String::new(), |(run, value)| format!(", best {value:.4} ({})", name(run)));
            let why = error.as_ref().map_or(String::new(), |why| format!("\n{}", why.trim_end()));
            let values = &run.values;
            format!(
                "{} ({values}): {state} in {}{reached}; {done} of {all} done{best}{why}",
                name(run),
                seconds(*elapsed)
            )
        }
    })
}

/// `point 3`, with its seed where there are several.
pub(super) fn name(run: &PointRun) -> String {
    match run.repeats {
        1 => format!("point {}", run.point),
        _ => format!("point {} seed {}", run.point, run.seed),
    }
}
