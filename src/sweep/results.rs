//! The files that say how a sweep came out: `trials.csv`, `best.toml`, `importance.csv`.

use super::error::SweepError;
use super::folder::SweepDir;
use super::importance::importance;
use super::measure::METRICS;
use super::outcome::{PointOutcome, TaskOutcome};
use super::ranking::{Rank, best, ranks};
use crate::files;
use crate::runs::State;
use crate::runs::table::{Cell, Format, Table};
use crate::spec::knobs::Metric;
use crate::spec::model::Sweep;
use toml::Value;

const TRIALS: &str = "trials.csv";

/// The keys that vary in a sweep, those of the space first.
pub fn keys(sweep: &Sweep) -> Vec<String> {
    let zipped = sweep.zip.iter().flat_map(|zip| zip.columns.iter().map(|(key, _)| key.clone()));
    sweep.space.iter().map(|axis| axis.key.clone()).chain(zipped).collect()
}

/// How the points of a sweep came out, and by what they are compared.
#[derive(Clone, Copy, Debug)]
pub struct Results<'a> {
    /// All points, in their order.
    pub points: &'a [PointOutcome],
    /// The keys that vary.
    pub keys: &'a [String],
    /// What is best.
    pub metric: Metric,
}

impl Results<'_> {
    /// The table of `trials.csv`.
    pub fn trials(&self) -> Table {
        let mut table = Table::new(columns(self.keys));
        for (point, rank) in self.points.iter().zip(ranks(self.points, self.metric)) {
            table.push(row(point, self.keys, rank));
        }
        table
    }

    /// The table for people: how each point stands and what it reached, best first.
    pub fn overview(&self) -> Table {
        let objective = self.metric;
        let own = |name: &str| name.to_owned();
        let names = [own("rank"), own("point")].into_iter().chain(self.keys.iter().cloned());
        let last = [own("state"), format!("best_{objective}"), own("sd"), own("seconds"), own("runs")];
        let mut table = Table::new(names.chain(last));
        let ranks = ranks(self.points, objective);
        let mut order: Vec<usize> = (0..self.points.len()).collect();
        order.sort_by_key(|&at| (ranks[at].map_or(u32::MAX, |rank| rank.place), at));
        for at in order {
            table.push(self.line(&self.points[at], ranks[at]));
        }
        table
    }

    fn line(&self, point: &PointOutcome, rank: Option<Rank>) -> Vec<Cell> {
        let (mean, sd) = point.best(self.metric);
        let place = rank.map(|rank| format!("{}{}", rank.place, if rank.ties && rank.place > 1 { " =" } else { "" }));
        let whole = row(point, self.keys, rank);
        let mut line = vec![Cell::text(place)];
        line.extend(whole[..=self.keys.len()].iter().cloned());
        line.push(Cell::Text(point.state().map_or("missing", |state| state.word()).to_owned()));
        line.extend([Cell::metric(mean), Cell::metric(sd)]);
        line.extend(whole[whole.len() - 2..].iter().cloned());
        line
    }

    /// The table of `importance.csv`, a row per key; [`super::Importance`] says what its columns mean.
    pub fn importances(&self) -> Table {
        let mut table = Table::new(["key", "importance", "explained", "groups", "points", "best", "best_mean"]);
        for key in importance(self.points, self.keys, self.metric) {
            table.push(vec![
                Cell::Text(key.key),
                Cell::metric(key.importance),
                Cell::metric(key.explained),
                Cell::Count(key.groups),
                Cell::Count(key.points),
                Cell::text(key.best),
                Cell::metric(key.best_mean),
            ]);
        }
        table
    }

    /// The best point.
    pub fn best(&self) -> Option<&PointOutcome> {
        best(self.points, self.metric).map(|at| &self.points[at])
    }
}

