//! Who has the tasks of a sweep run: this process, or a cluster.

use super::error::SweepError;
use super::session::Session;

/// Has the tasks of a frozen sweep run.
pub trait Launcher {
    /// Has every open task run. Returns when they have ended, or when somebody else has taken them over.
    ///
    /// # Errors
    ///
    /// What keeps all of them from running; a task that fails says so in its run, and stops no other.
    fn launch(&self, session: &Session<'_>) -> Result<(), SweepError>;
}
