//! Faults on demand: every operation that changes the disk asks here first, so that a test can make each fail in turn.
//!
//! Normally no plan is armed and asking costs one relaxed atomic load. A plan counts the operations it matches and strikes at
//! one of them: it fails with an error of the operating system, or the process "dies" or panics there. A write that is struck has left
//! half of its bytes behind, as a real one may.
//!
//! - [`inject`] arms a plan for the calling thread, until its guard is dropped. Death is then simulated: no later operation
//!   of the thread reaches the disk.
//! - [`arm`] arms one for the whole process, from the text of `FROSTLINE_FAULT`. Death then aborts the process.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::error::Operation;

/// What happens at the chosen operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails with this error number of the operating system; what follows works again.
    Fail(i32),
    /// The process dies there.
    Die,
    /// The thread panics there, as it would at a bug.
    Panic,
}

/// Strike at the `nth` operation (counted from 1) among those that match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Count only this kind of operation; if absent, all that change the disk (so none of locking, which is tried over and over).
    pub only: Option<Operation>,
    /// Which one is struck, from 1; 0 only counts.
    pub nth: u64,
    /// What happens to it.
    pub fault: Fault,
}

impl Plan {
    /// The `nth` operation of any kind fails with the error number.
    pub fn fail(nth: u64, errno: i32) -> Self {
        Self { only: None, nth, fault: Fault::Fail(errno) }
    }

    /// The process dies at the `nth` operation of any kind.
    pub fn die(nth: u64) -> Self {
        Self { only: None, nth, fault: Fault::Die }
    }

    /// Nothing fails; operations are counted.
    pub fn count() -> Self {
        Self { only: None, nth: 0, fault: Fault::Die }
    }
}

struct Armed {
    plan: Plan,
    seen: u64,
    dead: bool,
}

enum Verdict {
    Pass,
    Fail(i32),
    Dead,
    Panic,
}

impl Armed {
    fn new(plan: Plan) -> Self {
        Self { plan, seen: 0, dead: false }
    }

    fn judge(&mut self, operation: Operation) -> Verdict {
        if self.dead {
            return Verdict::Dead;
        }
        if self.plan.only.map_or(operation == Operation::Lock, |only| only != operation) {
            return Verdict::Pass;
        }
        self.seen += 1;
        match self.plan.fault {
            _ if self.seen != self.plan.nth => Verdict::Pass,
            Fault::Fail(errno) => Verdict::Fail(errno),
            Fault::Die => {
                self.dead = true;
                Verdict::Dead
            }
            Fault::Panic => Verdict::Panic,
        }
    }
}

static ARMED: AtomicUsize = AtomicUsize::new(0);
static PROCESS: Mutex<Option<Armed>> = Mutex::new(None);
thread_local! {
    static THREAD: RefCell<Option<Armed>> = const { RefCell::new(None) };
}

/// Keeps a thread's plan armed; dropping it disarms.
pub struct Injected(());

impl Injected {
    /// How many matching operations were asked for so far.
    pub fn seen(&self) -> u64 {
        THREAD.with_borrow(|armed| armed.as_ref().map_or(0, |armed| armed.seen))
    }
}

