//! `frostline watch DIR`: save a file, see the result.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::args::{Busy, Watch, WatchFormat};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::pages;
use super::signals::{Heed, heed_signals};
use super::sweep::work;
use crate::report::screen::{self, Front, Live, Screen, ScreenReporter, Theme};
use crate::report::{WatchJson, WatchLines};
use crate::spec::{Colour, OnDisk};
use crate::stop::StopToken;
use crate::watch::{Ended, OnBusy, Options, RunSweep, Session, Tools, WatchReporter};

pub fn run(context: Context, args: &Watch) -> Result<Exit, Failure> {
    let folder = folder(&args.folder)?;
    let options = Options { folder: folder.clone(), on_busy: args.on_busy.into(), poll: args.poll, once: args.once };
    let shown = is_screen(args).then(|| {
        let theme = if context.colour_of_data == Colour::Ansi { Theme::Coloured } else { Theme::Plain };
        ScreenReporter::new(Screen::new(&folder, theme), Arc::clone(&context.clock))
    });
    let reporter: Box<dyn WatchReporter> = match (&shown, args.format) {
        (Some(shown), _) => Box::new(shown.clone()),
        (None, Some(WatchFormat::Json)) => Box::new(WatchJson::new(std::io::stdout())),
        (None, Some(WatchFormat::Plain) | None) => Box::new(WatchLines::new(std::io::stdout(), &folder)),
    };
    let session = Session::start(tools(context, args.sweep, reporter, shown.is_some()), options)
        .map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
    let stop = StopToken::new();
    let ended = match shown {
        Some(shown) => watched_on_screen(session, &shown, &stop),
        None => heed_signals(&stop, Heed::default()).map(|()| session.run(&stop)),
    };
    Ok(match ended.map_err(|error| Failure::new(Exit::Unexpected, &error, None))? {
        Ended::AllDone => Exit::Success,
        Ended::SomeFailed => Exit::Failed,
        Ended::Stopped => Exit::Interrupted,
    })
}

fn folder(named: &Path) -> Result<PathBuf, Failure> {
    std::fs::canonicalize(named).map_err(|_| {
        let text = format!("error: there is no folder `{}` to watch\n", named.display());
        Failure { text, exit: Exit::Usage }
    })
}

/// A screen is for people in front of a terminal who stay there.
fn is_screen(args: &Watch) -> bool {
    let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    let is_terminal = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    is_terminal && !is_dumb && !args.plain && !args.once && args.format.is_none()
}

fn watched_on_screen(session: Session, shown: &ScreenReporter, stop: &StopToken) -> std::io::Result<Ended> {
    let (signalled, quit) = (shown.clone(), stop.clone());
    let asked = Box::new(move || signalled.screen().quit());
    heed_signals(stop, Heed { asked, ending: Box::new(screen::restore) })?;
    let front = Front {
        quit: Box::new(move || quit.request()),
        leave: Box::new(|| std::process::exit(i32::from(Exit::Interrupted as u8))),
        open: Box::new(open),
    };
    let live = Live::enter(shown.clone(), session.remote(), front)?;
    let ended = session.run(stop);
    drop(live);
    print!("{}", shown.screen().farewell());
    Ok(ended)
}

/// Shows a file with the program that the desktop has for it.
fn open(path: &Path) -> Result<(), String> {
    let has_desktop = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    let (program, first): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("cmd", &["/c", "start", ""]),
        _ if has_desktop => ("xdg-open", &[]),
        _ => return Err("there is no desktop here to show it on".to_owned()),
    };
    let quiet = |command: &mut Command| {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(drop)
    };
    quiet(Command::new(program).args(first).arg(path)).map_err(|error| format!("`{program}`: {error}"))
}

fn tools(context: Context, sweeps: bool, reporter: Box<dyn WatchReporter>, on_screen: bool) -> Tools {
    let context = Arc::new(context);
    let (loading, locating, sweeping) = (Arc::clone(&context), Arc::clone(&context), Arc::clone(&context));
    // The screen has colours of its own.
    let colour = if on_screen { Colour::Plain } else { context.colour };
    Tools {
        load: Box::new(move |file| loading.load_problems(file, &[], OnDisk::Checked)),
        render: Box::new(move |problems| problems.render(colour)),
        explain: Box::new(|error| Failure::from(error).text),
        runs_of: Box::new(move |project| locating.runs_of(project)),
        complete: Box::new(|runs, prepared, outcome| {
            pages::complete(runs, prepared, outcome).map_err(|failure| failure.text)
        }),
        sweep: sweeps.then(|| -> Box<RunSweep> {
            Box::new(move |base, reporter, stop| {
                work::all(&sweeping, base, reporter, stop).map_err(|failure| failure.text)
            })
        }),
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
