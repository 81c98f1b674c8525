//! Damage: every byte flipped, every length cut to, versions from the future.

use std::fs;
use std::path::Path;

use frostline::cache::{At, Cache, Climb, Damage, Lookup, Read, Repair, Shelf, verify};
use frostline::digest::Digest;
use frostline::files::{Lock, fault};

use crate::scene::{Scene, files_below, image, inputs, only_file, patiently, record};
use crate::shelf::{BYTES, append, assert_holds};

/// Opens the shelf, reads all of `1..=last`, and gives which of them were found. None may be found with wrong bytes.
fn found(shelf: &Shelf, last: u32) -> Vec<u32> {
    let mut out = vec![0; BYTES];
    let is_found = |nth: &u32| match shelf.read(&image(*nth), &mut out) {
        Read::Found => {
            assert_eq!(out, record(*nth, BYTES), "a record was found with wrong bytes");
            true
        }
        Read::Absent | Read::Damaged => false,
    };
    (1..=last).filter(is_found).collect()
}

/// Computes what is missing, as a run would, and checks that the shelf is whole afterwards and says so.
fn recompute(cache: &Cache, last: u32) {
    let shelf = cache.shelf(&inputs(), BYTES).expect("opens");
    found(&shelf, last);
    let missing: Vec<u32> = (1..=last).filter(|nth| !shelf.has(&image(*nth))).collect();
    append(&shelf, &missing);
    (1..=last).for_each(|nth| assert_holds(&shelf, nth));
}

fn three_blocks() -> (Scene, std::path::PathBuf, Vec<u8>) {
    let scene = Scene::new();
    let shelf = scene.cache().shelf(&inputs(), BYTES).expect("opens");
    append(&shelf, &[1, 2]);
    append(&shelf, &[3]);
    append(&shelf, &[4]);
    let path = only_file(&scene.root(), ".shelf");
    let whole = fs::read(&path).expect("reads");
    (scene, path, whole)
}

fn restore(path: &Path, bytes: &[u8]) {
    for sibling in fs::read_dir(path.parent().expect("a folder")).expect("lists") {
        let sibling = sibling.expect("an entry").path();
        if sibling.extension().is_some_and(|extension| extension == "shelf") {
            fs::remove_file(sibling).expect("removes");
        }
    }
    fs::write(path, bytes).expect("writes");
}

#[test]
fn no_flipped_bit_of_a_shelf_is_ever_read_and_each_is_warned_of_and_mended() {
    let (scene, path, whole) = three_blocks();
    for position in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[position] ^= 1 << (position % 8);
        restore(&path, &bytes);
        let cache = scene.cache();
        recompute(&cache, 4);
        assert!(!cache.take_warnings().is_empty(), "byte {position} was flipped and nobody was told");
        let verified = verify(&scene.cache(), Repair::Yes).expect("verifies");
        assert!(verified.leftovers.is_empty(), "byte {position}: {:?}", verified.leftovers);
        let verified = verify(&scene.cache(), Repair::No).expect("verifies");
        assert_eq!(verified.problems, [], "byte {position}");
        (1..=4).for_each(|nth| assert_holds(&scene.cache().shelf(&inputs(), BYTES).expect("opens"), nth));
    }
    eprintln!("{} flips of a shelf's bytes", whole.len());
}

#[test]
fn a_shelf_cut_at_any_length_keeps_what_is_whole_and_goes_on() {
    let (scene, path, whole) = three_blocks();
    for length in 0..whole.len() {
        restore(&path, &whole[..length]);
        let shelf = scene.cache().shelf(&inputs(), BYTES).expect("opens");
        let kept = found(&shelf, 4);
        assert_eq!(kept, (1..=kept.len() as u32).collect::<Vec<_>>(), "cut at {length}: whole blocks stay");
        drop(shelf);
        recompute(&scene.cache(), 4);
        assert_eq!(verify(&scene.cache(), Repair::No).expect("verifies").problems, [], "cut at {length}");
    }
}

#[test]
fn records_after_a_damaged_block_are_still_found() {
    let (scene, path, mut bytes) = three_blocks();
    let second = bytes.windows(8).enumerate().filter(|(_, at)| at == b"FROSTBLK").nth(1).expect("a second block").0;
    bytes[second + 3] ^= 1;
    restore(&path, &bytes);
    let cache = scene.cache();
    assert_eq!(found(&cache.shelf(&inputs(), BYTES).expect("opens"), 4), [1, 2, 4]);
    let warnings = cache.take_warnings();
    assert!(matches!(warnings[..], [ref one] if matches!(one.damage, Damage::Stretch { .. })), "{warnings:?}");
}

#[test]
fn a_segment_that_another_process_began_in_place_of_a_damaged_one_is_used_and_kept() {
    let (scene, path, mut bytes) = three_blocks();
    bytes[0] ^= 1;
    restore(&path, &bytes);
    let cache = scene.cache();
    let shelf = cache.shelf(&inputs(), BYTES).expect("opens");
    assert_eq!((shelf.len(), cache.take_warnings().len()), (0, 1));
    append(&scene.cache().shelf(&inputs(), BYTES).expect("opens"), &[1, 2]);
    assert!(path.exists(), "it has the number of the damaged one");
    append(&shelf, &[3]);
    assert_eq!(cache.take_warnings(), []);
    (1..=3).for_each(|nth| assert_holds(&shelf, nth));
    (1..=3).for_each(|nth| assert_holds(&scene.cache().shelf(&inputs(), BYTES).expect("opens"), nth));
}

