//! `frostline compare RUN…`: only what differs, and what came of it.

use super::args::{Compare, Format};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::pages;
use crate::report::{Comparison, Emphasis};
use crate::spec::Colour;

pub fn run(context: &Context, args: &Compare) -> Result<Exit, Failure> {
    let all = context.runs_here();
    let comparison = Comparison::of(&pages::views(&all, &pages::named(&all, &args.wanted)?)?);
    let emphasis = if context.colour_of_data == Colour::Ansi { Emphasis::Ansi } else { Emphasis::Plain };
    match args.format {
        Format::Table => print!("{}", comparison.text(emphasis, context.columns())),
        Format::Csv => print!("{}", comparison.csv()),
        Format::Json => print!("{}", comparison.json()),
    }
    Ok(Exit::Success)
}
