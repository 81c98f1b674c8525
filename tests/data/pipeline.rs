//! Prefetching: order, bounds, errors, ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use frostline::data::Prefetch;
use frostline::data::pipeline::Settings;

/// Burns more time for early items than for late ones, so that workers overtake each other.
fn uneven(index: usize) -> u64 {
    (0..(50 - index.min(50)) as u64 * 2000).fold(index as u64, |sum, step| sum.wrapping_mul(31).wrapping_add(step))
}

fn squares(threads: usize, ahead: usize, count: usize) -> Vec<usize> {
    let work = |index: usize, item: &mut (usize, u64)| -> Result<(), String> {
        *item = (index * index, uneven(index));
        Ok(())
    };
    let prefetch = Prefetch::start(Settings { threads, ahead }, count, work);
    prefetch.map(|item| item.expect("no errors").0).collect()
}

#[test]
fn items_come_in_order_whatever_the_threads_and_the_window() {
    let expected: Vec<usize> = (0..60).map(|index| index * index).collect();
    for threads in [0, 1, 2, 5] {
        for ahead in [0, 1, 3, 100] {
            assert_eq!(squares(threads, ahead, 60), expected, "{threads} threads, {ahead} ahead");
        }
    }
    assert!(squares(3, 2, 0).is_empty());
}

#[test]
fn an_error_comes_at_its_place_and_ends_the_iteration() {
    for threads in [0, 3] {
        let work = |index: usize, item: &mut usize| {
            *item = index;
            if index == 7 { Err(index) } else { Ok(()) }
        };
        let mut prefetch = Prefetch::start(Settings { threads, ahead: 4 }, 20, work);
        for index in 0..7 {
            assert_eq!(*prefetch.next().expect("more").expect("fine"), index);
        }
        assert_eq!(prefetch.next().expect("the error").err(), Some(7));
        assert!(prefetch.next().is_none());
    }
}

/// Counts how many of them there ever were.
struct Counted {
    _made: (),
}

static MADE: AtomicUsize = AtomicUsize::new(0);

impl Default for Counted {
    fn default() -> Self {
        MADE.fetch_add(1, Ordering::SeqCst);
        Self { _made: () }
    }
}

#[test]
fn buffers_are_reused_so_memory_does_not_grow_with_the_items() {
    let prefetch = Prefetch::start(Settings { threads: 2, ahead: 3 }, 1000, |_, _: &mut Counted| Ok::<(), ()>(()));
    assert_eq!(prefetch.filter(Result::is_ok).count(), 1000);
    let made = MADE.load(Ordering::SeqCst);
    assert!(made <= 3 + 1, "{made} buffers for a window of three and one in use");
}

#[test]
fn workers_stay_within_the_window() {
    let started = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&started);
    let work = move |_: usize, _: &mut ()| {
        counter.fetch_add(1, Ordering::SeqCst);
        Ok::<(), ()>(())
    };
    let mut prefetch = Prefetch::start(Settings { threads: 4, ahead: 5 }, 100, work);
    for taken in 1..=50 {
        prefetch.next().expect("more").expect("fine");
        assert!(started.load(Ordering::SeqCst) <= taken + 5);
    }
    drop(prefetch);
    assert!(started.load(Ordering::SeqCst) <= 55);
}

#[test]
fn a_panic_in_a_worker_reaches_the_consumer() {
    let work = |index: usize, _: &mut ()| if index == 3 { panic!("as planned") } else { Ok::<(), ()>(()) };
    let prefetch = Prefetch::start(Settings { threads: 2, ahead: 2 }, 10, work);
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| prefetch.count()));
    let message = caught.expect_err("the panic").downcast_ref::<&str>().map(ToString::to_string);
    assert_eq!(message.as_deref(), Some("as planned"));
}
