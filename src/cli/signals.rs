//! Ctrl-C and SIGTERM: the first asks for a stop, the second ends the process at once.

use std::io::Write;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::exit::Exit;
use crate::stop::StopToken;

/// A token that the first Ctrl-C or SIGTERM asks to stop. The second ends the process at once.
pub fn stop_on_signals() -> std::io::Result<StopToken> {
    let stop = StopToken::new();
    let asked = stop.clone();
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if asked.is_requested() {
                std::process::exit(i32::from(Exit::Interrupted as u8));
            }
            asked.request();
            // The terminal may be gone: then nobody reads this, and the work stops all the same.
            let _ = writeln!(std::io::stderr(), "stopping after this batch; once more stops at once");
        }
    });
    Ok(stop)
}
