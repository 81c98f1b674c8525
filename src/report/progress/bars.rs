//! Progress as a bar on a terminal, with the rate, the time left and the last epoch's metrics.

use std::sync::{Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::text;
use crate::event::{Event, Reporter};

/// Redraws a second: smooth to look at, nothing to compute.
const REDRAWS: u8 = 8;

/// One bar for the stage at work; what is finished scrolls by above it.
pub struct Bars {
    coloured: bool,
    screen: MultiProgress,
    bar: Mutex<ProgressBar>,
}

impl Bars {
    /// Bars on the terminal behind stderr.
    pub fn new(coloured: bool) -> Self {
        let screen = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(REDRAWS));
        Self { coloured, screen, bar: Mutex::new(ProgressBar::hidden()) }
    }

    /// A line above the bar, or where the bar was.
    fn say(&self, event: &Event) {
        if let Some(line) = text::sentence(event) {
            // Nobody can be told that nobody can be told.
            let _ = self.screen.println(line);
        }
    }

    fn begin(&self, name: &str, total: u64, done: u64) -> ProgressBar {
        let bar = self.screen.add(ProgressBar::new(total));
        bar.set_style(style(self.coloured));
        bar.set_prefix(name.to_owned());
        bar.set_position(done);
        bar.reset_eta();
        bar
    }
}

/// `top  ━━━━━━━━━━╸         12,000/100,000  6,800/s  13.0 s left  val_accuracy 0.89`
fn style(coloured: bool) -> ProgressStyle {
    let bar = if coloured { "{bar:30.cyan/black.bright}" } else { "{bar:30}" };
    let template = format!("{{prefix:10}} {bar} {{human_pos}}/{{human_len}}  {{rate}}  {{left}} left  {{wide_msg}}");
    ProgressStyle::with_template(&template)
        .expect("the template is sound")
        .with_key("rate", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = write!(out, "{:.1}/s", state.per_sec());
        })
        .with_key("left", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = write!(out, "{}", text::seconds(state.eta()));
        })
        .progress_chars("━╸─")
}

impl Reporter for Bars {
    fn event(&self, event: &Event) {
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Progress { done, .. } => bar.set_position(*done),
            Event::EpochEnded { metrics, .. } => {
                bar.set_message(format!("epoch {}: {}", metrics.epoch, text::measured(metrics)));
            }
            Event::StageBegan { stage, total, done, .. } => {
                bar.finish_and_clear();
                self.say(event);
                *bar = self.begin(stage.name(), *total, *done);
            }
            Event::StageEnded { .. } | Event::RunInterrupted { .. } => {
                bar.finish_and_clear();
                self.say(event);
            }
            _ => self.say(event),
        }
    }
}
