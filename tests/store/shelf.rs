//! Shelves of per-image records.

use frostline::cache::{Read, Shelf};
use frostline::digest::Digest;

use crate::scene::{Scene, image, inputs, patiently, record};

pub const BYTES: usize = 24;

pub fn append(shelf: &Shelf, numbers: &[u32]) {
    let records: Vec<(Digest, Vec<u8>)> = numbers.iter().map(|&nth| (image(nth), record(nth, BYTES))).collect();
    let borrowed: Vec<(Digest, &[u8])> = records.iter().map(|(image, bytes)| (*image, &bytes[..])).collect();
    let mut writer = patiently(|wait| shelf.writer(wait)).expect("becomes the writer");
    writer.append(&borrowed).expect("appends");
}

pub fn assert_holds(shelf: &Shelf, nth: u32) {
    let mut out = vec![0; BYTES];
    assert_eq!(shelf.read(&image(nth), &mut out), Read::Found, "record {nth}");
    assert_eq!(out, record(nth, BYTES), "record {nth}");
}

#[test]
fn what_one_process_appends_every_later_one_reads() {
    let scene = Scene::new();
    let shelf = scene.cache().shelf(&inputs(), BYTES).expect("opens");
    append(&shelf, &[1, 2, 3]);
    append(&shelf, &[4]);
    let other = scene.cache().shelf(&inputs(), BYTES).expect("opens");
    for nth in 1..=4 {
        assert_holds(&shelf, nth);
        assert_holds(&other, nth);
    }
    assert_eq!(other.missing(&[image(4), image(5), image(1), image(0)]), [1, 3]);
    assert_eq!(other.read(&image(5), &mut [0; BYTES]), Read::Absent);
}

#[test]
fn an_open_shelf_takes_in_what_others_append() {
    let scene = Scene::new();
    let (one, other) = (scene.cache().shelf(&inputs(), BYTES), scene.cache().shelf(&inputs(), BYTES));
    let (one, other) = (one.expect("opens"), other.expect("opens"));
    append(&one, &[1]);
    assert!(!other.has(&image(1)));
    append(&other, &[2]);
    assert_holds(&other, 1);
    one.refresh().expect("refreshes");
    assert_holds(&one, 2);
}
