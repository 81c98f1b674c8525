//! Please stop: the token that work asks once a batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// Nobody asked.
const GO_ON: u8 = 0;
/// Stop: the work is to go on later.
const STOP: u8 = 1;
/// Stop: the work is not worth going on with.
const GIVE_UP: u8 = 2;

/// Shared by whoever may ask for a stop (a signal, the watcher, a pruner) and the work that heeds it.
#[derive(Clone, Debug, Default)]
pub struct StopToken {
    own: Arc<AtomicU8>,
    above: Option<Arc<StopToken>>,
}

impl StopToken {
    /// A token that nobody has asked to stop.
    pub fn new() -> Self {
        Self::default()
    }

    /// A token of its own that also stops when this one is asked to.
    pub fn child(&self) -> Self {
        Self { own: Arc::default(), above: Some(Arc::new(self.clone())) }
    }

    /// Asks the work to finish its batch, save and end.
    pub fn request(&self) {
        self.own.store(STOP, Ordering::SeqCst);
    }

    /// Asks the work to finish its batch, save and end for good: it is hopeless. A request to stop stays one.
    pub fn give_up(&self) {
        // A stop that was asked for first must leave the work to go on later.
        let _ = self.own.compare_exchange(GO_ON, GIVE_UP, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// Whether a stop was asked for, for whatever reason.
    pub fn is_requested(&self) -> bool {
        self.own.load(Ordering::SeqCst) != GO_ON || self.above.as_ref().is_some_and(|above| above.is_requested())
    }

    /// Whether the work was given up.
    pub fn is_given_up(&self) -> bool {
        self.own.load(Ordering::SeqCst) == GIVE_UP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_stops_with_its_parent_and_not_the_other_way_round() {
        let parent = StopToken::new();
        let (one, other) = (parent.child(), parent.child());
        one.request();
        assert!(one.is_requested() && !parent.is_requested() && !other.is_requested());
        parent.request();
        assert!(other.is_requested());
    }

    #[test]
    fn who_was_asked_to_stop_is_not_given_up() {
        let token = StopToken::new();
        token.request();
        token.give_up();
        assert!(token.is_requested() && !token.is_given_up());
        let hopeless = StopToken::new();
        hopeless.give_up();
        assert!(hopeless.is_requested() && hopeless.is_given_up());
    }
}
