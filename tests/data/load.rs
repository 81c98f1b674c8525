//! From disk to the network's size, and what happens when the disk changes meanwhile.

use std::fs;
use std::path::Path;

use frostline::data::{Filter, LoadError, ScanOptions, Target, check, decode, load, load_file, resize, scan};
use tempfile::TempDir;

const TARGET: Target = Target { height: 8, width: 10, filter: Filter::Bilinear };

fn golden(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/decode").join(file)
}

fn folder() -> TempDir {
    let root = TempDir::new().expect("a temporary folder");
    for (class, file) in [("a", "rgb.png"), ("b", "grey.jpg")] {
        fs::create_dir(root.path().join(class)).expect("writable");
        fs::copy(golden(file), root.path().join(class).join(file)).expect("writable");
    }
    root
}

#[test]
fn loading_is_reading_decoding_and_resizing() {
    let root = folder();
    let manifest = scan(root.path(), &ScanOptions::default()).expect("fine");
    let loaded = load(&manifest.root, &manifest.images[0], &TARGET).expect("fine");
    let by_hand = decode(&fs::read(golden("rgb.png")).expect("committed")).expect("fine");
    assert_eq!(loaded, resize(&by_hand, 8, 10, Filter::Bilinear));
    assert_eq!(load_file(&golden("rgb.png"), &TARGET).expect("fine"), loaded);
}

#[test]
fn a_file_that_changed_since_the_scan_is_never_used() {
    let root = folder();
    let manifest = scan(root.path(), &ScanOptions::default()).expect("fine");
    fs::copy(golden("grey.png"), root.path().join("a/rgb.png")).expect("writable");
    let error = load(&manifest.root, &manifest.images[0], &TARGET).expect_err("another image");
    assert!(matches!(&error, LoadError::Changed { path } if path.ends_with("a/rgb.png")), "{error}");
    assert!(!error.is_bad_image());
    fs::remove_file(root.path().join("a/rgb.png")).expect("there");
    let error = load(&manifest.root, &manifest.images[0], &TARGET).expect_err("gone");
    assert!(matches!(error, LoadError::Io { .. }), "{error}");
}

#[test]
fn checking_names_every_image_that_does_not_decode() {
    let root = folder();
    let bad = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_images");
    fs::copy(bad.join("truncated.jpg"), root.path().join("a/cut.jpg")).expect("writable");
    fs::copy(bad.join("bomb.png"), root.path().join("b/bomb.png")).expect("writable");
    let manifest = scan(root.path(), &ScanOptions::default()).expect("they begin like images");
    let found = check(&manifest);
    let names: Vec<_> = found.iter().map(|(index, _)| manifest.images[*index].path.as_str()).collect();
    assert_eq!(names, ["a/cut.jpg", "b/bomb.png"]);
    assert!(found.iter().all(|(_, error)| error.is_bad_image()));
}
