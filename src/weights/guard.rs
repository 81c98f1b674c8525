//! A guard around a parser that panics where it is given nonsense.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Lets a parser at a file, and catches its panics.
pub(super) fn guarded<T>(parse: impl FnOnce() -> T) -> Result<T, Box<dyn Any + Send>> {
    let before = IS_GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(parse));
    IS_GUARDED.set(before);
    result
}

/// Keeps the panics of parsers, which are caught and become errors, from being reported as panics; all others are, as before. For
/// programs: it changes the panic hook of the process.
pub fn silence_parsers() {
    let report = take_hook();
    set_hook(Box::new(move |info| {
        if !IS_GUARDED.get() {
            report(info);
        }
    }));
}
