//! `frostline predict RUN IMAGE…`: the classes of images, one after the other.

use std::io::{self, BufRead, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::{Format, Predict};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::signals::stop_on_signals;
use crate::data::{LoadError, Walk};
use crate::stages::Seen;

pub fn run(context: &Context, args: &Predict) -> Result<Exit, Failure> {
    let stop = stop_on_signals().map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
    let trained = context.trained(&args.run)?;
    let mut files = args.images.iter().flat_map(|path| files(path));
    let mut printer = Printer::new(io::stdout().lock(), args, &trained.classes);
    let (mut bad, mut good, mut written) = (0u64, 0u64, printer.begin());
    if written.is_ok() {
        trained.predict(&mut files, &stop, &mut |seen| {
            match seen {
                Seen::Image { path, probabilities } => {
                    good += 1;
                    written = printer.image(path, probabilities);
                }
                Seen::Unusable(error) => {
                    bad += 1;
                    eprintln!("warning: skipped {error}");
                }
            }
            if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
    }
    match written.and_then(|()| printer.end()) {
        // Whoever reads has read enough, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Exit::Success),
        result => result.map_err(|error| Failure::new(Exit::Unexpected, &error, None))?,
    }
    if bad > 0 {
        eprintln!("error: {bad} of {} files could not be used", bad + good);
    }
    Ok(match (stop.is_requested(), bad) {
        (true, _) => Exit::Interrupted,
        (false, 0) => Exit::Success,
        (false, _) => Exit::Unusable,
    })
}

/// The files that an argument stands for: a list on stdin, all that are in a folder, or itself.
fn files(path: &Path) -> Box<dyn Iterator<Item = Result<PathBuf, LoadError>>> {
    if path != Path::new("-") {
        return Box::new(Walk::new(path));
    }
    let lines = io::stdin().lock().lines();
    let unreadable = |source| LoadError::Io { path: "-".into(), source };
    Box::new(lines.filter(|line| !line.as_ref().is_ok_and(String::is_empty)).flat_map(move |line| match line {
        Ok(line) => Box::new(Walk::new(Path::new(&line))) as Box<dyn Iterator<Item = _>>,
        Err(source) => Box::new(std::iter::once(Err(unreadable(source)))),
    }))
}

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
struct Printer<'a, W: Write> {
    out: W,
    format: Format,
    shown: usize,
    classes: &'a [String],
    /// Characters of the longest class name.
    width: usize,
    rows: u64,
}

impl<'a, W: Write> Printer<'a, W> {
    fn new(out: W, args: &Predict, classes: &'a [String]) -> Self {
        let width = classes.iter().map(|class| class.chars().count()).max().unwrap_or(0).max("predicted".len());
        Self { out, format: args.format, shown: args.top_k.get().min(classes.len()), classes, width, rows: 0 }
    }

    fn begin(&mut self) -> io::Result<()> {
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

    fn image(&mut self, path: &Path, probabilities: &[f32]) -> io::Result<()> {
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
        }
    }

    fn end(&mut self) -> io::Result<()> {
        match self.format {
            Format::Json if self.rows == 0 => writeln!(self.out, "]")?,
            Format::Json => writeln!(self.out, "\n]")?,
            Format::Table | Format::Csv => {}
        }
        self.out.flush()
    }
}
