//! `frostline schema` and `frostline completions SHELL`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;
use super::exit::Exit;
use super::failure::Failure;
use super::output;
use crate::spec;

pub fn schema() -> Result<Exit, Failure> {
    print!("{}", spec::schema());
    Ok(Exit::Success)
}

pub fn completions(shell: Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "frostline", &mut script);
    output::data(&script);
    Ok(Exit::Success)
}
