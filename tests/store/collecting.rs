//! Listing and collecting.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use frostline::cache::{Cache, Content, Inputs, Key, Lookup, Repair, gc, list, verify};
use frostline::clock::{Clock, ManualClock};
use frostline::files::fault;

use crate::scene::{Scene, patiently};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn entry(nth: u32) -> Inputs {
    Inputs::new("top").with("nth", nth)
}

/// A cache with entries 1 to 3, used a day apart, the third a day ago.
fn three_entries(scene: &Scene) -> Cache {
    let clock = Arc::new(ManualClock::new(SystemTime::UNIX_EPOCH + 20_000 * DAY));
    let shared: Arc<dyn Clock> = clock.clone();
    let cache = Cache::open(&scene.root(), shared).expect("opens");
    for nth in 1..=3 {
        match patiently(|wait| cache.entry(&entry(nth), wait)).expect("looks") {
            Lookup::Miss(slot) => slot.save(&[0; 1000]).expect("saves"),
            Lookup::Hit(_) => panic!("nothing is stored yet"),
        }
        let used = patiently(|wait| cache.entry(&entry(nth), wait)).expect("looks");
        assert!(matches!(used, Lookup::Hit(_)));
        clock.advance(DAY);
    }
    cache
}

fn keys(numbers: impl IntoIterator<Item = u32>) -> HashSet<Key> {
    numbers.into_iter().map(|nth| entry(nth).key()).collect()
}

fn plan(cache: &Cache, live: &HashSet<Key>, limits: gc::Limits) -> gc::Plan {
    gc::plan(list(cache).expect("lists"), live, limits, cache.clock().now())
}

fn removed(plan: &gc::Plan) -> HashSet<Key> {
    plan.remove.iter().map(|(item, _)| item.key.clone()).collect()
}

#[test]
fn a_list_says_what_there_is_and_when_it_was_used() {
    let scene = Scene::new();
    let cache = three_entries(&scene);
    let items = list(&cache).expect("lists");
    assert_eq!(items.len(), 3);
    for item in items {
        assert_eq!(item.content, Content::Value);
        assert!(item.bytes > 1000 && !item.in_use);
        let nth: u64 = item.inputs.expect("inputs").get("nth").expect("nth").parse().expect("a number");
        assert_eq!(item.last_used, Some(SystemTime::UNIX_EPOCH + 20_000 * DAY + (nth as u32 - 1) * DAY));
    }
}

#[test]
fn what_no_run_needs_goes_and_a_plan_changes_nothing() {
    let scene = Scene::new();
    let cache = three_entries(&scene);
    let plan = plan(&cache, &keys([1, 3]), gc::Limits::default());
    assert_eq!(removed(&plan), keys([2]));
    assert_eq!(list(&cache).expect("lists").len(), 3);
    let swept = gc::carry_out(&cache, &plan).expect("sweeps");
    assert_eq!((swept.removed.len(), swept.busy.len()), (1, 0));
    assert_eq!(cache.keys().expect("lists").into_iter().collect::<HashSet<_>>(), keys([1, 3]));
}

#[test]
fn age_and_size_take_what_was_used_longest_ago() {
    let scene = Scene::new();
    let cache = three_entries(&scene);
    let old = gc::Limits { older_than: Some(DAY * 2), max_size: None };
    assert_eq!(removed(&plan(&cache, &keys(1..=3), old)), keys([1]));
    let each = list(&cache).expect("lists")[0].bytes;
    let large = gc::Limits { older_than: None, max_size: Some(each * 2) };
    assert_eq!(removed(&plan(&cache, &keys(1..=3), large)), keys([1]));
    let nothing = gc::Limits { older_than: None, max_size: Some(0) };
    assert_eq!(removed(&plan(&cache, &keys(1..=3), nothing)), keys(1..=3));
}

#[test]
fn what_is_in_use_stays() {
    let scene = Scene::new();
    let cache = three_entries(&scene);
    let features = Inputs::new("features").with("weights", "w");
    let shelf = cache.shelf(&features, 16).expect("opens");
    let Lookup::Miss(slot) = patiently(|wait| cache.entry(&entry(9), wait)).expect("looks") else { panic!("new") };
    let before = plan(&cache, &HashSet::new(), gc::Limits::default());
    assert_eq!(removed(&before), keys(1..=3), "neither what is read nor what is computed");
    drop((shelf, slot));
    let plan = plan(&cache, &HashSet::new(), gc::Limits::default());
    assert_eq!(plan.remove.len(), 5);
    let _shelf = cache.shelf(&features, 16).expect("opens between plan and sweep");
    let swept = gc::carry_out(&cache, &plan).expect("sweeps");
    assert_eq!(swept.busy, [features.key()]);
}

#[test]
fn a_collection_that_is_killed_anywhere_leaves_a_whole_cache() {
    for nth in 1.. {
        let scene = Scene::new();
        let cache = three_entries(&scene);
        let plan = self::plan(&cache, &keys([1]), gc::Limits::default());
        let injected = fault::inject(fault::Plan::die(nth));
        let outcome = gc::carry_out(&cache, &plan);
        let reached = injected.seen() >= nth;
        drop(injected);
        if !reached {
            outcome.expect("nothing was struck");
            assert!(nth > 5);
            break;
        }
        assert_eq!(verify(&cache, Repair::No).expect("verifies").problems, [], "killed at {nth}");
        assert!(cache.look_entry(&entry(1)).expect("whole").is_some());
        let again = self::plan(&cache, &keys([1]), gc::Limits::default());
        gc::carry_out(&cache, &again).expect("sweeps");
        let left = frostline::files::list_folder(cache.root()).expect("lists");
        assert!(!left.iter().any(|path| path.to_string_lossy().contains(".trash")), "killed at {nth}: {left:?}");
    }
}
