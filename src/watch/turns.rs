//! Whose turn it is: begins runs, ends them, and does what is wished.

use std::path::Path;
use std::sync::Arc;

use super::event::{Finish, WatchEvent};
use super::remote::Wish;
use super::session::Session;
use super::worker::{Job, Worker};
use crate::event::Stage;

impl Session {
    /// Begins the next run, if none is at work.
    pub(super) fn start_next(&mut self) {
        while let Some(file) = self.queue.begin() {
            let known = self.catalogue.get_mut(&file);
            let Some((experiment, changes)) =
                known.and_then(|known| known.experiment.clone().map(|it| (it, known.changes())))
            else {
                self.queue.end();
                continue;
            };
            self.report(WatchEvent::Started { experiment: file.clone() });
            let force = self.afresh.remove(&file).then_some(Stage::Top);
            let job = Job { file, experiment, changes, force, lookout: Arc::clone(&self.lookout) };
            self.worker = Some(Worker::start(&self.tools, job, self.sender.clone()));
        }
    }

    /// A run has ended.
    pub(super) fn ended(&mut self, file: &Path, finish: Finish) {
        if let Some(worker) = self.worker.take() {
            worker.join();
        }
        self.queue.end();
        if let Some(known) = self.catalogue.get_mut(file) {
            known.failed = finish == Finish::Failed;
        }
        self.report(WatchEvent::Ended { experiment: file.to_owned(), finish });
        if self.queue.is_idle() {
            self.lookout.rest();
        }
    }

    pub(super) fn stop_running(&self, file: &Path, why: &str) {
        if let Some(worker) = self.worker.as_ref().filter(|worker| !worker.stop.is_requested()) {
            self.report(WatchEvent::Stopping { experiment: file.to_owned(), why: why.to_owned() });
            worker.stop.request();
        }
    }

    /// Does what somebody wishes.
    pub(super) fn wished(&mut self, wish: Wish) {
        match wish {
            Wish::Rerun(file) => self.rerun(&file),
            Wish::Afresh(file) => {
                self.afresh.insert(file.clone());
                self.rerun(&file);
            }
            Wish::Stop(file) => self.stop(&file),
        }
    }

    fn rerun(&mut self, file: &Path) {
        let Some(known) = self.catalogue.get(file) else { return };
        if let Some(problems) = known.broken.clone() {
            return self.report(WatchEvent::Broken { experiment: file.to_owned(), problems });
        }
        self.submit(file);
        self.looked();
    }

    fn stop(&mut self, file: &Path) {
        let waiting = self.queue.waiting().count();
        if self.queue.withdraw(file) {
            self.stop_running(file, "you asked for it");
        }
        if self.queue.waiting().count() < waiting {
            self.report(WatchEvent::Withdrawn { experiment: file.to_owned() });
        }
        self.afresh.remove(file);
    }
}
