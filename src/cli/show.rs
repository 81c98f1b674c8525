//! `frostline show RUN`: one run, its settings and who set them, its stages, its curves.

use super::args::{Format, Show};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::pages;
use crate::report::account::{account_json, flat_table, settings_table, stages_table};
use crate::report::{Palette, RunView, TerminalSize, terminal_curves};
use crate::runs::table;
use crate::spec::Colour;

/// The width of curves where none is known, and the greatest: wider ones are no easier to read.
const COLUMNS: (usize, usize) = (80, 120);
/// The height of each of the two plots: both fit a small terminal.
const ROWS: usize = 9;

pub fn run(context: &Context, args: &Show) -> Result<Exit, Failure> {
    let all = context.runs_here();
    let run = all.resolve(&args.run)?;
    let view = pages::view(&all, &run)?;
    match args.format {
        Format::Table => print!("{}", text(context, &view, &run.path().display().to_string())),
        Format::Csv => print!("{}", flat_table(&view).render(table::Format::Csv)),
        Format::Json => print!("{}", account_json(&view)),
    }
    Ok(Exit::Success)
}

fn text(context: &Context, view: &RunView, path: &str) -> String {
    let message = view.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
    let mut text = format!("{}/{}  {}{message}\n{path}\n", view.name, view.id, view.state);
    for table in [settings_table(view), stages_table(view)] {
        text += &format!("\n{}", table.render(table::Format::Table));
    }
    let columns = context.columns().map_or(COLUMNS.0, |columns| columns.min(COLUMNS.1));
    let palette = if context.colour_of_data == Colour::Ansi { Palette::Ansi } else { Palette::Plain };
    text + "\n" + &terminal_curves(view, TerminalSize { columns, rows: ROWS }, palette)
}
