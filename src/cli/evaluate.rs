//! `frostline evaluate RUN --data DIR`: how good a run's network is on labelled images.

use serde_json::json;

use super::args::{Evaluate, Format};
use super::context::{Context, table_format};
use super::exit::Exit;
use super::failure::Failure;
use super::signals::stop_on_signals;
use crate::files;
use crate::report::{ClassScore, Confusion};
use crate::runs::predictions_csv;
use crate::runs::table::{Cell, Table};
use crate::stages::{self, Examined};

pub fn run(context: &Context, args: &Evaluate) -> Result<Exit, Failure> {
    let stop = stop_on_signals().map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
    let trained = context.trained(&args.run)?;
    let labelled = trained.labelled(args.data.as_deref())?;
    labelled.warnings().iter().for_each(|warning| eprintln!("warning: {warning}"));
    let images = labelled.images;
    let Some(examined) = stages::evaluate(&trained, &images, &stop)? else { return Ok(Exit::Interrupted) };
    for file in &examined.skipped {
        eprintln!("warning: skipped `{}`: {}", images.root.join(&file.path).display(), file.reason);
    }
    if let Some(path) = &args.predictions {
        files::write_atomic(path, &predictions_csv(&examined.predictions))?;
    }
    let pairs = examined.predictions.iter().map(|row| (row.label.as_str(), row.predicted.as_str()));
    let confusion = Confusion::counted(&trained.classes, pairs);
    print!("{}", text(args.format, &examined, &confusion));
    let bad = examined.skipped.len();
    if bad > 0 && !trained.skips_bad_images() {
        eprintln!("error: {bad} of {} files could not be used", bad + examined.predictions.len());
        return Ok(Exit::Unusable);
    }
    Ok(Exit::Success)
}

fn text(format: Format, examined: &Examined, confusion: &Confusion) -> String {
    match format {
        Format::Table => tables(examined, confusion),
        Format::Csv => measures(examined, confusion).render(table_format(format)),
        Format::Json => format!("{:#}\n", object(examined, confusion)),
    }
}

/// For people: the whole, then each class, then who was taken for whom.
fn tables(examined: &Examined, confusion: &Confusion) -> String {
    let mut whole = Table::new(["images", "loss", "accuracy"]);
    whole.push(vec![
        Cell::Count(examined.predictions.len() as u64),
        Cell::metric(Some(examined.metrics.loss)),
        Cell::metric(Some(examined.metrics.accuracy)),
    ]);
    let mut classes = Table::new(["class", "images", "precision", "recall", "f1"]);
    for score in confusion.scores() {
        let ClassScore { class, precision, recall, f1, support } = score;
        classes.push(vec![
            Cell::Text(class),
            Cell::Count(support),
            Cell::metric(precision),
            Cell::metric(recall),
            Cell::metric(f1),
        ]);
    }
    let heads = std::iter::once("label \\ predicted".to_owned()).chain(confusion.classes().iter().cloned());
    let mut taken = Table::new(heads);
    for (label, class) in confusion.classes().iter().enumerate() {
        let counts = (0..confusion.classes().len()).map(|predicted| Cell::Count(confusion.get(label, predicted)));
        taken.push(std::iter::once(Cell::Text(class.clone())).chain(counts).collect());
    }
    [whole, classes, taken].map(|table| table.render(table_format(Format::Table))).join("\n")
}

/// For programs that read tables: one measure a row.
fn measures(examined: &Examined, confusion: &Confusion) -> Table {
    let mut table = Table::new(["measure", "class", "predicted", "value"]);
    let mut push = |measure: &str, class: Option<&str>, predicted: Option<&str>, value: Cell| {
        let name = |name: Option<&str>| Cell::text(name.map(str::to_owned));
        table.push(vec![Cell::Text(measure.to_owned()), name(class), name(predicted), value]);
    };
    push("images", None, None, Cell::Count(examined.predictions.len() as u64));
    push("loss", None, None, Cell::metric(Some(examined.metrics.loss)));
    push("accuracy", None, None, Cell::metric(Some(examined.metrics.accuracy)));
    for score in confusion.scores() {
        let class = Some(score.class.as_str());
        push("images", class, None, Cell::Count(score.support));
        push("precision", class, None, Cell::metric(score.precision));
        push("recall", class, None, Cell::metric(score.recall));
        push("f1", class, None, Cell::metric(score.f1));
    }
    for (label, class) in confusion.classes().iter().enumerate() {
        for (place, predicted) in confusion.classes().iter().enumerate() {
            push("count", Some(class), Some(predicted), Cell::Count(confusion.get(label, place)));
        }
    }
    table
}

fn object(examined: &Examined, confusion: &Confusion) -> serde_json::Value {
    let classes: Vec<_> = confusion
        .scores()
        .into_iter()
        .map(|score| {
            json!({
                "class": score.class,
                "images": score.support,
                "precision": score.precision,
                "recall": score.recall,
                "f1": score.f1,
            })
        })
        .collect();
    let count = confusion.classes().len();
    let rows: Vec<Vec<u64>> =
        (0..count).map(|label| (0..count).map(|predicted| confusion.get(label, predicted)).collect()).collect();
    json!({
        "images": examined.predictions.len(),
        "loss": examined.metrics.loss,
        "accuracy": examined.metrics.accuracy,
        "classes": classes,
        "confusion": rows,
    })
}
