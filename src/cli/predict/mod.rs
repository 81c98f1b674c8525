//! `frostline predict RUN IMAGE…`: the classes of images, one after the other.

mod files;
mod printer;

use std::io;
use std::ops::ControlFlow;

use printer::Printer;

use super::args::Predict;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::signals::stop_on_signals;
use crate::stages::Seen;

pub fn run(context: &Context, args: &Predict) -> Result<Exit, Failure> {
    let stop = stop_on_signals().map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
    let trained = context.trained(&args.run)?;
    let mut files = args.images.iter().flat_map(|path| files::listed(path, &stop));
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
