//! Each operation on the disk fails in turn, and the process dies at each in turn: what was there stays, and the next try succeeds.

use std::path::Path;

use frostline::cache::{At, Climb, Lookup, Repair, verify};
use frostline::digest::Digest;
use frostline::files::{self, fault};
use frostline::runs::{Again, Claim, Identity, MetricsRow, Order, Runs, State};

use crate::scene::{Scene, image, inputs, patiently, record};
use crate::shelf::{BYTES, assert_holds};

const ENOSPC: i32 = 28;
const EIO: i32 = 5;

/// Runs `attempt` with the nth operation struck, for every n that it reaches; after each, `check` must find all well.
fn strike_each(prepare: impl Fn(&Scene), attempt: impl Fn(&Scene) -> Result<(), String>, check: impl Fn(&Scene, u64)) {
    let mut struck = 0;
    let plans: [fn(u64) -> fault::Plan; 3] =
        [|nth| fault::Plan::fail(nth, ENOSPC), |nth| fault::Plan::fail(nth, EIO), fault::Plan::die];
    for plan in plans {
        for nth in 1.. {
            let scene = Scene::new();
            prepare(&scene);
            let injected = fault::inject(plan(nth));
            let outcome = attempt(&scene);
            let reached = injected.seen() >= nth;
            drop(injected);
            if !reached {
                outcome.expect("nothing was struck");
                break;
            }
            check(&scene, nth);
            attempt(&scene).unwrap_or_else(|error| panic!("after fault {nth} the next try fails: {error}"));
            struck += 1;
        }
    }
    eprintln!("{struck} faults");
    assert!(struck > 5, "the attempt does something");
}

fn text(error: impl ToString) -> String {
    error.to_string()
}

#[test]
fn an_atomic_write_leaves_the_old_or_the_new_content_whatever_fails() {
    let target = |scene: &Scene| scene.root().join("file");
    strike_each(
        |scene| {
            files::create_folder(&scene.root()).expect("makes");
            files::write_atomic(&target(scene), b"old content").expect("writes");
        },
        |scene| files::write_atomic(&target(scene), b"the new content").map_err(text),
        |scene, nth| {
            let content = files::read(&target(scene)).expect("reads");
            assert!(content == b"old content" || content == b"the new content", "fault {nth}: {content:?}");
            files::clear_stale(&scene.root()).expect("clears");
            assert_eq!(files::list_folder(&scene.root()).expect("lists").len(), 1, "fault {nth} left something behind");
        },
    );
}

#[test]
fn a_shelf_keeps_its_records_whatever_fails_in_an_append() {
    let append = |scene: &Scene, numbers: &[u32]| -> Result<(), String> {
        let shelf = scene.cache().shelf(&inputs(), BYTES).map_err(text)?;
        let records: Vec<(Digest, Vec<u8>)> = numbers.iter().map(|&nth| (image(nth), record(nth, BYTES))).collect();
        let records: Vec<(Digest, &[u8])> = records.iter().map(|(image, bytes)| (*image, &bytes[..])).collect();
        patiently(|wait| shelf.writer(wait)).map_err(text)?.append(&records).map_err(text)
    };
    let cold = |scene: &Scene, nth: u64| {
        let shelf = scene.cache().shelf(&inputs(), BYTES).expect("opens");
        for image_nth in 1..=3 {
            if shelf.has(&image(image_nth)) {
                assert_holds(&shelf, image_nth);
            }
        }
        assert_eq!(verify(&scene.cache(), Repair::No).expect("verifies").problems, [], "fault {nth}");
    };
    strike_each(|scene| drop(scene.cache()), |scene| append(scene, &[1, 2]), cold);
    strike_each(
        |scene| append(scene, &[3]).expect("appends"),
        |scene| append(scene, &[1, 2]),
        |scene, nth| {
            cold(scene, nth);
            assert_holds(&scene.cache().shelf(&inputs(), BYTES).expect("opens"), 3);
        },
    );
}

#[test]
fn the_same_writer_goes_on_once_there_is_room_again() {
    let scene = Scene::new();
    let shelf = scene.cache().shelf(&inputs(), BYTES).expect("opens");
    let mut writer = patiently(|wait| shelf.writer(wait)).expect("locks");
    let (one, two) = (record(1, BYTES), record(2, BYTES));
    writer.append(&[(image(1), &one)]).expect("appends");
    let full = fault::Plan { only: Some(files::Operation::Write), nth: 1, fault: fault::Fault::Fail(ENOSPC) };
    let injected = fault::inject(full);
    let error = writer.append(&[(image(2), &two)]).expect_err("full");
    drop(injected);
    assert!(
        error.to_string().contains("segment-000001.shelf") && error.to_string().contains("bytes needed"),
        "{error}"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("free at least")));
    assert!(!shelf.has(&image(2)));
    writer.append(&[(image(2), &two)]).expect("appends");
    drop(writer);
    for nth in 1..=2 {
        assert_holds(&shelf, nth);
        assert_holds(&scene.cache().shelf(&inputs(), BYTES).expect("opens"), nth);
    }
}

