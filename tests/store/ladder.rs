//! Ladders: longer is not different.

use frostline::cache::{At, Climb, Ladder, Rungs, Standing, State};

use crate::scene::{Scene, files_below, impatiently, inputs, patiently};

fn train(ladder: &Ladder, epochs: u32) -> (Rungs, Option<State>) {
    match patiently(|wait| ladder.climb(epochs, wait)).expect("climbs") {
        Climb::Train(rungs, start) => (rungs, start),
        Climb::Finished(state) => panic!("finished already: {state:?}"),
    }
}

#[test]
fn a_longer_training_goes_on_from_the_end_of_a_shorter_one() {
    let scene = Scene::new();
    let ladder = scene.cache().ladder(&inputs());
    assert_eq!(ladder.look(30).expect("looks"), Standing::Nothing);
    let (rungs, start) = train(&ladder, 30);
    assert_eq!(start, None);
    rungs.finish(At::epoch(30), b"thirty").expect("stores");
    assert_eq!(ladder.look(30).expect("looks"), Standing::Finished(At::epoch(30)));
    assert_eq!(ladder.look(50).expect("looks"), Standing::Start(At::epoch(30)));
    assert_eq!(ladder.look(29).expect("looks"), Standing::Nothing);
    let (rungs, start) = train(&ladder, 50);
    assert_eq!(start.expect("the end of the shorter one").bytes, b"thirty");
    rungs.finish(At::epoch(50), b"fifty").expect("stores");
    assert_eq!(ladder.look(30).expect("looks"), Standing::Finished(At::epoch(30)));
}

#[test]
fn an_interrupted_training_goes_on_from_its_latest_state_and_leaves_none_when_finished() {
    let scene = Scene::new();
    let ladder = scene.cache().ladder(&inputs());
    let (mut rungs, _) = train(&ladder, 5);
    let within = At { epochs: 2, batches: 7, ended_early: false };
    rungs.checkpoint(At::epoch(1), b"one").expect("stores");
    rungs.checkpoint(within, b"two and a bit").expect("stores");
    drop(rungs);
    assert_eq!(ladder.look(2).expect("looks"), Standing::Nothing, "a state beyond the wanted end is of no use");
    let (rungs, start) = train(&ladder, 5);
    assert_eq!(start, Some(State { at: within, bytes: b"two and a bit".to_vec() }));
    rungs.finish(At::epoch(5), b"five").expect("stores");
    let left = files_below(&scene.root());
    assert!(!left.iter().any(|(path, _)| path.to_string_lossy().contains("progress")), "{left:?}");
}

#[test]
fn a_training_towards_fewer_epochs_leaves_the_progress_of_a_longer_one() {
    let scene = Scene::new();
    let ladder = scene.cache().ladder(&inputs());
    let (mut rungs, _) = train(&ladder, 50);
    rungs.checkpoint(At::epoch(40), b"forty").expect("stores");
    drop(rungs);
    let (mut rungs, start) = train(&ladder, 30);
    assert_eq!(start, None);
    rungs.checkpoint(At::epoch(1), b"one").expect("stores");
    rungs.finish(At::epoch(30), b"thirty").expect("stores");
    assert_eq!(train(&ladder, 50).1.expect("the longer one's").bytes, b"forty");
}

#[test]
fn a_training_that_ended_by_itself_answers_for_every_larger_number_of_epochs() {
    let scene = Scene::new();
    let ladder = scene.cache().ladder(&inputs());
    let ended = At { epochs: 12, batches: 0, ended_early: true };
    train(&ladder, 50).0.finish(ended, b"twelve").expect("stores");
    for epochs in [12, 50, 1000] {
        assert_eq!(ladder.look(epochs).expect("looks"), Standing::Finished(ended));
    }
    assert_eq!(ladder.look(11).expect("looks"), Standing::Nothing);
}

#[test]
fn a_training_is_never_done_twice_at_once() {
    let scene = Scene::new();
    let (rungs, _) = train(&scene.cache().ladder(&inputs()), 5);
    let other = scene.cache().ladder(&inputs());
    let error = impatiently(|wait| other.climb(5, wait)).expect_err("somebody trains");
    assert!(error.is_stopped(), "{error}");
    rungs.finish(At::epoch(5), b"five").expect("stores");
    match impatiently(|wait| other.climb(5, wait)).expect("free now") {
        Climb::Finished(state) => assert_eq!(state.bytes, b"five"),
        Climb::Train(..) => panic!("it is finished"),
    }
}

#[test]
fn forced_training_starts_from_nothing() {
    let scene = Scene::new();
    let ladder = scene.cache().ladder(&inputs());
    train(&ladder, 5).0.finish(At::epoch(5), b"five").expect("stores");
    let rungs = patiently(|wait| ladder.climb_afresh(5, wait)).expect("locks");
    assert_eq!(ladder.look(5).expect("looks"), Standing::Nothing);
    rungs.finish(At::epoch(5), b"five anew").expect("stores");
}