#[test]
fn a_segment_that_is_listed_and_gone_before_it_is_opened_is_no_damage() {
    let (scene, path, _) = three_blocks();
    let gone = path.with_file_name("segment-000002.shelf");
    // A name that is listed and leads nowhere.
    std::os::unix::fs::symlink("nowhere", &gone).expect("links");
    let cache = scene.cache();
    let shelf = cache.shelf(&inputs(), BYTES).expect("opens");
    append(&shelf, &[5]);
    assert_eq!(cache.take_warnings(), []);
    (1..=5).for_each(|nth| assert_holds(&shelf, nth));
    assert!(gone.is_symlink(), "nobody removes what is not known to be damaged");
}

/// The header of a newer version, with a checksum that is right.
fn from_the_future(bytes: &mut [u8], covered: usize, sum: usize) {
    bytes[8..12].copy_from_slice(&2_u32.to_le_bytes());
    let checksum = Digest::of(&bytes[..covered]);
    bytes[covered..covered + sum].copy_from_slice(&checksum.as_bytes()[..sum]);
}

#[test]
fn a_segment_of_a_newer_version_is_refused_and_left_as_it_is() {
    let (scene, path, mut bytes) = three_blocks();
    from_the_future(&mut bytes, 56, 8);
    restore(&path, &bytes);
    let cache = scene.cache();
    recompute(&cache, 4);
    let newer = Damage::Newer { found: 2, known: 1 };
    assert!(cache.take_warnings().iter().any(|warning| warning.damage == newer));
    verify(&scene.cache(), Repair::Yes).expect("repairs");
    assert_eq!(fs::read(&path).expect("still there"), bytes);
}

#[test]
fn a_training_state_of_a_newer_version_is_put_aside_and_not_overwritten() {
    let scene = Scene::new();
    let ladder = scene.cache().ladder(&inputs());
    finish(&ladder, 5, b"five");
    let path = only_file(&scene.root(), ".state");
    let mut bytes = fs::read(&path).expect("reads");
    from_the_future(&mut bytes, 112, 16);
    fs::write(&path, &bytes).expect("writes");
    finish(&ladder, 5, b"five again");
    assert_eq!(fs::read(path.with_extension("newer")).expect("put aside"), bytes);
}

fn finish(ladder: &frostline::cache::Ladder, epochs: u32, bytes: &[u8]) {
    match patiently(|wait| ladder.climb(epochs, wait)).expect("climbs") {
        Climb::Train(rungs, _) => rungs.finish(At::epoch(epochs), bytes).expect("stores"),
        Climb::Finished(state) => panic!("finished already: {state:?}"),
    }
}

#[test]
fn no_flipped_bit_of_an_entry_is_ever_a_hit() {
    let scene = Scene::new();
    let save = |bytes: &[u8]| match patiently(|wait| scene.cache().entry(&inputs(), wait)).expect("looks") {
        Lookup::Miss(slot) => slot.save(bytes).expect("saves"),
        Lookup::Hit(_) => panic!("a damaged entry was a hit"),
    };
    save(b"the result");
    let path = only_file(&scene.root(), ".entry");
    let whole = fs::read(&path).expect("reads");
    for position in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[position] ^= 1 << (position % 8);
        fs::write(&path, &bytes).expect("writes");
        assert_eq!(verify(&scene.cache(), Repair::No).expect("verifies").problems.len(), 1, "byte {position}");
        save(b"the result");
        assert_eq!(fs::read(&path).expect("reads"), whole);
    }
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).expect("writes");
        save(b"the result");
    }
}

#[test]
fn no_flipped_bit_of_a_training_state_is_ever_gone_on_from() {
    let scene = Scene::new();
    let ladder = scene.cache().ladder(&inputs());
    finish(&ladder, 3, b"three");
    finish(&ladder, 5, b"five");
    let path = only_file(&scene.root(), "epochs-000005.state");
    let whole = fs::read(&path).expect("reads");
    for position in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[position] ^= 1 << (position % 8);
        fs::write(&path, &bytes).expect("writes");
        let cache = scene.cache();
        match patiently(|wait| cache.ladder(&inputs()).climb(9, wait)).expect("climbs") {
            Climb::Train(_, Some(state)) => assert_eq!(state.bytes, b"three", "byte {position}"),
            other => panic!("byte {position}: {other:?}"),
        }
        assert_eq!(cache.take_warnings().len(), 1, "byte {position}");
    }
}

