//! From bursts of events to single changes: a path is ready once nothing has happened to it for a while.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a path must be quiet. Editors write, sync and rename within some milliseconds; what a user feels as
/// "at once" is about 100.
pub const QUIET: Duration = Duration::from_millis(80);

/// How long a file that is open for writing must be quiet, where the system tells when it is closed: whoever writes slowly is
/// waited for, but not for ever.
pub const QUIET_OPEN: Duration = Duration::from_secs(1);

/// How long a folder of images must be quiet: copies of many files come with pauses.
pub const QUIET_DATA: Duration = Duration::from_millis(600);

/// What an event says about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It is being written, and the system will tell when it is closed.
    Writing,
    /// What happened has happened.
    Over,
    /// Its attributes changed, and not its contents.
    Attributes,
}

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

    /// Something happened to a file, which is ready once it has been quiet for as long as what happened asks for.
    pub fn note(&mut self, path: &Path, now: Duration, phase: Phase) {
        match phase {
            Phase::Writing => self.touch(path, now, QUIET_OPEN),
            Phase::Over => self.touch(path, now, QUIET),
            Phase::Attributes if self.waiting.contains_key(path) => {}
            Phase::Attributes => self.touch(path, now, QUIET),
        }
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

    use Phase::{Attributes, Over, Writing};

    /// Milliseconds, names and what happened, to the times at which each name is handed out.
    fn play(events: &[(u64, &str, Phase)]) -> Vec<(u64, String)> {
        let mut settle = Settle::new();
        let mut handed = Vec::new();
        for now in 0..3000 {
            let time = Duration::from_millis(now);
            let present = events.iter().filter(|(at, ..)| *at == now);
            present.for_each(|(_, name, phase)| settle.note(Path::new(name), time, *phase));
            let ready = settle.ready(time);
            handed.extend(ready.into_iter().map(|path| (now, path.display().to_string())));
        }
        handed
    }

    /// When `a.toml` is handed out.
    fn changes(events: &[(u64, &str, Phase)]) -> Vec<u64> {
        play(events).into_iter().filter(|(_, name)| name == "a.toml").map(|(at, _)| at).collect()
    }

    // The sequences below are those of inotify on Linux, as recorded while each editor saved a file.

    #[test]
    fn vs_code_writes_in_place_and_makes_one_change() {
        assert_eq!(changes(&[(10, "a.toml", Writing), (11, "a.toml", Writing), (12, "a.toml", Over)]), [92]);
    }

    #[test]
    fn vim_touches_the_file_after_closing_it_and_makes_one_change() {
        let swap = ".a.toml.swp";
        let saved = [(0, swap, Writing), (2, "a.toml", Writing), (2, "a.toml", Writing), (3, "a.toml", Attributes)];
        let closed =
            [(4, "a.toml", Over), (4, "a.toml", Attributes), (5, swap, Writing), (6, swap, Over), (6, swap, Over)];
        assert_eq!(changes(&[saved.as_slice(), closed.as_slice()].concat()), [84]);
    }

    #[test]
    fn vim_that_renames_a_backup_makes_one_change() {
        let aside =
            [(0, "4913", Writing), (0, "4913", Over), (1, "4913", Over), (2, "a.toml", Over), (2, "a.toml~", Over)];
        let written = [(3, "a.toml", Writing), (4, "a.toml", Writing), (5, "a.toml", Over), (6, "a.toml~", Over)];
        assert_eq!(changes(&[aside.as_slice(), written.as_slice()].concat()), [85]);
    }

    #[test]
    fn sed_in_place_makes_one_change() {
        let other = "seddtnaBZ";
        let aside = [(0, other, Writing), (0, other, Attributes), (1, other, Writing), (1, other, Over)];
        let moved = [(2, other, Over), (2, "a.toml", Over)];
        assert_eq!(changes(&[aside.as_slice(), moved.as_slice()].concat()), [82]);
    }

    #[test]
    fn jetbrains_swaps_three_files_and_makes_one_change() {
        let (new, old) = ("a.toml___jb_tmp___", "a.toml___jb_old___");
        let written = [(0, new, Writing), (1, new, Writing), (2, new, Over), (5, "a.toml", Over), (5, old, Over)];
        let moved = [(9, new, Over), (9, "a.toml", Over), (12, old, Over)];
        assert_eq!(changes(&[written.as_slice(), moved.as_slice()].concat()), [89]);
    }

    #[test]
    fn a_burst_of_saves_is_one_change_once_it_is_over() {
        let burst: Vec<(u64, &str, Phase)> = (0..200).map(|save| (save * 5, "a.toml", Over)).collect();
        assert_eq!(changes(&burst), [995 + 80]);
    }

    #[test]
    fn a_file_that_is_still_being_written_is_waited_for_until_it_is_closed() {
        let slow =
            [(0, "a.toml", Writing), (700, "a.toml", Writing), (1400, "a.toml", Writing), (1500, "a.toml", Over)];
        assert_eq!(changes(&slow), [1580]);
    }

    #[test]
    fn a_file_that_nobody_closes_is_looked_at_in_the_end() {
        assert_eq!(changes(&[(0, "a.toml", Writing)]), [1000]);
    }

    #[test]
    fn two_saves_with_a_pause_are_two_changes() {
        assert_eq!(changes(&[(0, "a.toml", Over), (500, "a.toml", Over)]), [80, 580]);
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
