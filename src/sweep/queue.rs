//! Which task is next, and the right to work on it.

use std::collections::BTreeMap;

use super::error::SweepError;
use super::index::Task;
use super::session::{Chosen, Memory, Session};
use crate::digest::Digest;
use crate::files::{Lock, Wait};
use crate::runs::RunDir;
use crate::stages::Shares;

impl Session<'_> {
    /// The tasks that are to be done and that this session has not begun.
    pub(super) fn open(&self) -> Result<Vec<Task>, SweepError> {
        let index = self.index();
        let list = self.tools.runs.list(Some(&index.name))?;
        Ok(index.tasks().filter(|task| self.is_wanted(task, &list)).copied().collect())
    }

    /// How many tasks may still be begun: those that are open, and those of points that are chosen as the sweep runs.
    pub(super) fn remaining(&self) -> Result<usize, SweepError> {
        let later = self.trials_to_choose().saturating_sub(self.index().points.len());
        Ok(self.open()?.len() + later * self.sweep.repeats.get() as usize)
    }

    /// Whether a task is to be done, and not begun; `list` are all runs of the name.
    fn is_wanted(&self, task: &Task, list: &[RunDir]) -> bool {
        let name = task.name();
        let is_known = |memory: &Memory| memory.tried.contains(&name) || memory.closed.contains_key(&name);
        if is_known(&self.memory()) {
            return false;
        }
        let state = self.tools.runs.find_among(list, &task.identity).map(|(_, state)| state);
        let closed = state.filter(|state| !self.options.is_open(*state));
        self.memory().closed.extend(closed.map(|state| (name, state)));
        closed.is_none()
    }

    /// The same as it is now, for whoever holds the task's lock: another process may have ended it after it was found open.
    fn is_still_wanted(&self, task: &Task) -> Result<bool, SweepError> {
        let name = self.index().name;
        Ok(self.is_wanted(task, &self.tools.runs.list(Some(&name))?))
    }

    /// What a task shares with others; none where it cannot be told, which its run then says.
    pub(super) fn shares(&self, task: &Task) -> Option<Shares> {
        let name = task.name();
        if let Some(shares) = self.memory().shares.get(&name) {
            return Some(*shares);
        }
        let shares = Shares::of(&self.prepared(task).ok()?);
        self.memory().shares.insert(name, shares);
        Some(shares)
    }

    /// The next task that nobody works on: one that waits for no training of this session, if there is one.
    pub(super) fn next(&self) -> Result<Option<Chosen>, SweepError> {
        loop {
            let open = self.open()?;
            for task in self.in_order(&open) {
                if self.stop.is_requested() {
                    return Ok(None);
                }
                if let Some(lock) = Lock::try_exclusive(&self.dir.task_lock(&task))?
                    && self.is_still_wanted(&task)?
                    && self.begin(&task)
                {
                    return Ok(Some(Chosen::new(task, lock)));
                }
            }
            if self.choose_more()? {
                continue;
            }
            match self.open()?.first() {
                // Another process works on it: its result may still be this one's to get.
                Some(task) if !self.stop.is_requested() => {
                    let mut wait = Wait { stop: &self.stop, on_wait: &mut |_| {} };
                    drop(Lock::exclusive(&self.dir.task_lock(task), &mut wait)?);
                }
                _ => return Ok(None),
            }
        }
    }

    /// The tasks as they are best begun: those that would wait for a training of this session last, and of those that train the same for
    /// a different number of epochs the shorter one first, from which the longer one goes on.
    fn in_order(&self, open: &[Task]) -> Vec<Task> {
        let shares: Vec<Option<Shares>> = open.iter().map(|task| self.shares(task)).collect();
        let busy = self.memory().busy.clone();
        let waits = |shares: &Option<Shares>| shares.is_some_and(|shares| busy.contains(&training(&shares)));
        let mut least: BTreeMap<Digest, u32> = BTreeMap::new();
        for shares in shares.iter().flatten() {
            let epochs = least.entry(shares.top).or_insert(shares.top_epochs);
            *epochs = shares.top_epochs.min(*epochs);
        }
        let longer = |at: usize| shares[at].map_or(0, |own| own.top_epochs - least[&own.top]);
        let mut order: Vec<usize> = (0..open.len()).collect();
        order.sort_by_key(|&at| (waits(&shares[at]), longer(at), at));
        order.into_iter().map(|at| open[at]).collect()
    }

    /// Notes that a task is begun; `false` if this session has begun it before.
    pub(super) fn begin(&self, task: &Task) -> bool {
        let shares = self.shares(task);
        let mut memory = self.memory();
        memory.busy.extend(shares.map(|shares| training(&shares)));
        memory.tried.insert(task.name())
    }

    pub(super) fn end(&self, task: &Task) {
        if let Some(shares) = self.shares(task) {
            let mut memory = self.memory();
            if let Some(at) = memory.busy.iter().position(|busy| *busy == training(&shares)) {
                memory.busy.swap_remove(at);
            }
        }
    }
}

