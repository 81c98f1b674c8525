//! The progress of a download: a bar on a terminal, lines elsewhere.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::text;
use crate::clock::Clock;

/// Redraws a second: smooth to look at, nothing to compute.
const REDRAWS: u8 = 8;
/// At most one line of progress in this time.
const EVERY: Duration = Duration::from_secs(5);

/// Who shows a download.
pub trait Download {
    /// Bytes are to come, after the first `from`; `total` in all, where that is known.
    fn begin(&mut self, from: u64, total: Option<u64>);
    /// So many bytes are here.
    fn at(&mut self, bytes: u64);
    /// Something happened.
    fn say(&mut self, what: &str);
}

/// `torchvision  ━━━━━━━━╸───────  120.5 MiB/527.8 MiB  11.2 MiB/s  36 s left`
pub struct DownloadBar {
    name: String,
    bar: ProgressBar,
}

impl DownloadBar {
    /// A bar on the terminal behind stderr.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), bar: ProgressBar::hidden() }
    }
}

impl Download for DownloadBar {
    fn begin(&mut self, from: u64, total: Option<u64>) {
        self.bar.finish_and_clear();
        let sized = "{prefix}  {bar:30} {binary_bytes}/{binary_total_bytes}  {binary_bytes_per_sec}  {eta} left";
        let template = if total.is_some() { sized } else { "{prefix}  {binary_bytes}  {binary_bytes_per_sec}" };
        let style = ProgressStyle::with_template(template).expect("the template is sound").progress_chars("━╸─");
        let target = ProgressDrawTarget::stderr_with_hz(REDRAWS);
        self.bar = ProgressBar::with_draw_target(total, target).with_style(style).with_prefix(self.name.clone());
        self.bar.set_position(from);
        self.bar.reset_eta();
    }

    fn at(&mut self, bytes: u64) {
        self.bar.set_position(bytes);
    }

    fn say(&mut self, what: &str) {
        self.bar.println(format!("{}: {what}", self.name));
    }
}

impl Drop for DownloadBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A line for everything that matters, and every few seconds.
pub struct DownloadLines<W> {
    name: String,
    out: W,
    clock: Arc<dyn Clock>,
    from: u64,
    total: Option<u64>,
    begun: Duration,
    last_line: Duration,
}

impl<W: Write> DownloadLines<W> {
    /// Lines into `out`.
    pub fn new(name: &str, out: W, clock: &Arc<dyn Clock>) -> Self {
        let now = clock.monotonic();
        let clock = Arc::clone(clock);
        Self { name: name.to_owned(), out, clock, from: 0, total: None, begun: now, last_line: now }
    }

    fn how_far(&self, bytes: u64, elapsed: Duration) -> String {
        let rate = bytes.saturating_sub(self.from) as f64 / elapsed.as_secs_f64();
        let speed = HumanBytes(rate as u64);
        match self.total {
            Some(total) if rate > 0.0 => {
                let left = text::seconds(Duration::from_secs_f64(total.saturating_sub(bytes) as f64 / rate));
                format!("{} of {}, {speed}/s, {left} left", HumanBytes(bytes), HumanBytes(total))
            }
            Some(_) | None => format!("{}, {speed}/s", HumanBytes(bytes)),
        }
    }
}

impl<W: Write> Download for DownloadLines<W> {
    fn begin(&mut self, from: u64, total: Option<u64>) {
        let now = self.clock.monotonic();
        (self.from, self.total, self.begun, self.last_line) = (from, total, now, now);
        let whole = total.map_or("an unknown number of bytes".to_owned(), |total| HumanBytes(total).to_string());
        let already = if from > 0 { format!(", {} are here already", HumanBytes(from)) } else { String::new() };
        self.say(&format!("fetching {whole}{already}"));
    }

    fn at(&mut self, bytes: u64) {
        let now = self.clock.monotonic();
        if now - self.last_line >= EVERY {
            self.last_line = now;
            let line = self.how_far(bytes, now - self.begun);
            self.say(&line);
        }
    }

    fn say(&mut self, what: &str) {
        // Nobody can be told that nobody can be told.
        let _ = writeln!(self.out, "{}: {what}", self.name);
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn lines_tell_size_rate_and_time_left_every_few_seconds() {
        let manual = Arc::new(ManualClock::new(SystemTime::UNIX_EPOCH));
        let clock: Arc<dyn Clock> = manual.clone();
        let mut out = Vec::new();
        let mut lines = DownloadLines::new("timm", &mut out, &clock);
        lines.begin(1 << 20, Some(21 << 20));
        for mebibytes in [3, 6, 11] {
            manual.advance(Duration::from_secs(3));
            lines.at(mebibytes << 20);
        }
        drop(lines);
        assert_eq!(
            String::from_utf8(out).expect("lines are text"),
            "timm: fetching 21.00 MiB, 1.00 MiB are here already\n\
             timm: 6.00 MiB of 21.00 MiB, 853.33 KiB/s, 18.0 s left\n"
        );
    }
}
