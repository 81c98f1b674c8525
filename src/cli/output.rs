//! What the command line prints: data to stdout, everything else to stderr.
//!
//! The standard macros panic where nobody reads, as `frostline ls | head -1` has it. Within the command line their names stand for
//! these, which do not: a reader that has gone away has read enough, and the work goes on.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::sync::{Mutex, PoisonError};

use super::exit::Exit;
use super::failure::Failure;

/// Why data were lost, the first time that they were.
static LOST: Mutex<Option<io::Error>> = Mutex::new(None);

/// Whether somebody reads what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    Here,
    Gone,
}

/// Writes to stdout. What cannot be written for another reason than that nobody reads it, [`lost`] tells in the end.
pub fn data(bytes: &[u8]) -> Reader {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Reader::Here,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Reader::Gone,
        Err(error) => {
            LOST.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            Reader::Here
        }
    }
}

/// As [`data`], for text.
pub fn text(text: Arguments<'_>) {
    data(text.to_string().as_bytes());
}

/// Writes to stderr. Where that fails, there is nobody to tell.
pub fn aside(text: Arguments<'_>) {
    let _ = io::stderr().write_all(text.to_string().as_bytes());
}

/// The failure that data were lost.
pub fn lost() -> Result<(), Failure> {
    let lost = LOST.lock().unwrap_or_else(PoisonError::into_inner).take();
    lost.map_or(Ok(()), |error| {
        Err(Failure { text: format!("error: stdout does not take what is printed: {error}\n"), exit: Exit::Unexpected })
    })
}

macro_rules! print {
    ($($told:tt)*) => { $crate::cli::output::text(format_args!($($told)*)) };
}

macro_rules! println {
    ($($told:tt)*) => { $crate::cli::output::text(format_args!("{}\n", format_args!($($told)*))) };
}

macro_rules! eprint {
    ($($told:tt)*) => { $crate::cli::output::aside(format_args!($($told)*)) };
}

macro_rules! eprintln {
    ($($told:tt)*) => { $crate::cli::output::aside(format_args!("{}\n", format_args!($($told)*))) };
}
