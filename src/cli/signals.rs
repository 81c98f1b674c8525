//! Ctrl-C and SIGTERM: the first asks for a stop, the second ends the process at once.

use std::io::Write;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::exit::Exit;
use crate::stop::StopToken;

/// What a signal leads to besides the stop.
pub struct Heed {
    /// Says that a stop is on its way.
    pub asked: Box<dyn Fn() + Send>,
    /// The process ends right after.
    pub ending: Box<dyn Fn() + Send>,
}

impl Default for Heed {
    /// A line to stderr.
    fn default() -> Self {
        // The terminal may be gone: then nobody reads this, and the work stops all the same.
        let told = || drop(writeln!(std::io::stderr(), "stopping after this batch; once more stops at once"));
        let asked = Box::new(told);
        Self { asked, ending: Box::new(|| {}) }
    }
}

/// A token that the first Ctrl-C or SIGTERM asks to stop. The second ends the process at once.
pub fn stop_on_signals() -> std::io::Result<StopToken> {
    let stop = StopToken::new();
    heed_signals(&stop, Heed::default()).map(|()| stop)
}

/// Lets the first Ctrl-C or SIGTERM ask for a stop, and the second end the process at once.
pub fn heed_signals(stop: &StopToken, heed: Heed) -> std::io::Result<()> {
    let asked = stop.clone();
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if asked.is_requested() {
                (heed.ending)();
                std::process::exit(i32::from(Exit::Interrupted as u8));
            }
            // Said first: once it is asked to, the process may end before another word.
            (heed.asked)();
            asked.request();
        }
    });
    Ok(())
}
