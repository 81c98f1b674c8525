//! Events as sentences, for lines and bars alike.

use std::time::Duration;

use crate::event::{EpochMetrics, Event, Stage, Unit, Warning};

/// The sentence for an event; none for those that are progress only.
pub(in crate::report) fn sentence(event: &Event) -> Option<String> {
    Some(match event {
        Event::RunBegan { name, id, resumed, .. } => format!("{name} {id}{}", if *resumed { ": going on" } else { "" }),
        Event::StageCached { stage, found } => format!("{stage}: cached, {}", counted(*stage, *found)),
        Event::StageBegan { stage, unit, total, done, because, .. } => began(*stage, (*done, *total, *unit), because),
        Event::EpochEnded { stage, metrics } => format!("  {stage} epoch {}: {}", metrics.epoch, measured(metrics)),
        Event::StageEnded { stage, elapsed, stopped_early } => {
            let early = if *stopped_early { ", stopped early" } else { "" };
            format!("{stage}: done in {}{early}", seconds(*elapsed))
        }
        Event::Waiting { holder, .. } => {
            let who = holder.map_or("another process".to_owned(), |pid| format!("process {pid}"));
            format!("waiting for {who}, which is computing the same")
        }
        Event::RunEnded { name, id, val_accuracy, best_val_accuracy, elapsed, .. } => format!(
            "{name} {id}: done in {}, val_accuracy {val_accuracy:.4} (best {best_val_accuracy:.4})",
            seconds(*elapsed)
        ),
        Event::AlreadyDone { name, id, val_accuracy, best_val_accuracy, .. } => format!(
            "{name} {id}: already done, nothing to compute; val_accuracy {val_accuracy:.4} (best {best_val_accuracy:.4})"
        ),
        Event::RunInterrupted { name, id, stage } => {
            format!("{name} {id}: interrupted during {stage}; everything done is saved, `run` goes on")
        }
        Event::Warned { warning } => format!("warning: {}", warned(warning)),
        Event::Progress { .. } => return None,
    })
}

/// Whether an event is worth a line even to who asked for quiet.
pub(super) fn is_important(event: &Event) -> bool {
    matches!(event, Event::Warned { .. } | Event::RunInterrupted { .. })
}

/// What progress counts, in words.
pub(super) fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Images => "images",
        Unit::Samples => "samples",
    }
}

/// `loss 0.1, accuracy 0.9, ...`
pub(super) fn measured(metrics: &EpochMetrics) -> String {
    let EpochMetrics { loss, accuracy, val_loss, val_accuracy, .. } = metrics;
    format!("loss {loss:.4}, accuracy {accuracy:.4}, val_loss {val_loss:.4}, val_accuracy {val_accuracy:.4}")
}

/// How long something took, or will take: `12.3 s`, `4 min 05 s`, `2 h 07 min`.
pub(in crate::report) fn seconds(time: Duration) -> String {
    let whole = time.as_secs();
    match whole {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        3600.. => format!("{} h {:02} min", whole / 3600, whole / 60 % 60),
    }
}

fn counted(stage: Stage, count: u64) -> String {
    let one = match stage {
        Stage::Bottleneck => "image",
        Stage::Top | Stage::FineTune => "epoch",
    };
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

fn began(stage: Stage, (done, total, of): (u64, u64, Unit), because: &[String]) -> String {
    let why = if because.is_empty() { String::new() } else { format!(" ({})", because.join(", ")) };
    let from = if done > 0 { format!(", {done} of {total} {} are stored", unit(of)) } else { String::new() };
    format!("{stage}: running{why}{from}")
}

fn warned(warning: &Warning) -> String {
    match warning {
        Warning::SkippedImage { path, problem } => format!("skipped `{}`: {problem}", path.display()),
        Warning::Leak { pairs, count } => format!("{count} images are in both folders, {pairs:?} among them"),
        Warning::DamagedCache { problem } | Warning::Notice { text: problem } => problem.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_unit_that_fits() {
        let told = [0.25, 59.9, 60.0, 245.0, 7620.0].map(|time| seconds(Duration::from_secs_f64(time)));
        assert_eq!(told, ["0.2 s", "59.9 s", "1 min 00 s", "4 min 05 s", "2 h 07 min"]);
    }

    #[test]
    fn a_stage_says_why_it_runs_and_from_where() {
        let event = Event::StageBegan {
            stage: Stage::Bottleneck,
            unit: Unit::Images,
            total: 240,
            done: 16,
            epochs: 0,
            because: vec!["data.target_size 96 -> 64".to_owned()],
        };
        let told = sentence(&event).expect("a sentence");
        assert_eq!(told, "bottleneck: running (data.target_size 96 -> 64), 16 of 240 images are stored");
    }
}
