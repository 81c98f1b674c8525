//! The screen of `watch`: a pure state, drawn on terminals of several sizes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use frostline::event::{EpochMetrics, Event, Stage, Unit};
use frostline::report::screen::{Action, Key, Screen, Theme};
use frostline::watch::{Finish, WatchEvent, Wish};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const FOLDER: &str = "/project/experiments";

fn file(name: &str) -> PathBuf {
    Path::new(FOLDER).join(name).with_extension("toml")
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What a terminal of this size shows at a time.
fn drawn(screen: &mut Screen, (columns, rows): (u16, u16), seconds: u64) -> String {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a terminal in memory");
    terminal.draw(|frame| screen.draw(frame, at(seconds))).expect("memory takes what is drawn");
    let buffer = terminal.backend().buffer();
    let line = |row: u16| (0..columns).map(|column| buffer[(column, row)].symbol()).collect::<String>();
    (0..rows).map(|row| line(row).trim_end().to_owned() + "\n").collect()
}

fn epoch(stage: Stage, epoch: u32) -> Event {
    let share = f64::from(epoch + 1) / 20.0;
    let metrics = EpochMetrics {
        epoch,
        accuracy: 0.7 + share / 4.0,
        loss: 0.6 - share / 2.0,
        val_accuracy: 0.72 + share / 5.0 - f64::from(epoch % 3) / 50.0,
        val_loss: 0.55 - share / 3.0 + f64::from(epoch % 3) / 40.0,
        learning_rate: 1e-3,
    };
    Event::EpochEnded { stage, metrics }
}

fn begins(stage: Stage, (done, total): (u64, u64), epochs: u32) -> Event {
    let unit = if epochs == 0 { Unit::Images } else { Unit::Samples };
    Event::StageBegan { stage, unit, total, done, epochs, because: vec!["top.dropout 0.5 -> 0.3".to_owned()] }
}

/// Four experiments: one at work on its top model, one that waits, one done, one broken.
fn busy() -> Screen {
    let mut screen = Screen::new(Path::new(FOLDER), Theme::Plain);
    let mut tell = |event: WatchEvent, seconds: u64| screen.apply(&event, at(seconds));
    for name in ["cats-vs-dogs", "mushrooms", "old/baseline", "typo"] {
        tell(WatchEvent::Found { experiment: file(name) }, 0);
    }
    done(&mut tell, "old/baseline");
    let problems = "error: `epchs` is not a setting of `[top]`\n --> typo.toml:8:1\n  |\n8 | epchs = 50\n  | ^^^^^ did you mean `epochs`?\n";
    tell(WatchEvent::Broken { experiment: file("typo"), problems: problems.to_owned() }, 0);
    tell(WatchEvent::Queued { experiment: file("mushrooms"), queue: vec![file("mushrooms")] }, 0);
    let experiment = file("cats-vs-dogs");
    let changes = vec!["top.dropout 0.5 -> 0.3".to_owned()];
    tell(WatchEvent::Changed { experiment: experiment.clone(), changes: changes.clone(), data: false }, 1);
    tell(WatchEvent::Started { experiment: experiment.clone() }, 1);
    let run = vec!["top".to_owned(), "fine_tune".to_owned()];
    tell(
        WatchEvent::Planned { experiment: experiment.clone(), changes, cached: vec!["bottleneck".to_owned()], run },
        1,
    );
    let path = PathBuf::from("/project/runs/cats-vs-dogs/0002-0badcafe");
    let began = Event::RunBegan { name: "cats-vs-dogs".into(), id: "0002-0badcafe".into(), path, resumed: false };
    let mut events = vec![began, Event::StageCached { stage: Stage::Bottleneck, found: 2800 }];
    events.push(begins(Stage::Top, (0, 40_000), 20));
    events.extend((0..12).map(|number| epoch(Stage::Top, number)));
    events.push(Event::Progress { stage: Stage::Top, done: 25_000 });
    events.into_iter().for_each(|event| tell(WatchEvent::Run { experiment: experiment.clone(), event }, 2));
    screen
}

fn done(tell: &mut impl FnMut(WatchEvent, u64), name: &str) {
    let experiment = file(name);
    let event = Event::AlreadyDone {
        name: "baseline".into(),
        id: "0001-d461b80d".into(),
        path: PathBuf::from("/project/runs/baseline/0001-d461b80d"),
        val_accuracy: 0.94125,
        best_val_accuracy: 0.945,
    };
    tell(WatchEvent::Run { experiment: experiment.clone(), event }, 0);
    tell(WatchEvent::Ended { experiment, finish: Finish::Done }, 0);
}

#[test]
fn a_wide_terminal_shows_every_column_and_curves_beside_the_log() {
    insta::assert_snapshot!("wide", drawn(&mut busy(), (120, 35), 27));
}

#[test]
fn eighty_by_twenty_four_has_room_for_curves_above_the_log() {
    insta::assert_snapshot!("usual", drawn(&mut busy(), (80, 24), 27));
}

#[test]
fn a_narrow_terminal_keeps_name_state_and_best() {
    insta::assert_snapshot!("narrow", drawn(&mut busy(), (40, 16), 27));
}

#[test]
fn a_broken_experiment_shows_its_problems_with_line_and_caret() {
    let mut screen = busy();
    screen.key(Key::End);
    let shown = drawn(&mut screen, (80, 24), 27);
    assert!(shown.contains("▸ typo") && shown.contains("8 | epchs = 50"), "{shown}");
    assert!(shown.contains("  | ^^^^^ did you mean `epochs`?"), "{shown}");
}

#[test]
fn no_size_is_too_small_or_too_large_to_draw() {
    for size in [(1, 1), (19, 3), (20, 4), (21, 9), (40, 5), (56, 12), (76, 7), (99, 50), (118, 20), (400, 100)] {
        let mut screen = busy();
        drawn(&mut screen, size, 3);
        screen.key(Key::Char('?'));
        drawn(&mut screen, size, 3);
        drawn(&mut Screen::new(Path::new(FOLDER), Theme::Coloured), size, 3);
    }
}

#[test]
fn keys_wish_for_a_rerun_a_stop_and_a_report() {
    let mut screen = busy();
    let running = file("cats-vs-dogs");
    assert_eq!(screen.key(Key::Char('r')), Some(Action::Wish(Wish::Rerun(running.clone()))));
    assert_eq!(screen.key(Key::Char('R')), Some(Action::Wish(Wish::Afresh(running.clone()))));
    assert_eq!(screen.key(Key::Char('s')), Some(Action::Wish(Wish::Stop(running))));
    assert_eq!(screen.key(Key::Char('o')), Some(Action::Open("/project/runs/cats-vs-dogs/0002-0badcafe".into())));
    screen.key(Key::Down);
    assert_eq!(screen.key(Key::Char('s')), Some(Action::Wish(Wish::Stop(file("mushrooms")))));
    assert_eq!(screen.key(Key::Char('o')), None);
    assert!(drawn(&mut screen, (80, 24), 3).contains("mushrooms has no run yet"));
}

#[test]
fn the_first_q_asks_for_a_stop_and_the_second_leaves_at_once() {
    let mut screen = busy();
    assert_eq!(screen.key(Key::Char('q')), Some(Action::Quit));
    screen.quit();
    assert!(drawn(&mut screen, (80, 24), 3).contains("stopping after this batch"));
    assert_eq!(screen.key(Key::Interrupt), Some(Action::Leave));
}

#[test]
fn the_selection_follows_what_runs_until_the_user_moves_it() {
    let mut screen = busy();
    let selected = |screen: &mut Screen| match screen.key(Key::Char('r')) {
        Some(Action::Wish(Wish::Rerun(file))) => file,
        other => panic!("{other:?}"),
    };
    let start = |screen: &mut Screen, name: &str| {
        screen.apply(&WatchEvent::Started { experiment: file(name) }, at(30));
    };
    start(&mut screen, "mushrooms");
    assert_eq!(selected(&mut screen), file("mushrooms"));
    screen.key(Key::Up);
    start(&mut screen, "old/baseline");
    assert_eq!(selected(&mut screen), file("cats-vs-dogs"));
    screen.apply(&WatchEvent::Removed { experiment: file("cats-vs-dogs") }, at(31));
    assert_eq!(selected(&mut screen), file("mushrooms"), "the next one, where the selected one is gone");
}

#[test]
fn a_thousand_experiments_scroll_with_the_selection() {
    let mut screen = Screen::new(Path::new(FOLDER), Theme::Plain);
    for number in 0..1000 {
        screen.apply(&WatchEvent::Found { experiment: file(&format!("x{number:04}")) }, at(0));
    }
    assert!(drawn(&mut screen, (80, 24), 0).contains("▸ x0000"));
    screen.key(Key::End);
    let end = drawn(&mut screen, (80, 24), 0);
    assert!(end.contains("▸ x0999") && end.contains("  x0998") && !end.contains("x0000"), "{end}");
    screen.key(Key::PageUp);
    assert!(drawn(&mut screen, (80, 24), 0).contains("▸ x0991"), "a page is what was shown");
}

#[test]
fn colour_is_there_when_it_is_asked_for_and_only_then() {
    let is_coloured = |theme: Theme| {
        let mut screen = Screen::new(Path::new(FOLDER), theme);
        screen.apply(&WatchEvent::Found { experiment: file("a") }, at(0));
        screen.apply(&WatchEvent::Started { experiment: file("a") }, at(0));
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).expect("a terminal in memory");
        terminal.draw(|frame| screen.draw(frame, at(0))).expect("memory takes what is drawn");
        let cells = terminal.backend().buffer().content();
        cells.iter().any(|cell| cell.fg != ratatui::style::Color::Reset)
    };
    assert!(is_coloured(Theme::Coloured));
    assert!(!is_coloured(Theme::Plain));
}
