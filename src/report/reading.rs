//! The files of a folder of ours, read as text, JSON or rows. A file that is not there is empty, unless it must be there.

use std::path::Path;

use serde_json::Value;

use super::error::{ReportError, ReportProblem};

/// A file that must be there.
pub fn required(dir: &Path, file: &str) -> Result<String, ReportError> {
    let path = dir.join(file);
    std::fs::read_to_string(&path).map_err(|error| ReportError { path, problem: ReportProblem::Read(error) })
}

fn optional(dir: &Path, file: &str) -> Result<Option<String>, ReportError> {
    match required(dir, file) {
        Ok(text) => Ok(Some(text)),
        Err(ReportError { problem: ReportProblem::Read(error), .. })
            if error.kind() == std::io::ErrorKind::NotFound =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// A JSON file; null where there is none.
pub fn json(dir: &Path, file: &str) -> Result<Value, ReportError> {
    let Some(text) = optional(dir, file)? else { return Ok(Value::Null) };
    serde_json::from_str(&text)
        .map_err(|error| ReportError { path: dir.join(file), problem: ReportProblem::Json(error) })
}

/// The fields of one line, by the names of their columns.
pub struct Fields<'a> {
    header: &'a csv::StringRecord,
    record: &'a csv::StringRecord,
}

impl<'a> Fields<'a> {
    /// Columns and fields, in file order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.header.iter().zip(self.record.iter())
    }

    /// The number of a column; none where there is no such column, or no number in it.
    pub fn number(&self, column: &str) -> Option<f64> {
        let field = self.iter().find(|(name, _)| *name == column).map(|(_, field)| field);
        field.and_then(|field| field.parse().ok()).filter(|number: &f64| number.is_finite())
    }

    /// The field of a column that must be there.
    pub fn get(&self, column: &'static str) -> Result<&str, ReportProblem> {
        let at = self.header.iter().position(|name| name == column).ok_or(ReportProblem::Column(column))?;
        Ok(self.record.get(at).unwrap_or_default())
    }
}

/// The rows of a CSV file; none where there is no file.
pub fn rows<T>(
    dir: &Path,
    file: &str,
    row: impl Fn(&Fields) -> Result<T, ReportProblem>,
) -> Result<Vec<T>, ReportError> {
    let Some(text) = optional(dir, file)? else { return Ok(Vec::new()) };
    parsed(&text, row).map_err(|problem| ReportError { path: dir.join(file), problem })
}

fn parsed<T>(text: &str, row: impl Fn(&Fields) -> Result<T, ReportProblem>) -> Result<Vec<T>, ReportProblem> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(ReportProblem::Csv)?.clone();
    let records = reader.records().map(|record| record.map_err(ReportProblem::Csv));
    records.map(|record| row(&Fields { header: &header, record: &record? })).collect()
}
