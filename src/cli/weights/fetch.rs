//! `frostline weights fetch NAME`: a public file into the user's cache.

use super::folders;
use crate::cli::args::WeightsFetch;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::signals::{Heed, heed_signals};
use crate::report::Download;
use crate::stop::StopToken;
use crate::weights::{self, FetchError, FetchProblem, Fetched, KNOWN_FILES, KnownFile, Order, Step};

pub fn run(context: &Context, args: &WeightsFetch) -> Result<Exit, Failure> {
    let file = KnownFile::named(&args.name).ok_or_else(|| unknown(&args.name))?;
    let stop = StopToken::new();
    // It stops at once, and says itself what is kept.
    let heed = Heed { asked: Box::new(|| {}), ..Heed::default() };
    heed_signals(&stop, heed).map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
    let folder = folders::of_user()?;
    let order = Order { file, folder: &folder, from: args.from.as_deref() };
    let mut shown = context.download(file.name);
    let fetched = weights::fetch(order, &stop, &mut |step| show(shown.as_mut(), step))?;
    drop(shown);
    let path = match &fetched {
        Fetched::Now(path) => path,
        Fetched::Before(path) => {
            eprintln!("{}: it is here already, and whole ({})", file.name, file.pin.shown());
            path
        }
    };
    eprintln!(
        "use it with `path = \"{}\"` under `[weights]` and `preprocess = \"{}\"`",
        path.display(),
        file.preprocess
    );
    println!("{}", path.display());
    Ok(Exit::Success)
}

fn show(shown: &mut dyn Download, step: Step) {
    match step {
        Step::Waiting => shown.say("another process fetches the same; waiting for it"),
        Step::Began { from, total } => shown.begin(from, total),
        Step::At(bytes) => shown.at(bytes),
        Step::Again => shown.say("the connection broke; going on from there"),
        Step::Checking => shown.say("checking the digest"),
    }
}

fn unknown(name: &str) -> Failure {
    let names: Vec<&str> = KNOWN_FILES.iter().map(|file| file.name).collect();
    let text = format!("error: there are no public weights called `{name}`\n  hint: known are {}\n", names.join(", "));
    Failure { text, exit: Exit::Usage }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        let exit = match &error.problem {
            FetchProblem::Stopped => Exit::Interrupted,
            FetchProblem::Unreachable(_)
            | FetchProblem::Status { .. }
            | FetchProblem::CutOff { .. }
            | FetchProblem::Corrupted { .. }
            | FetchProblem::Another { .. }
            | FetchProblem::Values { .. } => Exit::Unusable,
            FetchProblem::Io(_) | FetchProblem::File(_) | FetchProblem::Lock(_) => Exit::Unexpected,
        };
        Self::new(exit, &error, error.hint())
    }
}
