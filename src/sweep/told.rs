//! Passes a run's events on with the point that they belong to.

use super::event::{PointRun, SweepEvent};
use super::index::Task;
use super::session::Session;
use crate::event::{Event, Reporter};
use crate::stop::StopToken;

/// The reporter of one run of a sweep.
pub(super) struct Told<'a> {
    session: &'a Session<'a>,
    run: &'a PointRun,
}

impl<'a> Told<'a> {
    pub fn new(session: &'a Session<'a>, _task: &Task, run: &'a PointRun, _stop: &StopToken) -> Self {
        Self { session, run }
    }
}

impl Reporter for Told<'_> {
    fn event(&self, event: &Event) {
        let run = Some(self.run.clone());
        self.session.tools.reporter.event(&SweepEvent::Run { run, event: event.clone() });
    }
}

/// The reporter of work that several runs share.
pub(super) struct Shared<'a>(pub &'a Session<'a>);

impl Reporter for Shared<'_> {
    fn event(&self, event: &Event) {
        self.0.tools.reporter.event(&SweepEvent::Run { run: None, event: event.clone() });
    }
}
