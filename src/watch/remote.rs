//! Wishes of whoever sits in front: run this again, stop that.

use std::path::PathBuf;
use std::sync::mpsc::Sender;

use super::session::Message;

/// What is wished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Run an experiment again, as far as it is not done.
    Rerun(PathBuf),
    /// Train an experiment again from the start, though it is done; features come from the cache.
    Afresh(PathBuf),
    /// Stop an experiment after its batch, or take it out of the queue.
    Stop(PathBuf),
}

/// A line into a session, usable from any thread.
#[derive(Clone, Debug)]
pub struct Remote(pub(super) Sender<Message>);

impl Remote {
    /// Passes a wish on; one that comes after the session's end is lost with it.
    pub fn wish(&self, wish: Wish) {
        let _ = self.0.send(Message::Wished(wish));
    }
}
