//! A made-up sweep.

use std::fs;
use std::path::{Path, PathBuf};

use crate::fixture::{Made, many};

/// What `trials.csv` is to tell of a point.
struct Point {
    number: u32,
    runs: Vec<Made>,
    best: (f64, Option<f64>),
    last: (f64, Option<f64>),
}

/// A made-up sweep over three keys, each of its 24 points repeated with two seeds but for the last, which diverged once; its folder.
pub fn sweep(runs: &Path) -> PathBuf {
    many(runs, 47);
    let dir = runs.join("cats-vs-dogs/sweeps/0001-5eed5eed");
    fs::create_dir_all(&dir).expect("the folder can be made");
    let put = |file: &str, text: String| fs::write(dir.join(file), text).expect("the file can be written");
    let points: Vec<Point> = (0..24).map(Point::of).collect();
    put("sweep.toml", "[sweep]\nstrategy = \"grid\"\nobjective = \"val_accuracy\"\nrepeats = 2\n".to_owned());
    put("trials.csv", points.iter().fold(TRIALS.to_owned(), |text, point| text + &point.line(&points)));
    put("importance.csv", IMPORTANCE.to_owned());
    dir
}

const TRIALS: &str = "point,top.optimizer.lr,top.dropout,fine_tune.frozen_layers,repeats,state,rank,ties,final_val_accuracy_mean,\
    final_val_accuracy_sd,best_val_accuracy_mean,best_val_accuracy_sd,epochs,seconds,runs\n";

const IMPORTANCE: &str = "key,importance,explained,groups,points,best,best_mean\n\
    top.optimizer.lr,0.7,0.75,4,24,0.0003,0.962\ntop.dropout,0.2,0.25,3,24,0.5,0.9605\nfine_tune.frozen_layers,0.05,0.1,2,24,10,0.957\n";

impl Point {
    fn of(number: u32) -> Self {
        let runs: Vec<_> = [number, number + 24].into_iter().filter(|run| *run < 47).map(Made::new).collect();
        let best = |run: &Made| (0..run.epochs[1]).map(|epoch| run.row(1, epoch)[2]).fold(0.0, f64::max);
        let last = |run: &Made| run.row(1, run.epochs[1] - 1)[2];
        Self { number, best: spread(&runs, best), last: spread(&runs, last), runs }
    }

    fn line(&self, all: &[Self]) -> String {
        let rank = 1 + all.iter().filter(|other| other.best.0 > self.best.0).count();
        let ties = if rank <= 3 { "yes" } else { "no" };
        let state = if self.runs.len() == 2 { "done" } else { "diverged" };
        let (lr, dropout, frozen) = (self.runs[0].lr(), self.runs[0].dropout(), self.runs[0].frozen());
        let ids: Vec<_> = self.runs.iter().map(Made::id).collect();
        format!(
            "{},{lr},{dropout},{frozen},{},{state},{rank},{ties},{},{},{},250.5,{}\n",
            self.number,
            self.runs.len(),
            written(self.last),
            written(self.best),
            30 * self.runs.len(),
            ids.join(" ")
        )
    }
}

/// The mean of one or two values and, of two, their standard deviation.
fn spread(runs: &[Made], value: impl Fn(&Made) -> f64) -> (f64, Option<f64>) {
    let values: Vec<f64> = runs.iter().map(value).collect();
    match values[..] {
        [one] => (one, None),
        _ => ((values[0] + values[1]) / 2.0, Some((values[0] - values[1]).abs() / f64::sqrt(2.0))),
    }
}

fn written((mean, sd): (f64, Option<f64>)) -> String {
    format!("{mean},{}", sd.map_or("NA".to_owned(), |sd| sd.to_string()))
}
