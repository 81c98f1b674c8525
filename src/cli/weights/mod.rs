//! `frostline weights …`: other people's weights.

mod fetch;
mod folders;
mod import;
mod list;
mod verify;

use super::args::WeightsVerb;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;

pub fn run(context: &Context, verb: &WeightsVerb) -> Result<Exit, Failure> {
    match verb {
        WeightsVerb::List(args) => list::run(context, args),
        WeightsVerb::Import(args) => import::run(context, args),
        WeightsVerb::Verify(args) => verify::run(context, args),
        WeightsVerb::Fetch(args) => fetch::run(context, args),
    }
}
