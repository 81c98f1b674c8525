//! From bursts of events to single changes: a path is ready once nothing has happened to it for a while.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a path must be quiet. Editors write, sync and rename within some milliseconds; what a user feels as
/// "at once" is about 100.
pub const QUIET: Duration = Duration::from_millis(80);

/// How long a folder of images must be quiet: copies of many files come with pauses.
pub const QUIET_DATA: Duration = Duration::from_millis(600);

/// Paths that something has happened to, and when. Times are those of one monotonic clock.
#[derive(Debug, Default)]
pub struct Settle {
    waiting: BTreeMap<PathBuf, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    last: Duration,
    quiet: Duration,
}

impl Settle {
    /// Nothing has happened yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Something happened to a path, which is ready once it has been quiet for so long.
    pub fn touch(&mut self, path: &Path, now: Duration, quiet: Duration) {
        self.waiting.insert(path.to_owned(), Waiting { last: now, quiet });
    }

    /// Takes the paths that have been quiet for long enough, in the order of their names.
    pub fn ready(&mut self, now: Duration) -> Vec<PathBuf> {
        let is_ready = |waiting: &Waiting| now.saturating_sub(waiting.last) >= waiting.quiet;
        let ready: Vec<PathBuf> =
            self.waiting.iter().filter(|(_, waiting)| is_ready(waiting)).map(|(path, _)| path.clone()).collect();
        self.waiting.retain(|_, waiting| !is_ready(waiting));
        ready
    }

    /// How long until the next path can be ready; none if nothing waits.
    pub fn next(&self, now: Duration) -> Option<Duration> {
        self.waiting.values().map(|waiting| (waiting.last + waiting.quiet).saturating_sub(now)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds and names, as editors make them, to the times at which each name is handed out.
    fn play(events: &[(u64, &str)]) -> Vec<(u64, String)> {
        let mut settle = Settle::new();
        let mut handed = Vec::new();
        for now in 0..3000 {
            let time = Duration::from_millis(now);
            events.iter().filter(|(at, _)| *at == now).for_each(|(_, name)| settle.touch(Path::new(name), time, QUIET));
            let ready = settle.ready(time);
            handed.extend(ready.into_iter().map(|path| (now, path.display().to_string())));
        }
        handed
    }

    #[test]
    fn a_plain_save_is_one_change_after_the_quiet_time() {
        assert_eq!(play(&[(10, "a.toml"), (11, "a.toml"), (12, "a.toml")]), [(92, "a.toml".to_owned())]);
    }

    #[test]
    fn vims_backup_and_rename_is_one_change_of_the_file() {
        let handed = play(&[
            (0, "4913"),
            (1, "4913"),
            (2, "a.toml"),
            (2, "a.toml~"),
            (4, "a.toml"),
            (5, "a.toml"),
            (6, "a.toml~"),
        ]);
        assert_eq!(handed.iter().filter(|(_, name)| name == "a.toml").count(), 1);
    }

    #[test]
    fn a_burst_of_saves_is_one_change_once_it_is_over() {
        let burst: Vec<(u64, &str)> = (0..200).map(|save| (save * 5, "a.toml")).collect();
        assert_eq!(play(&burst), [(995 + 80, "a.toml".to_owned())]);
    }

    #[test]
    fn two_saves_with_a_pause_are_two_changes() {
        assert_eq!(play(&[(0, "a.toml"), (500, "a.toml")]).len(), 2);
    }

    #[test]
    fn the_next_deadline_is_that_of_the_path_that_is_ready_first() {
        let mut settle = Settle::new();
        settle.touch(Path::new("data"), Duration::ZERO, QUIET_DATA);
        settle.touch(Path::new("a.toml"), Duration::from_millis(10), QUIET);
        assert_eq!(settle.next(Duration::from_millis(20)), Some(Duration::from_millis(70)));
        assert_eq!(Settle::new().next(Duration::ZERO), None);
    }
}
