//! Predictions as a table, CSV or JSON.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::cli::args::{Format, Predict};

/// A prediction as JSON: probabilities are written as the f32 that they are.
#[derive(Serialize)]
struct Object<'a> {
    path: String,
    predicted: &'a str,
    probability: f32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    top: Vec<Ranked<'a>>,
}

/// One of the most probable classes.
#[derive(Serialize)]
struct Ranked<'a> {
    class: &'a str,
    probability: f32,
}

impl<'a> Object<'a> {
    fn of(path: &Path, ranked: &[(&'a str, f32)]) -> Self {
        let (predicted, probability) = ranked[0];
        let top = ranked.iter().map(|&(class, probability)| Ranked { class, probability });
        let top = if ranked.len() > 1 { top.collect() } else { Vec::new() };
        Self { path: path.to_string_lossy().into_owned(), predicted, probability, top }
    }
}

/// Writes predictions as they come.
pub(super) struct Printer<'a, W: Write> {
    out: W,
    format: Format,
    shown: usize,
    classes: &'a [String],
    /// Characters of the longest class name.
    width: usize,
    rows: u64,
}

impl<'a, W: Write> Printer<'a, W> {
    pub fn new(out: W, args: &Predict, classes: &'a [String]) -> Self {
        let width = classes.iter().map(|class| class.chars().count()).max().unwrap_or(0).max("predicted".len());
        Self { out, format: args.format, shown: args.top_k.get().min(classes.len()), classes, width, rows: 0 }
    }

    pub fn begin(&mut self) -> io::Result<()> {
        let numbered = |name: &str, rank: usize| if rank == 1 { name.to_owned() } else { format!("{name}_{rank}") };
        let pairs = (1..=self.shown).map(|rank| (numbered("predicted", rank), numbered("probability", rank)));
        match self.format {
            Format::Table => {
                let width = self.width;
                let heads: String = pairs.map(|(class, p)| format!("{class:<width$}  {p:<13}  ")).collect();
                writeln!(self.out, "{heads}path")
            }
            Format::Csv => {
                let heads: Vec<String> = pairs.flat_map(|(class, probability)| [class, probability]).collect();
                writeln!(self.out, "path,{}", heads.join(","))
            }
            Format::Json => write!(self.out, "["),
        }
    }

    pub fn image(&mut self, path: &Path, probabilities: &[f32]) -> io::Result<()> {
        let mut ranked: Vec<(&str, f32)> =
            self.classes.iter().map(String::as_str).zip(probabilities.iter().copied()).collect();
        // Stable: of equals, the first class is the predicted one, as in `predictions.csv`.
        ranked.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        ranked.truncate(self.shown);
        self.rows += 1;
        match self.format {
            Format::Table => {
                let width = self.width;
                let cells: String = ranked.iter().map(|(class, p)| format!("{class:<width$}  {p:<13.4}  ")).collect();
                writeln!(self.out, "{cells}{}", path.display())
            }
            Format::Csv => {
                let mut record = vec![path.display().to_string()];
                record.extend(ranked.iter().flat_map(|(class, p)| [(*class).to_owned(), p.to_string()]));
                let mut line = csv::Writer::from_writer(Vec::new());
                line.write_record(record)?;
                self.out.write_all(&line.into_inner().expect("memory takes what is written"))
            }
            Format::Json => {
                let object = Object::of(path, &ranked);
                let separator = if self.rows == 1 { "" } else { "," };
                write!(self.out, "{separator}\n  {}", serde_json::to_string(&object)?)
            }
        }?;
        // Also what ends no line: whoever reads need not wait for the next image.
        self.out.flush()
    }

    pub fn end(&mut self) -> io::Result<()> {
        match self.format {
            Format::Json if self.rows == 0 => writeln!(self.out, "]")?,
            Format::Json => writeln!(self.out, "\n]")?,
            Format::Table | Format::Csv => {}
        }
        self.out.flush()
    }
}
