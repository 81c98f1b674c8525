//! `metrics.csv`: one row per finished epoch of each training stage.
//!
//! The text is a pure function of the rows: numbers are written as the shortest decimal that reads back as the same number, so
//! the same results give the same bytes.

use serde::{Deserialize, Serialize};

const HEADER: [&str; 7] = ["stage", "epoch", "accuracy", "loss", "val_accuracy", "val_loss", "learning_rate"];
/// What stands for a number that there is none of.
const NONE: &str = "NA";

/// What one epoch gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricsRow {
    /// The stage, such as `top`.
    pub stage: String,
    /// Counted from 0 within the stage.
    pub epoch: u32,
    /// Training accuracy, 0 to 1: the running mean over the epoch.
    pub accuracy: f64,
    /// Training loss: the running mean over the epoch.
    pub loss: f64,
    /// Validation accuracy after the epoch, 0 to 1.
    pub val_accuracy: Option<f64>,
    /// Validation loss after the epoch.
    pub val_loss: Option<f64>,
    /// The learning rate at the end of the epoch.
    pub learning_rate: f64,
}

/// The text of `metrics.csv`.
pub fn metrics_csv(rows: &[MetricsRow]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written =
        writer.write_record(HEADER).and_then(|()| rows.iter().try_for_each(|row| writer.write_record(fields(row))));
    written.expect("memory takes what is written");
    writer.into_inner().expect("memory takes what is written")
}

fn fields(row: &MetricsRow) -> [String; 7] {
    let optional = |value: Option<f64>| value.map_or(NONE.to_owned(), |value| value.to_string());
    [
        row.stage.clone(),
        row.epoch.to_string(),
        row.accuracy.to_string(),
        row.loss.to_string(),
        optional(row.val_accuracy),
        optional(row.val_loss),
        row.learning_rate.to_string(),
    ]
}

/// The rows of a text; an error says which line is wrong.
pub(super) fn parse_metrics(text: &[u8]) -> Result<Vec<MetricsRow>, String> {
    let mut reader = csv::Reader::from_reader(text);
    let header = reader.headers().map_err(|error| error.to_string())?;
    if header != &csv::StringRecord::from(HEADER.to_vec()) {
        return Err(format!("its first line should be `{}`", HEADER.join(",")));
    }
    let records = reader.records().enumerate();
    let row = |(nth, record): (usize, Result<csv::StringRecord, csv::Error>)| {
        let record = record.map_err(|error| error.to_string())?;
        parse_row(&record).ok_or_else(|| format!("line {} is no row of metrics", nth + 2))
    };
    records.map(row).collect()
}

fn parse_row(record: &csv::StringRecord) -> Option<MetricsRow> {
    let number = |at: usize| record.get(at)?.parse::<f64>().ok();
    let optional = |at: usize| match record.get(at)? {
        NONE => Some(None),
        text => text.parse().ok().map(Some),
    };
    Some(MetricsRow {
        stage: record.get(0)?.to_owned(),
        epoch: record.get(1)?.parse().ok()?,
        accuracy: number(2)?,
        loss: number(3)?,
        val_accuracy: optional(4)?,
        val_loss: optional(5)?,
        learning_rate: number(6)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(epoch: u32, val: Option<f64>) -> MetricsRow {
        MetricsRow {
            stage: "top".to_owned(),
            epoch,
            accuracy: 0.1 + 0.2,
            loss: 1e-7,
            val_accuracy: val,
            val_loss: val,
            learning_rate: 0.001,
        }
    }

    #[test]
    fn numbers_are_the_shortest_that_read_back_the_same_and_none_is_na() {
        let text = metrics_csv(&[row(0, None), row(1, Some(0.9))]);
        let expected = "stage,epoch,accuracy,loss,val_accuracy,val_loss,learning_rate\n\
                        top,0,0.30000000000000004,0.0000001,NA,NA,0.001\n\
                        top,1,0.30000000000000004,0.0000001,0.9,0.9,0.001\n";
        assert_eq!(String::from_utf8(text).expect("text"), expected);
    }

    #[test]
    fn rows_survive_their_text() {
        let rows = [row(0, None), row(1, Some(f64::MIN_POSITIVE)), row(2, Some(f64::INFINITY))];
        assert_eq!(parse_metrics(&metrics_csv(&rows)).expect("own text parses"), rows);
        assert!(parse_metrics(&metrics_csv(&[])).expect("own text parses").is_empty());
    }

    #[test]
    fn a_damaged_line_is_named() {
        let mut text = metrics_csv(&[row(0, None)]);
        text.extend_from_slice(b"top,one,0,0,0,0,0\n");
        assert_eq!(parse_metrics(&text).expect_err("damaged"), "line 3 is no row of metrics");
        assert!(parse_metrics(b"epoch\n1\n").expect_err("wrong header").contains("stage,epoch"));
    }
}