#[test]
fn a_damaged_list_of_inputs_is_warned_of_and_written_again() {
    let scene = Scene::new();
    append(&scene.cache().shelf(&inputs(), BYTES).expect("opens"), &[1]);
    let path = only_file(&scene.root(), "inputs.json");
    let whole = fs::read(&path).expect("reads");
    for position in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[position] ^= 1;
        fs::write(&path, &bytes).expect("writes");
        let verified = verify(&scene.cache(), Repair::No).expect("verifies");
        assert_eq!(verified.problems.len(), 1, "byte {position}");
        let cache = scene.cache();
        assert_holds(&cache.shelf(&inputs(), BYTES).expect("opens"), 1);
        assert_eq!(cache.take_warnings().len(), 1, "byte {position}");
        assert_eq!(fs::read(&path).expect("reads"), whole);
    }
}

#[test]
fn a_folder_whose_maker_was_stopped_before_the_first_write_is_a_leftover_and_goes() {
    let mut leftovers = 0;
    for nth in 1.. {
        let scene = Scene::new();
        let cache = scene.cache();
        let injected = fault::inject(fault::Plan::fail(nth, 28));
        let outcome = patiently(|wait| cache.entry(&inputs(), wait));
        let reached = injected.seen() >= nth;
        drop((injected, outcome));
        if !reached {
            break;
        }
        let verified = verify(&scene.cache(), Repair::Yes).expect("verifies");
        assert_eq!(verified.problems, [], "operation {nth} failed");
        assert!(verified.leftovers.iter().all(|leftover| leftover.damage == Damage::Bare), "{:?}", verified.leftovers);
        leftovers += verified.leftovers.len();
        let verified = verify(&scene.cache(), Repair::No).expect("verifies");
        assert_eq!((verified.problems, verified.leftovers), (vec![], vec![]), "operation {nth} failed");
    }
    assert!(leftovers > 0, "some operation comes before the list of inputs");
}

#[test]
fn a_folder_that_somebody_is_about_to_fill_is_no_leftover() {
    let scene = Scene::new();
    let folder = scene.root().join(inputs().key().to_string());
    scene.cache();
    for name in ["lock", "use"] {
        let lock = Lock::try_exclusive(&folder.join(name)).expect("locks").expect("nobody has it");
        let verified = verify(&scene.cache(), Repair::Yes).expect("verifies");
        assert_eq!((verified.problems, verified.leftovers), (vec![], vec![]), "`{name}` is held");
        assert!(folder.exists());
        drop(lock);
    }
    let verified = verify(&scene.cache(), Repair::Yes).expect("verifies");
    assert_eq!((verified.leftovers.len(), folder.exists()), (1, false));
}

#[test]
fn repair_keeps_the_data_whose_list_of_inputs_is_damaged_or_lost_and_their_next_user_writes_it_again() {
    for (lose, damage) in [
        ((|path| fs::remove_file(path)) as fn(&Path) -> std::io::Result<()>, Damage::Unlisted),
        (|path| fs::write(path, b"{"), Damage::Inputs),
    ] {
        let (scene, _, _) = three_blocks();
        let path = only_file(&scene.root(), "inputs.json");
        let whole = fs::read(&path).expect("reads");
        lose(&path).expect("done");
        let verified = verify(&scene.cache(), Repair::Yes).expect("repairs");
        let found_now: Vec<Damage> = verified.problems.iter().map(|it| it.damage.clone()).collect();
        assert_eq!(found_now, if damage == Damage::Inputs { vec![damage] } else { vec![] });
        let verified = verify(&scene.cache(), Repair::No).expect("verifies");
        assert_eq!((verified.problems.len(), verified.leftovers.len()), (0, 1), "{:?}", verified.leftovers);
        assert_eq!(verified.leftovers[0].damage, Damage::Unlisted);
        assert_eq!(found(&scene.cache().shelf(&inputs(), BYTES).expect("opens"), 4), [1, 2, 3, 4]);
        assert_eq!(fs::read(&path).expect("it is there again"), whole);
        assert!(verify(&scene.cache(), Repair::No).expect("verifies").leftovers.is_empty());
    }
}

#[test]
fn a_finished_training_whose_list_of_inputs_is_lost_is_used_and_has_it_again() {
    let scene = Scene::new();
    finish(&scene.cache().ladder(&inputs()), 3, b"three");
    let path = only_file(&scene.root(), "inputs.json");
    fs::remove_file(&path).expect("removes");
    assert!(matches!(patiently(|wait| scene.cache().ladder(&inputs()).climb(3, wait)), Ok(Climb::Finished(_))));
    assert!(path.exists());
}

#[test]
fn repair_leaves_a_cache_in_which_nothing_is_damaged() {
    let (scene, path, mut bytes) = three_blocks();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    restore(&path, &bytes);
    assert_eq!(verify(&scene.cache(), Repair::No).expect("verifies").problems.len(), 1);
    assert_eq!(verify(&scene.cache(), Repair::Yes).expect("repairs").problems.len(), 1);
    assert_eq!(verify(&scene.cache(), Repair::No).expect("verifies").problems, []);
    assert_eq!(found(&scene.cache().shelf(&inputs(), BYTES).expect("opens"), 4), [1, 2, 3]);
    assert!(!files_below(&scene.root()).is_empty());
}
