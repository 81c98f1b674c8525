//! `frostline show RUN`: one run.

use super::args::{Format, Show};
use super::context::{Context, table_format};
use super::exit::Exit;
use super::failure::Failure;
use crate::runs;

pub fn run(context: &Context, args: &Show) -> Result<Exit, Failure> {
    let all = context.runs_here();
    let run = all.resolve(&args.run)?;
    print!("{}", runs::table_of(&runs::rows(&all, std::slice::from_ref(&run))).render(table_format(args.format)));
    if args.format == Format::Table {
        for row in run.metrics()? {
            println!(
                "{} epoch {}: loss {:.4}, accuracy {:.4}, val_loss {:.4}, val_accuracy {:.4}",
                row.stage,
                row.epoch,
                row.loss,
                row.accuracy,
                row.val_loss.unwrap_or(f64::NAN),
                row.val_accuracy.unwrap_or(f64::NAN)
            );
        }
    }
    Ok(Exit::Success)
}