/// The training of a task that others may be waiting for: its last.
fn training(shares: &Shares) -> Digest {
    shares.fine_tune.unwrap_or(shares.top)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::clock::{Clock, SystemClock};
    use crate::runs::Runs;
    use crate::spec::{Experiment, Overrides, Problems, load};
    use crate::stages::Preparer;
    use crate::stop::StopToken;
    use crate::sweep::{LoadFrozen, Options, Silent, Tools, known_points, submit};

    /// Two points of the top on a few small images.
    fn experiment(folder: &Path) -> Experiment {
        for (part, class, tone) in
            [("train", "a", 40), ("train", "b", 200), ("validation", "a", 60), ("validation", "b", 180)]
        {
            let place = folder.join("data").join(part).join(class);
            std::fs::create_dir_all(&place).expect("a folder");
            for number in 0..2_u8 {
                let image = image::RgbImage::from_pixel(32, 32, image::Rgb([tone, tone + number, tone]));
                image.save(place.join(format!("{number}.png"))).expect("an image");
            }
        }
        let weights = format!("{}/weights/vgg16-imagenet-notop.f16.safetensors", env!("CARGO_MANIFEST_DIR"));
        let text = format!(
            "weights.path = \"{weights}\"\ndata = {{ train = \"data/train\", validation = \"data/validation\", target_size = 32 }}\n\
             top = {{ hidden = [4], epochs = 1 }}\nsweep.space.\"top.dropout\" = [0.3, 0.6]\n"
        );
        std::fs::write(folder.join("a.toml"), text).expect("a file");
        frozen(&folder.join("a.toml"), None).unwrap_or_else(|problems| panic!("{problems}"))
    }

    fn frozen(path: &Path, project: Option<&Path>) -> Result<Experiment, Problems> {
        let cwd = path.parent().expect("a file lies in a folder").to_owned();
        load(path, &Overrides { cwd, project: project.map(Path::to_owned), ..Overrides::default() })
    }

    #[test]
    fn a_task_that_another_process_ends_after_it_was_found_open_is_not_begun_again() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let base = experiment(folder.path());
        let sweep = base.sweep.clone().expect("a sweep");
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let runs = Runs::at(&folder.path().join("runs"), Arc::clone(&clock));
        let (stop, preparer) = (StopToken::default(), Preparer::new(&runs));
        let tools = |load| {
            let (finish, explain) = (&|_: &RunDir, _: &crate::stages::Prepared| {}, &|error| format!("{error}"));
            Tools { runs: &runs, clock: &clock, stop: &stop, reporter: &Silent, load, finish, explain }
        };
        let points = known_points(&base, &sweep, &runs, &preparer).expect("valid points");
        let (dir, index) = submit(&base, &sweep, &points, &tools(&frozen)).expect("a folder");
        let session = |load| {
            let of = (&base, &sweep);
            Session::new(of, (&dir, index.clone()), (tools(load), &preparer), Options::default())
        };
        let (other, is_done) = (session(&frozen), AtomicBool::new(false));
        // The points are loaded right after they were found open.
        let meanwhile = |path: &Path, project: Option<&Path>| {
            if !is_done.swap(true, Ordering::Relaxed) {
                other.carry_out_all().expect("the other process can work");
            }
            frozen(path, project)
        };
        let late: &LoadFrozen<'_> = &meanwhile;
        assert!(session(late).next().expect("runs can be read").is_none());
        assert_eq!(other.done(), 2);
    }
}
