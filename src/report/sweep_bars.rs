//! A sweep on a terminal: a bar for all of it with the best so far, and one for each point at work.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::sweep_lines::{line, name};
use crate::event::Event;
use crate::sweep::{PointRun, SweepEvent, SweepReporter};

/// Redraws a second: smooth to look at, nothing to compute.
const REDRAWS: u8 = 8;

/// Bars for a sweep and the points at work; what is finished scrolls by above them.
pub struct SweepBars {
    objective: String,
    coloured: bool,
    screen: MultiProgress,
    bars: Mutex<BTreeMap<Place, ProgressBar>>,
}

/// Where a bar stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Sweep,
    Shared,
    Run(u32, u64),
}

impl SweepBars {
    /// Bars on the terminal behind stderr.
    pub fn new(objective: &str, coloured: bool) -> Self {
        let screen = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(REDRAWS));
        Self { objective: objective.to_owned(), coloured, screen, bars: Mutex::default() }
    }

    fn add(&self, name: String) -> ProgressBar {
        let bar = self.screen.add(ProgressBar::new(0));
        let drawn = if self.coloured { "{bar:24.cyan/black.bright}" } else { "{bar:24}" };
        let style =
            ProgressStyle::with_template(&format!("{{prefix:16}} {drawn} {{human_pos}}/{{human_len}}  {{wide_msg}}"));
        bar.set_style(style.expect("the template is sound").progress_chars("━╸─"));
        bar.set_prefix(name);
        bar
    }

    /// What happens within a run, or in shared work.
    fn within(&self, bars: &mut BTreeMap<Place, ProgressBar>, run: Option<&PointRun>, event: &Event) {
        let place = run.map_or(Place::Shared, place);
        let bar = bars.entry(place).or_insert_with(|| self.add(run.map_or("shared work".to_owned(), name)));
        match event {
            Event::StageBegan { stage, total, done, .. } => {
                bar.set_length(*total);
                bar.set_position(*done);
                bar.set_message(stage.name());
            }
            Event::Progress { done, .. } => bar.set_position(*done),
            Event::EpochEnded { stage, metrics } => {
                let told = format!("{stage} epoch {}: val_accuracy {:.4}", metrics.epoch, metrics.val_accuracy);
                bar.set_message(told);
            }
            Event::RunBegan { .. }
            | Event::StageCached { .. }
            | Event::StageEnded { .. }
            | Event::Waiting { .. }
            | Event::Warned { .. }
            | Event::RunEnded { .. }
            | Event::AlreadyDone { .. }
            | Event::RunInterrupted { .. } => {}
        }
    }
}

fn place(run: &PointRun) -> Place {
    Place::Run(run.point, run.seed)
}

impl SweepReporter for SweepBars {
    fn event(&self, event: &SweepEvent) {
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = line(event, &self.objective) {
            // Nobody can be told that nobody can be told.
            let _ = self.screen.println(line);
        }
        match event {
            SweepEvent::Frozen { runs, done, .. } => {
                let bar = bars.entry(Place::Sweep).or_insert_with(|| self.add("sweep".to_owned()));
                bar.set_length(*runs);
                bar.set_position(*done);
            }
            SweepEvent::Sharing { .. } | SweepEvent::Submitted { .. } => {}
            SweepEvent::Finished { .. } => {
                bars.values().for_each(ProgressBar::finish_and_clear);
                bars.clear();
            }
            SweepEvent::Began { run } => {
                if let Some(shared) = bars.remove(&Place::Shared) {
                    shared.finish_and_clear();
                }
                bars.entry(place(run)).or_insert_with(|| self.add(name(run)));
            }
            SweepEvent::Run { run, event } => self.within(&mut bars, run.as_ref(), event),
            SweepEvent::Ended { run, progress, best, .. } => {
                if let Some(bar) = bars.remove(&place(run)) {
                    bar.finish_and_clear();
                }
                if let Some(bar) = bars.get(&Place::Sweep) {
                    bar.set_length(progress.1);
                    bar.set_position(progress.0);
                    if let Some((run, value)) = best {
                        bar.set_message(format!("best {value:.4}: {} ({})", name(run), run.values));
                    }
                }
            }
        }
    }
}
