//! The terminal behind the screen: draws it, reads keys, and is given back whatever happens.

use std::io::{self, Stdout, stdout};
use std::panic;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};

use super::keys::{Action, Key};
use super::state::Screen;
use crate::clock::Clock;
use crate::runs::RunDir;
use crate::watch::{Remote, WatchEvent, WatchReporter};

/// The longest time between two looks at what has happened: ten drawings a second look smooth.
const FRAME: Duration = Duration::from_millis(100);
/// Drawings between two of a screen on which only the time goes on.
const IDLE_FRAMES: u32 = 10;

/// Whether the terminal is ours.
static ENTERED: AtomicBool = AtomicBool::new(false);
/// Whether something else was written to the terminal meanwhile.
static SPOILT: AtomicBool = AtomicBool::new(false);

/// Shows a report to the user, or says why it cannot.
pub type Open = dyn Fn(&Path) -> Result<(), String> + Send;

/// Whoever acts for the screen.
pub struct Front {
    /// Asks the session to stop after its batch.
    pub quit: Box<dyn Fn() + Send>,
    /// Ends the process; the terminal has been given back.
    pub leave: Box<dyn Fn() + Send>,
    /// Shows a report to the user, or says why it cannot.
    pub open: Box<Open>,
}

/// What the screen shows, shared between those who tell and the one who draws.
#[derive(Clone)]
pub struct ScreenReporter {
    screen: Arc<Mutex<Screen>>,
    changed: Arc<AtomicBool>,
    clock: Arc<dyn Clock>,
}

impl ScreenReporter {
    /// Tells a screen.
    pub fn new(screen: Screen, clock: Arc<dyn Clock>) -> Self {
        Self { screen: Arc::new(Mutex::new(screen)), changed: Arc::new(AtomicBool::new(true)), clock }
    }

    /// The screen, to be told something else.
    pub fn screen(&self) -> MutexGuard<'_, Screen> {
        self.changed.store(true, Ordering::SeqCst);
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WatchReporter for ScreenReporter {
    fn event(&self, event: &WatchEvent) {
        self.screen().apply(event, self.clock.monotonic());
    }
}

/// A screen on the terminal; dropped, it gives the terminal back.
pub struct Live {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Live {
    /// Takes the terminal behind stdin and stdout, and draws on a thread of its own.
    ///
    /// # Errors
    ///
    /// A terminal that does not do what it is told.
    pub fn enter(reporter: ScreenReporter, remote: Remote, front: Front) -> io::Result<Self> {
        give_back_on_panic();
        take()?;
        let terminal = Terminal::new(CrosstermBackend::new(stdout())).inspect_err(|_| restore())?;
        let over = Arc::new(AtomicBool::new(false));
        let mut drawing = Drawing { reporter, remote, front, terminal, over: Arc::clone(&over), frames: 0 };
        let thread = std::thread::spawn(move || {
            if drawing.go_on().is_err() {
                // The terminal is gone, and nobody can see the screen any more.
                restore();
                (drawing.front.quit)();
            }
        });
        Ok(Self { over, thread: Some(thread) })
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed, and the terminal is given back in any case.
            let _ = thread.join();
        }
        restore();
    }
}

fn take() -> io::Result<()> {
    ENTERED.store(true, Ordering::SeqCst);
    let taken = enable_raw_mode().and_then(|()| execute!(stdout(), EnterAlternateScreen));
    taken.inspect_err(|_| restore())
}

/// Gives the terminal back as it was, if it was taken.
pub fn restore() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        // Nothing better can be done for a terminal that refuses.
        let _ = disable_raw_mode();
        let _ = execute!(stdout(), LeaveAlternateScreen, Show);
    }
}

/// A panic is printed where it stays readable: on the terminal as it was. Then the screen comes back, for the panic of a
/// run ends the run and not the watching.
fn give_back_on_panic() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let was_entered = ENTERED.load(Ordering::SeqCst);
        restore();
        print(info);
        if was_entered {
            let _ = take();
            SPOILT.store(true, Ordering::SeqCst);
        }
    }));
}

/// The thread that draws.
struct Drawing {
    reporter: ScreenReporter,
    remote: Remote,
    front: Front,
    terminal: Terminal<CrosstermBackend<Stdout>>,
    over: Arc<AtomicBool>,
    frames: u32,
}

impl Drawing {
    fn go_on(&mut self) -> io::Result<()> {
        while !self.over.load(Ordering::SeqCst) {
            self.draw_if_due()?;
            let mut wait = FRAME;
            while event::poll(wait)? {
                self.happened(&event::read()?);
                wait = Duration::ZERO;
            }
        }
        Ok(())
    }

    fn draw_if_due(&mut self) -> io::Result<()> {
        self.frames += 1;
        let changed = self.reporter.changed.swap(false, Ordering::SeqCst);
        let is_late = self.frames >= IDLE_FRAMES && self.lock().is_busy();
        if SPOILT.swap(false, Ordering::SeqCst) {
            self.terminal.clear()?;
        } else if !changed && !is_late {
            return Ok(());
        }
        self.frames = 0;
        self.read_curves();
        let now = self.reporter.clock.monotonic();
        let mut screen = self.reporter.screen.lock().unwrap_or_else(PoisonError::into_inner);
        self.terminal.draw(|frame| screen.draw(frame, now)).map(drop)
    }

    fn lock(&self) -> MutexGuard<'_, Screen> {
        self.reporter.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the epochs that no event told of, of the experiments that can be seen.
    fn read_curves(&self) {
        let behind = self.lock().behind();
        for (file, run) in behind {
            // What cannot be read cannot be shown.
            let rows = RunDir::at(&run).and_then(|run| run.metrics().ok()).unwrap_or_default();
            self.lock().learn(&file, &rows);
        }
    }

    fn happened(&self, event: &Event) {
        let action = match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                key_of(key).and_then(|it| self.reporter.screen().key(it))
            }
            Event::Resize(..) => {
                self.reporter.changed.store(true, Ordering::SeqCst);
                None
            }
            _ => None,
        };
        match action {
            None => {}
            Some(Action::Wish(wish)) => self.remote.wish(wish),
            Some(Action::Open(run)) => self.open(&run),
            Some(Action::Quit) => {
                self.reporter.screen().quit();
                (self.front.quit)();
            }
            Some(Action::Leave) => {
                restore();
                (self.front.leave)();
            }
        }
    }

    fn open(&self, run: &Path) {
        let report = run.join("report.html");
        let notice = match report.is_file().then(|| (self.front.open)(&report)) {
            None => format!("no report yet: {}", run.display()),
            Some(Ok(())) => format!("opened {}", report.display()),
            Some(Err(why)) => format!("{} ({why})", report.display()),
        };
        self.reporter.screen().tell(notice);
    }
}

fn key_of(key: &KeyEvent) -> Option<Key> {
    Some(match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Key::Interrupt,
        KeyCode::Char(letter) => Key::Char(letter),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Tab => Key::Tab,
        KeyCode::Esc => Key::Escape,
        _ => return None,
    })
}
