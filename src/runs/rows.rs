//! Runs as rows of a table.

use super::directory::RunDir;
use super::error::RunError;
use super::reference::best_val_accuracy;
use super::root::Runs;
use super::status::{State, Status};
use super::table::{Cell, Table};
use crate::clock::Moment;

/// What a list of runs says of one.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// The experiment's name.
    pub name: String,
    /// The run's id.
    pub id: String,
    /// The state as it is now.
    pub state: State,
    /// The stage at work, or the last one.
    pub stage: Option<String>,
    /// Epochs finished in it.
    pub epoch: Option<u32>,
    /// Epochs that it will have.
    pub epochs: Option<u32>,
    /// The latest validation accuracy.
    pub val_accuracy: Option<f64>,
    /// The best one of the last stage.
    pub best_val_accuracy: Option<f64>,
    /// The latest validation loss.
    pub val_loss: Option<f64>,
    /// When it first started.
    pub started: Option<Moment>,
    /// From then until its end, or its latest sign of life.
    pub seconds: Option<f64>,
    /// What is to be said of the state.
    pub message: Option<String>,
}

/// The rows of some runs, in their order.
pub fn rows(runs: &Runs, list: &[RunDir]) -> Vec<RunRow> {
    list.iter().map(|run| row(runs, run)).collect()
}

fn row(runs: &Runs, run: &RunDir) -> RunRow {
    let (status, metrics) = (run.status(), run.metrics());
    let trouble = [status.as_ref().err(), metrics.as_ref().err()].into_iter().flatten().next().map(RunError::to_string);
    let (status, metrics) = (status.ok(), metrics.unwrap_or_default());
    let message = trouble.or_else(|| status.as_ref().and_then(|status| status.message.clone()));
    let of = |field: fn(&Status) -> Option<u32>| status.as_ref().and_then(field);
    RunRow {
        name: run.name().to_owned(),
        id: run.id().to_string(),
        state: runs.state(run),
        stage: status.as_ref().and_then(|status| status.stage.clone()),
        epoch: of(|status| status.epoch),
        epochs: of(|status| status.epochs),
        val_accuracy: metrics.last().and_then(|row| row.val_accuracy),
        best_val_accuracy: best_val_accuracy(&metrics),
        val_loss: metrics.last().and_then(|row| row.val_loss),
        started: status.as_ref().map(|status| status.started),
        seconds: status.as_ref().map(seconds),
        message,
    }
}

fn seconds(status: &Status) -> f64 {
    status.finished.unwrap_or(status.heartbeat).since(status.started).as_secs_f64()
}

/// The table of some rows.
pub fn table_of(rows: &[RunRow]) -> Table {
    let mut table = Table::new([
        "name",
        "id",
        "state",
        "stage",
        "epoch",
        "epochs",
        "val_accuracy",
        "best_val_accuracy",
        "val_loss",
        "started",
        "seconds",
    ]);
    let count = |value: Option<u32>| value.map_or(Cell::None, |value| Cell::Count(value.into()));
    for row in rows {
        table.push(vec![
            Cell::Text(row.name.clone()),
            Cell::Text(row.id.clone()),
            Cell::Text(row.state.to_string()),
            Cell::text(row.stage.clone()),
            count(row.epoch),
            count(row.epochs),
            Cell::metric(row.val_accuracy),
            Cell::metric(row.best_val_accuracy),
            Cell::metric(row.val_loss),
            Cell::text(row.started.map(Moment::to_the_second)),
            row.seconds.map_or(Cell::None, |seconds| Cell::Number(seconds, 1)),
        ]);
    }
    table
}
