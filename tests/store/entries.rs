//! Entries: one blob per key, and why there is none.

use frostline::cache::{Inputs, Lookup};

use crate::scene::{Scene, inputs, patiently};

fn save(scene: &Scene, inputs: &Inputs, bytes: &[u8]) {
    match patiently(|wait| scene.cache().entry(inputs, wait)).expect("looks") {
        Lookup::Miss(slot) => slot.save(bytes).expect("saves"),
        Lookup::Hit(_) => panic!("it is there already"),
    }
}

fn top(dropout: f64, l2: f64) -> Inputs {
    Inputs::new("top").with("top.dropout", dropout).with("top.l2", l2)
}

#[test]
fn what_was_saved_is_a_hit_from_then_on() {
    let scene = Scene::new();
    save(&scene, &inputs(), b"result");
    match patiently(|wait| scene.cache().entry(&inputs(), wait)).expect("looks") {
        Lookup::Hit(bytes) => assert_eq!(bytes, b"result"),
        Lookup::Miss(_) => panic!("it was saved"),
    }
    assert_eq!(scene.cache().look_entry(&inputs()).expect("whole"), Some(b"result".to_vec()));
    assert_eq!(scene.cache().look_entry(&top(0.5, 0.0)).expect("absent"), None);
}

#[test]
fn a_miss_is_explained_by_the_nearest_earlier_entry_of_the_stage() {
    let scene = Scene::new();
    assert_eq!(scene.cache().explain(&top(0.3, 0.0), &[]).expect("explains"), None);
    save(&scene, &top(0.5, 0.0), b"one change away");
    save(&scene, &top(0.5, 0.1), b"two changes away");
    save(&scene, &inputs(), b"another stage");
    let changes = |preferred: &[_]| {
        let nearest = scene.cache().explain(&top(0.3, 0.0), preferred).expect("explains").expect("an earlier entry");
        nearest.changes.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(changes(&[]), ["top.dropout 0.5 -> 0.3"]);
    assert_eq!(changes(&[top(0.5, 0.1).key()]), ["top.dropout 0.5 -> 0.3", "top.l2 0.1 -> 0"]);
}

#[test]
fn a_cache_that_is_deleted_while_it_is_used_is_made_again() {
    let scene = Scene::new();
    let Lookup::Miss(slot) = patiently(|wait| scene.cache().entry(&inputs(), wait)).expect("looks") else {
        panic!("nothing is stored yet")
    };
    std::fs::remove_dir_all(scene.root()).expect("removes");
    slot.save(b"result").expect("saves");
    assert_eq!(scene.cache().look_entry(&inputs()).expect("whole"), Some(b"result".to_vec()));
}
