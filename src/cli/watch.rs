//! `frostline watch DIR`: save a file, see the result.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::args::{Busy, Watch, WatchFormat};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::pages;
use super::signals::stop_on_signals;
use crate::report::{WatchJson, WatchLines};
use crate::spec::OnDisk;
use crate::watch::session::Tools;
use crate::watch::{Ended, OnBusy, Options, Session, WatchReporter};

pub fn run(context: Context, args: &Watch) -> Result<Exit, Failure> {
    let stop = stop_on_signals().map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
    let folder = std::path::absolute(&args.folder).and_then(std::fs::canonicalize);
    let folder = folder.map_err(|_| {
        let text = format!("error: there is no folder `{}` to watch\n", args.folder.display());
        Failure { text, exit: Exit::Usage }
    })?;
    let options = Options { folder: folder.clone(), on_busy: args.on_busy.into(), poll: args.poll, once: args.once };
    let session = Session::start(tools(context, args, &folder), options)
        .map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
    Ok(match session.run(&stop) {
        Ended::AllDone => Exit::Success,
        Ended::SomeFailed => Exit::Failed,
        Ended::Stopped => Exit::Interrupted,
    })
}

fn tools(context: Context, args: &Watch, folder: &Path) -> Tools {
    let reporter: Box<dyn WatchReporter> = match args.format {
        WatchFormat::Plain => Box::new(WatchLines::new(std::io::stdout(), folder)),
        WatchFormat::Json => Box::new(WatchJson::new(std::io::stdout())),
    };
    let context = Arc::new(context);
    let (loading, rendering, locating) = (Arc::clone(&context), Arc::clone(&context), Arc::clone(&context));
    Tools {
        load: Box::new(move |file| loading.load_problems(file, &[], OnDisk::Checked)),
        render: Box::new(move |problems| problems.render(rendering.colour)),
        explain: Box::new(|error| Failure::from(error).text),
        complete: Box::new(|runs, prepared, outcome| {
            pages::complete(runs, prepared, outcome).map_err(|failure| failure.text)
        }),
        runs_of: Box::new(move |project| locating.runs_of(project)),
        reporter,
        clock: Arc::clone(&context.clock),
    }
}

impl From<Busy> for OnBusy {
    fn from(busy: Busy) -> Self {
        match busy {
            Busy::Restart => Self::Restart,
            Busy::Queue => Self::Queue,
            Busy::Skip => Self::Skip,
        }
    }
}

/// A time such as `2s`, `500ms` or `1.5`, in seconds where no unit is given.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, scale) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 1e-3),
        (None, Some(number)) => (number, 1.0),
        (None, None) => (text, 1.0),
    };
    let seconds = number.trim().parse::<f64>().map(|number| number * scale).unwrap_or(f64::NAN);
    match seconds > 0.0 && seconds < 1e6 {
        true => Ok(Duration::from_secs_f64(seconds)),
        false => Err(format!("expected a time such as `2s` or `500ms`, found `{text}`")),
    }
}