impl Drop for Injected {
    fn drop(&mut self) {
        THREAD.with_borrow_mut(|armed| *armed = None);
        ARMED.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Arms a plan for this thread, in place of an earlier one.
pub fn inject(plan: Plan) -> Injected {
    THREAD.with_borrow_mut(|armed| *armed = Some(Armed::new(plan)));
    ARMED.fetch_add(1, Ordering::Relaxed);
    Injected(())
}

/// The text is no fault plan.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no fault plan, expected `op:N:errno` such as `write:3:ENOSPC`, `any:7:EIO` or `rename:1:die`")]
pub struct ParsePlanError(String);

/// Arms a plan for the whole process, from the text of `FROSTLINE_FAULT`.
///
/// # Errors
///
/// The text is not `op:N:errno`, where `op` is `any create write sync rename folder sync-folder remove truncate lock` and
/// `errno` is `ENOSPC EIO EROFS EACCES EDQUOT ENOLCK die panic`.
pub fn arm(text: &str) -> Result<(), ParsePlanError> {
    let plan = parse(text).ok_or_else(|| ParsePlanError(text.to_owned()))?;
    *PROCESS.lock().unwrap_or_else(PoisonError::into_inner) = Some(Armed::new(plan));
    ARMED.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

/// How many matching operations were asked for since [`arm`]; `None` where nothing is armed.
pub fn armed_and_seen() -> Option<u64> {
    PROCESS.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|armed| armed.seen)
}

fn parse(text: &str) -> Option<Plan> {
    let mut parts = text.split(':');
    let (op, nth, errno) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
    let only = match op {
        "any" => None,
        "create" => Some(Operation::Create),
        "write" => Some(Operation::Write),
        "sync" => Some(Operation::Sync),
        "rename" => Some(Operation::Rename),
        "folder" => Some(Operation::CreateFolder),
        "sync-folder" => Some(Operation::SyncFolder),
        "remove" => Some(Operation::Remove),
        "truncate" => Some(Operation::Truncate),
        "lock" => Some(Operation::Lock),
        _ => return None,
    };
    let fault = match errno {
        "EIO" => Fault::Fail(5),
        "EACCES" => Fault::Fail(13),
        "ENOSPC" => Fault::Fail(28),
        "EROFS" => Fault::Fail(30),
        "ENOLCK" => Fault::Fail(37),
        "EDQUOT" => Fault::Fail(122),
        "die" => Fault::Die,
        "panic" => Fault::Panic,
        _ => return None,
    };
    parts.next().is_none().then_some(Plan { only, nth, fault })
}

/// Whether the operation may go on.
pub(super) fn ask(operation: Operation) -> io::Result<()> {
    if ARMED.load(Ordering::Relaxed) == 0 {
        return Ok(());
    }
    match judge(operation) {
        Verdict::Pass => Ok(()),
        Verdict::Fail(errno) => Err(io::Error::from_raw_os_error(errno)),
        Verdict::Dead => Err(io::Error::other("the process died here (a simulated fault)")),
        Verdict::Panic => panic!("a simulated fault"),
    }
}

#[cold]
fn judge(operation: Operation) -> Verdict {
    let process = PROCESS.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map(|armed| armed.judge(operation));
    match process {
        Some(Verdict::Dead) => std::process::abort(),
        Some(Verdict::Fail(errno)) => Verdict::Fail(errno),
        Some(Verdict::Panic) => Verdict::Panic,
        Some(Verdict::Pass) | None => {
            THREAD.with_borrow_mut(|armed| armed.as_mut().map_or(Verdict::Pass, |armed| armed.judge(operation)))
        }
    }
}

/// Where a write goes: the file's cursor, or an offset.
pub(super) enum Target<'a> {
    Cursor(&'a mut File),
    Offset(&'a File, u64),
}

impl Target<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Cursor(file) => file.write_all(bytes),
            Self::Offset(file, at) => file.write_all_at(bytes, *at),
        }
    }
}

/// Writes all bytes; a struck write leaves half of them.
pub(super) fn write(mut target: Target<'_>, bytes: &[u8]) -> io::Result<()> {
    if ARMED.load(Ordering::Relaxed) == 0 {
        return target.write(bytes);
    }
    let already_dead = THREAD.with_borrow(|armed| armed.as_ref().is_some_and(|armed| armed.dead));
    if already_dead {
        return ask(Operation::Write);
    }
    let half = bytes.len() / 2;
    target.write(&bytes[..half])?;
    ask(Operation::Write)?;
    match target {
        Target::Cursor(file) => file.write_all(&bytes[half..]),
        Target::Offset(file, at) => file.write_all_at(&bytes[half..], at + half as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_chosen_operation_fails() {
        let injected = inject(Plan { only: Some(Operation::Sync), nth: 2, fault: Fault::Fail(28) });
        assert!(ask(Operation::Sync).is_ok());
        assert!(ask(Operation::Write).is_ok());
        assert_eq!(ask(Operation::Sync).expect_err("the second sync is struck").kind(), io::ErrorKind::StorageFull);
        assert!(ask(Operation::Sync).is_ok());
        assert_eq!(injected.seen(), 3);
    }

    #[test]
    fn after_death_nothing_reaches_the_disk() {
        let _injected = inject(Plan::die(2));
        assert!(ask(Operation::Create).is_ok());
        assert!(ask(Operation::Write).is_err());
        assert!(ask(Operation::Remove).is_err());
    }

    #[test]
    fn plans_are_read_from_text_and_nonsense_is_refused() {
        let plan = Plan { only: Some(Operation::Rename), nth: 3, fault: Fault::Die };
        assert_eq!(parse("rename:3:die"), Some(plan));
        assert_eq!(parse("any:1:ENOSPC"), Some(Plan::fail(1, 28)));
        for bad in ["", "write", "write:x:EIO", "write:1:EWHAT", "fly:1:EIO", "write:1:EIO:more"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
