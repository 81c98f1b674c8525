//! Tables as data, and their three texts. Every verb that prints a table goes through here.

use comfy_table::presets::NOTHING;
use serde_json::{Map, Value};

/// How a table is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Aligned columns for people; numbers are rounded.
    #[default]
    Table,
    /// Comma-separated values with a header; numbers in full, `NA` for none.
    Csv,
    /// An array of objects; numbers in full, `null` for none.
    Json,
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A word.
    Text(String),
    /// A whole number.
    Count(u64),
    /// A number; a table shows so many decimals.
    Number(f64, usize),
    /// No value.
    None,
}

impl Cell {
    /// A number with four decimals, as losses and accuracies are shown, or none.
    pub fn metric(value: Option<f64>) -> Self {
        value.map_or(Self::None, |value| Self::Number(value, 4))
    }

    /// A word, or none.
    pub fn text(value: Option<impl Into<String>>) -> Self {
        value.map_or(Self::None, |value| Self::Text(value.into()))
    }

    fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Number(number, decimals) => format!("{number:.decimals$}"),
            Self::None => "-".to_owned(),
        }
    }

    fn plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Number(number, _) => number.to_string(),
            Self::None => "NA".to_owned(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => Value::from(text.as_str()),
            Self::Count(count) => Value::from(*count),
            Self::Number(number, _) => Value::from(*number),
            Self::None => Value::Null,
        }
    }

    fn is_numeric(&self) -> bool {
        matches!(self, Self::Count(_) | Self::Number(..))
    }
}

/// Named columns and rows of as many cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// No rows yet.
    pub fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row: one cell per column.
    pub fn push(&mut self, row: Vec<Cell>) {
        assert_eq!(row.len(), self.columns.len(), "one cell per column");
        self.rows.push(row);
    }

    /// The table's text, which ends with a line break.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Table => self.aligned(),
            Format::Csv => self.csv(),
            Format::Json => self.json(),
        }
    }

    fn aligned(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(NOTHING).set_header(&self.columns);
        for row in &self.rows {
            table.add_row(row.iter().map(Cell::shown));
        }
        for (nth, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if self.rows.iter().any(|row| row[nth].is_numeric()) {
                column.set_cell_alignment(comfy_table::CellAlignment::Right);
            }
        }
        table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut write = |fields: Vec<String>| writer.write_record(fields).expect("memory takes what is written");
        write(self.columns.clone());
        self.rows.iter().for_each(|row| write(row.iter().map(Cell::plain).collect()));
        let bytes = writer.into_inner().expect("memory takes what is written");
        String::from_utf8(bytes).expect("made of texts")
    }

    fn json(&self) -> String {
        let object = |row: &Vec<Cell>| -> Value {
            self.columns.iter().cloned().zip(row.iter().map(Cell::json)).collect::<Map<_, _>>().into()
        };
        let rows: Vec<Value> = self.rows.iter().map(object).collect();
        format!("{:#}\n", Value::Array(rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["run", "epochs", "val_accuracy"]);
        table.push(vec![Cell::Text("a, b".to_owned()), Cell::Count(5), Cell::metric(Some(0.912_345))]);
        table.push(vec![Cell::Text("c".to_owned()), Cell::Count(50), Cell::metric(None)]);
        table
    }

    #[test]
    fn people_get_aligned_columns_and_rounded_numbers() {
        let expected = "run   epochs  val_accuracy\na, b       5        0.9123\nc         50             -\n";
        assert_eq!(table().render(Format::Table), expected);
    }

    #[test]
    fn programs_get_every_digit() {
        assert_eq!(table().render(Format::Csv), "run,epochs,val_accuracy\n\"a, b\",5,0.912345\nc,50,NA\n");
        let json: Value = serde_json::from_str(&table().render(Format::Json)).expect("JSON");
        assert_eq!(json[0]["val_accuracy"], 0.912_345);
        assert_eq!(json[1]["val_accuracy"], Value::Null);
    }
}
