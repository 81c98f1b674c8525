//! Killed at any instant, a sweep with two points at once ends in the results of one that was left alone.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::project::{Project, SPEC, file};
use crate::work::{Working, assert_whole, draw, either, start_over, tell};

const SWEEP: [&str; 4] = ["sweep", "experiments/a.toml", "--jobs", "2"];
/// Eight runs of the top.
const SPACE: &str =
    "[sweep]\nrepeats = 2\n[sweep.space]\n\"top.dropout\" = [0.3, 0.6]\n\"top.optimizer.lr\" = [1e-3, 1e-2]\n";

/// What a sweep comes to.
#[derive(Debug, PartialEq)]
struct Results {
    /// Rows of `trials.csv` without their seconds.
    trials: Vec<Vec<String>>,
    /// `metrics.csv` of every run.
    metrics: BTreeMap<String, Vec<u8>>,
}

impl Results {
    fn of(project: &Project) -> Self {
        let sweeps = std::fs::read_dir(project.path("runs/a/sweeps")).expect("sweeps");
        let mut tables = sweeps.map(|entry| entry.expect("an entry").path().join("trials.csv"));
        let table = tables.find(|path| path.exists()).expect("a sweep with results");
        let mut reader = csv::Reader::from_path(table).expect("a table");
        let columns = reader.headers().expect("a header").clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("a row")).collect();
        let without_seconds = |row: &csv::StringRecord| {
            let cells = row.iter().zip(&columns).filter(|(_, column)| *column != "seconds");
            cells.map(|(cell, _)| cell.to_owned()).collect()
        };
        let runs = columns.iter().position(|column| column == "runs").expect("a column of runs");
        let ids = rows.iter().flat_map(|row| row[runs].split(' '));
        let metrics = ids.map(|id| (id.to_owned(), file(&project.path("runs/a").join(id), "metrics.csv")));
        Self { metrics: metrics.collect(), trials: rows.iter().map(without_seconds).collect() }
    }
}

#[test]
fn a_sweep_that_is_killed_at_any_instant_ends_in_the_same_results() {
    let project = Project::new();
    let top = SPEC.split("[fine_tune]").next().expect("it has a top");
    project.spec(&format!("{top}{SPACE}"));
    let begun = Instant::now();
    let mut working = Working::start(project.command(&SWEEP));
    while working.until("") {}
    let (lines, length) = (working.seen.len(), begun.elapsed());
    assert_eq!(working.end().code, 0);
    let whole = Results::of(&project);
    assert_eq!((whole.trials.len(), whole.metrics.len()), (4, 8));
    let (instants, mut kills, mut seed) = (either(3, 20), 0, 0);
    while kills < instants {
        start_over(&project);
        // Some are killed several times on their way.
        for _ in 0..=draw(seed, "times", 3) {
            seed += 1;
            let mut working = Working::start(project.command(&SWEEP));
            // After a line that is drawn, and a drawn part of the mean time between two.
            let part = draw(seed, "part", 1000) as f64 / 500.0;
            working
                .follow(draw(seed, "line", lines), Duration::from_secs_f64(length.as_secs_f64() / lines as f64 * part));
            working.child.kill().expect("it can be killed, or has ended");
            let killed = working.child.wait().expect("it ends").code().is_none();
            kills += usize::from(killed);
            tell(&format!("kill {kills} after {:?}", working.seen.last()));
            assert_whole(&project, &format!("kill {seed}"));
        }
        let ran = project.frostline(&SWEEP);
        assert_eq!(ran.code, 0, "after kills up to {seed}: {}", ran.stderr);
        assert_eq!(Results::of(&project), whole, "after kills up to {seed}");
    }
    eprintln!("{kills} instants");
}
