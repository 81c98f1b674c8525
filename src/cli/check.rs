//! `frostline check FILE…`: every problem at once.

use std::path::Path;

use super::args::{Check, Format};
use super::context::{Context, table_format};
use super::exit::Exit;
use super::failure::Failure;
use super::quantity::counted;
use crate::runs::table::{Cell, Table};
use crate::spec::{Experiment, OnDisk};
use crate::{data, net, stages};

pub fn run(context: &Context, args: &Check) -> Result<Exit, Failure> {
    let mut worst = Exit::Success;
    let mut settings = Table::new(["file", "key", "value", "set_by"]);
    for file in &args.experiments.files {
        let experiment = context.load(file, &args.experiments.set, OnDisk::Checked);
        let checked = experiment.and_then(|experiment| {
            if args.settings {
                list_settings(args.format, file, &experiment, &mut settings);
            }
            check(context, args, experiment)
        });
        match checked {
            Ok(line) if args.format == Format::Table => println!("{}: {line}", file.display()),
            Ok(line) => eprintln!("{}: {line}", file.display()),
            Err(failure) => {
                eprint!("{}", failure.text);
                worst = if worst == Exit::Success { failure.exit } else { worst };
            }
        }
    }
    if args.format != Format::Table {
        print!("{}", settings.render(table_format(args.format)));
    }
    Ok(worst)
}

fn check(context: &Context, args: &Check, experiment: Experiment) -> Result<String, Failure> {
    let size = experiment.data.target_size;
    let shapes = match net::is_compiled_in(size.height as usize, size.width as usize) {
        true => "a compiled-in size",
        false => "run-time shapes",
    };
    let runs = context.runs_of(&experiment.project_root);
    let prepared = stages::prepare(experiment, &runs)?;
    prepared.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
    let (train, validation) = (&prepared.train, &prepared.validation);
    if args.data {
        let bad = [train, validation].map(|manifest| report_bad(manifest)).iter().sum::<usize>();
        if bad > 0 {
            return Err(Failure {
                text: format!("error: {} cannot be used\n", counted(bad, "image", "images")),
                exit: Exit::Unusable,
            });
        }
    }
    let classes = train.classes.join(", ");
    let (train, validation) = (train.images.len(), validation.images.len());
    Ok(format!(
        "ok: {train} training and {validation} validation images of {classes}; {} x {} px, {shapes}",
        size.height, size.width
    ))
}

fn report_bad(manifest: &data::Manifest) -> usize {
    let bad = data::check(manifest);
    bad.iter().for_each(|(_, error)| eprintln!("error: {error}"));
    bad.len()
}

/// For people, the settings as a file that could be run; for programs, rows of a table.
fn list_settings(format: Format, file: &Path, experiment: &Experiment, table: &mut Table) {
    for (key, value) in experiment.settings() {
        let origin = experiment.provenance.of(&key).map(ToString::to_string).unwrap_or_default();
        if format == Format::Table {
            println!("{key} = {value}  # {origin}");
        }
        table.push([file.display().to_string(), key, value.to_string(), origin].map(Cell::Text).to_vec());
    }
}
