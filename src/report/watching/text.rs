//! Events of a watched folder as sentences, for lines and screen alike.

use std::path::{Path, PathBuf};

use crate::event::Event;
use crate::report::{progress, sweep_lines};
use crate::sweep::SweepEvent;
use crate::watch::WatchEvent;

/// So many names of a queue are told.
const NAMES: usize = 6;

/// An experiment file's name for people, as it lies in the watched folder.
pub(super) fn name(file: &Path, folder: &Path) -> String {
    file.strip_prefix(folder).unwrap_or(file).with_extension("").display().to_string()
}

/// The sentence for an event, without the experiment's name; none for what is of no interest to people.
pub(super) fn sentence(event: &WatchEvent, folder: &Path) -> Option<String> {
    Some(match event {
        WatchEvent::Watching { folder, experiments, polling } => {
            let how = polling.map(|seconds| format!(", polling every {seconds} s")).unwrap_or_default();
            format!("watching `{}`: {}{how}", folder.display(), counted(*experiments))
        }
        WatchEvent::Polling { why } => format!("no file events from the system ({why}): polling instead"),
        WatchEvent::Lost { folder } => format!("`{}` is gone: waiting for it", folder.display()),
        WatchEvent::Back { folder } => format!("looking at all of `{}` anew", folder.display()),
        WatchEvent::Run { event: Event::Progress { .. } | Event::RunBegan { resumed: false, .. }, .. } => return None,
        WatchEvent::Run { event, .. } => of_run(event)?,
        WatchEvent::Sweep { objective, event, .. } => of_sweep(event, objective)?,
        WatchEvent::Found { .. } | WatchEvent::Started { .. } | WatchEvent::Ended { .. } => return None,
        WatchEvent::Unchanged { .. } => "unchanged".to_owned(),
        WatchEvent::Changed { changes, data, .. } => changed(changes, *data),
        WatchEvent::Planned { changes, cached, run, .. } => planned(changes, cached, run),
        WatchEvent::Broken { problems, .. } => format!("not valid, its last good run stays\n{}", problems.trim_end()),
        WatchEvent::Mended { .. } => "valid again".to_owned(),
        WatchEvent::Queued { queue, .. } => format!("queued ({})", names(queue, folder)),
        WatchEvent::Queue { waiting } => format!("{} wait: {}", waiting.len(), names(waiting, folder)),
        WatchEvent::Withdrawn { .. } => "taken out of the queue".to_owned(),
        WatchEvent::Stopping { why, .. } => format!("stopping, {why}"),
        WatchEvent::Skipped { .. } => "is running, this change is left for the next save".to_owned(),
        WatchEvent::Removed { .. } => "removed".to_owned(),
        WatchEvent::Failed { error, .. } => error.trim_end().to_owned(),
    })
}

/// The sentence of a run, which need not say again whose run it is.
fn of_run(event: &Event) -> Option<String> {
    let text = progress::sentence(event)?;
    let named = match event {
        Event::RunBegan { name, .. }
        | Event::RunEnded { name, .. }
        | Event::AlreadyDone { name, .. }
        | Event::RunInterrupted { name, .. } => text.strip_prefix(name.as_str()),
        _ => None,
    };
    Some(named.unwrap_or(&text).trim_start().to_owned())
}

/// The sentence of a sweep, which need not say again whose sweep it is.
fn of_sweep(event: &SweepEvent, objective: &str) -> Option<String> {
    let text = sweep_lines::line(event, objective)?;
    let named = if let SweepEvent::Frozen { name, .. } = event { text.strip_prefix(name.as_str()) } else { None };
    Some(named.unwrap_or(&text).trim_start().to_owned())
}

fn counted(experiments: usize) -> String {
    if experiments == 1 { "1 experiment".to_owned() } else { format!("{experiments} experiments") }
}

/// `a, b, c and 12 more`
fn names(files: &[PathBuf], folder: &Path) -> String {
    let told: Vec<String> = files.iter().take(NAMES).map(|file| name(file, folder)).collect();
    match files.len().saturating_sub(NAMES) {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}

/// `top.dropout 0.5 -> 0.3`, or what else is new.
fn changed(changes: &[String], data: bool) -> String {
    match (changes.is_empty(), data) {
        (false, _) => changes.join(", "),
        (true, true) => "its images changed".to_owned(),
        (true, false) => "new".to_owned(),
    }
}

/// `top.dropout 0.5 -> 0.3: bottleneck cached, top, fine_tune run`
fn planned(changes: &[String], cached: &[String], run: &[String]) -> String {
    let part = |stages: &[String], what: &str| (!stages.is_empty()).then(|| format!("{} {what}", stages.join(", ")));
    let stages = [part(cached, "cached"), part(run, "run")].into_iter().flatten().collect::<Vec<_>>().join(", ");
    if changes.is_empty() { stages } else { format!("{}: {stages}", changes.join(", ")) }
}