/// The columns of `trials.csv`, a row per point.
///
/// Columns: `point`, the keys that vary, `repeats` (runs that came to an end, pruned ones included: those that the means are of),
/// `state`, `rank` and `ties` (with the best, within one standard deviation) by the mean of the objective's best epoch, where no point
/// has all of its repeats done over those that are, `final_<metric>_mean`, `final_<metric>_sd`, `best_<metric>_mean`,
/// `best_<metric>_sd`, `epochs` (of the last stage, over all repeats), `seconds`, and `runs` (ids, separated by spaces).
fn columns(keys: &[String]) -> Vec<String> {
    let of = |when: &'static str| {
        METRICS.iter().flat_map(move |metric| ["mean", "sd"].map(|what| format!("{when}_{metric}_{what}")))
    };
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut columns = own(&["point"]);
    columns.extend(keys.iter().cloned());
    columns.extend(own(&["repeats", "state", "rank", "ties"]));
    columns.extend(of("final").chain(of("best")));
    columns.extend(own(&["epochs", "seconds", "runs"]));
    columns
}

fn row(point: &PointOutcome, keys: &[String], rank: Option<Rank>) -> Vec<Cell> {
    let ended = point.runs.iter().filter(|run| matches!(run.state(), Some(State::Done | State::Pruned)));
    let ids: Vec<String> = point.runs.iter().filter_map(|run| Some(run.run.as_ref()?.0.id().to_string())).collect();
    let mut row = vec![Cell::Count(point.point.into())];
    row.extend(keys.iter().map(|key| cell(point.values.iter().find(|(own, _)| own == key).map(|(_, value)| value))));
    row.push(Cell::Count(ended.count() as u64));
    row.push(Cell::Text(point.state().map_or("missing", |state| state.word()).to_owned()));
    row.push(rank.map_or(Cell::None, |rank| Cell::Count(rank.place.into())));
    row.push(rank.map_or(Cell::None, |rank| Cell::Text(if rank.ties { "yes" } else { "no" }.to_owned())));
    row.extend(point.metrics().into_iter().map(Cell::metric));
    row.push(Cell::Count(point.runs.iter().map(epochs).sum()));
    row.push(Cell::Number(point.runs.iter().map(|run| run.seconds).sum(), 1));
    row.push(if ids.is_empty() { Cell::None } else { Cell::Text(ids.join(" ")) });
    row
}

fn epochs(run: &TaskOutcome) -> u64 {
    super::measure::last_stage(&run.rows).count() as u64
}

/// A setting as a cell: texts without quotes.
fn cell(value: Option<&Value>) -> Cell {
    match value {
        None => Cell::None,
        Some(Value::String(text)) => Cell::Text(text.clone()),
        Some(other) => Cell::Text(crate::spec::written(other)),
    }
}

/// Whether `trials.csv` says how the runs stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// As they stand now.
    Now,
    /// As they stood before.
    Before,
    /// There is none.
    Never,
}

/// Whether `trials.csv` in the sweep's folder is the one of these results.
///
/// # Errors
///
/// A file that cannot be read.
pub fn written(sweep: &SweepDir, results: &Results<'_>) -> Result<Written, SweepError> {
    Ok(match files::read_if_there(&sweep.file(TRIALS))? {
        Some(bytes) if bytes == results.trials().render(Format::Csv).as_bytes() => Written::Now,
        Some(_) => Written::Before,
        None => Written::Never,
    })
}

/// Writes all three into the sweep's folder; `winner` is the text of `best.toml`, where there is a best point and its text is known. One that
/// was the best before is no more where none is.
///
/// # Errors
///
/// A disk that refuses.
pub fn write(sweep: &SweepDir, results: &Results<'_>, winner: Option<&str>) -> Result<(), SweepError> {
    let put = |name: &str, text: &str| files::write_atomic(&sweep.file(name), text.as_bytes());
    put(TRIALS, &results.trials().render(Format::Csv))?;
    put("importance.csv", &results.importances().render(Format::Csv))?;
    match (winner, results.best()) {
        (Some(text), _) => put("best.toml", text)?,
        (None, Some(_)) => {}
        (None, None) => files::remove_file(&sweep.file("best.toml"))?,
    }
    Ok(())
}