#[test]
fn an_entry_is_absent_or_whole_whatever_fails_in_saving_it() {
    let save = |scene: &Scene| match patiently(|wait| scene.cache().entry(&inputs(), wait)).map_err(text)? {
        Lookup::Hit(_) => Ok(()),
        Lookup::Miss(slot) => slot.save(b"result").map_err(text),
    };
    strike_each(
        |scene| drop(scene.cache()),
        save,
        |scene, nth| {
            let found = scene.cache().look_entry(&inputs()).expect("absent or whole");
            assert!(found.is_none_or(|bytes| bytes == b"result"), "fault {nth}");
        },
    );
}

#[test]
fn a_training_always_keeps_its_latest_or_an_earlier_state() {
    let climb = |scene: &Scene| match patiently(|wait| scene.cache().ladder(&inputs()).climb(3, wait)).map_err(text)? {
        Climb::Finished(_) => Ok(()),
        Climb::Train(mut rungs, start) => {
            for epoch in start.map_or(1, |state| state.at.epochs + 1)..3 {
                rungs.checkpoint(At::epoch(epoch), format!("state {epoch}").as_bytes()).map_err(text)?;
            }
            rungs.finish(At::epoch(3), b"state 3").map_err(text)
        }
    };
    strike_each(
        |scene| match patiently(|wait| scene.cache().ladder(&inputs()).climb(3, wait)).expect("climbs") {
            Climb::Train(mut rungs, _) => rungs.checkpoint(At::epoch(1), b"state 1").expect("stores"),
            Climb::Finished(_) => panic!("nothing is stored yet"),
        },
        climb,
        |scene, nth| {
            let cache = scene.cache();
            let state = match patiently(|wait| cache.ladder(&inputs()).climb(3, wait)).expect("climbs") {
                Climb::Finished(state) => state,
                Climb::Train(_, state) => state.expect("a state stays"),
            };
            assert_eq!(state.bytes, format!("state {}", state.at.epochs).as_bytes(), "fault {nth}");
            assert_eq!(cache.take_warnings(), [], "fault {nth}");
        },
    );
}

fn identity() -> Identity {
    Identity { spec: Digest::of(b"spec"), whole: Digest::of(b"whole") }
}

fn order() -> Order<'static> {
    Order { name: "cats", identity: identity(), spec: "name = \"cats\"\n", again: Again::Show }
}

fn runs_of(scene: &Scene) -> Runs {
    let root = scene.root();
    Runs::at(root.parent().expect("runs"), frostline::clock::SystemClock::shared())
}

#[test]
fn no_run_directory_is_ever_without_a_state_and_a_spec() {
    let row = MetricsRow {
        stage: "top".to_owned(),
        epoch: 0,
        accuracy: 0.5,
        loss: 0.7,
        val_accuracy: None,
        val_loss: None,
        learning_rate: 0.001,
    };
    let work = |scene: &Scene| match patiently(|wait| runs_of(scene).claim(order(), wait)).map_err(text)? {
        Claim::Done(_) => Ok(()),
        Claim::Mine(run) => {
            run.write_metrics(std::slice::from_ref(&row)).map_err(text)?;
            run.end(State::Done, None).map(drop).map_err(text)
        }
    };
    strike_each(
        |scene| files::create_folder(&scene.root()).expect("makes"),
        work,
        |scene, nth| {
            let list = runs_of(scene).list(None).expect("lists");
            assert!(list.len() <= 1, "fault {nth}");
            for run in &list {
                run.status().unwrap_or_else(|error| panic!("fault {nth}: {error}"));
                assert_eq!(run.spec().expect("a spec"), order().spec, "fault {nth}");
                run.metrics().unwrap_or_else(|error| panic!("fault {nth}: {error}"));
            }
        },
    );
}

#[test]
fn errors_of_a_full_disk_say_where_and_how_much() {
    let scene = Scene::new();
    files::create_folder(&scene.root()).expect("makes");
    let _injected = fault::inject(fault::Plan::fail(2, ENOSPC));
    let error = files::write_atomic(&scene.root().join("model.safetensors"), &[0; 1000]).expect_err("full");
    assert!(error.is_full() && error.path().ends_with(Path::new("model.safetensors")));
    assert!(error.to_string().contains("(1000 bytes needed)"), "{error}");
}
