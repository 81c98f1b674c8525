//! What the fuzzers start from and have found goes through the doors again, on a stable compiler.

use std::path::{Path, PathBuf};

#[path = "../../fuzz/doors.rs"]
mod doors;

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(folder).expect("it is committed").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// Sends every file of the folders through a door, whole, and cut off at several places.
fn replay(folders: &[&str], door: fn(&[u8])) {
    let mut count = 0;
    for path in folders.iter().flat_map(|folder| files(folder)) {
        let bytes = std::fs::read(&path).expect("it can be read");
        for part in [bytes.len(), bytes.len() / 2, bytes.len() / 3, bytes.len().min(9)] {
            let outcome = std::panic::catch_unwind(|| door(&bytes[..part]));
            assert!(outcome.is_ok(), "the first {part} bytes of `{}`", path.display());
            count += 1;
        }
    }
    eprintln!("{count} inputs");
    assert!(count > 0);
}

#[test]
fn no_experiment_file_makes_loading_panic() {
    replay(&["fuzz/seeds/spec", "tests/bad_specs", "experiments", "templates"], doors::spec);
}

#[test]
fn no_record_file_makes_the_cache_panic_or_lie() {
    replay(&["fuzz/seeds/records"], doors::records);
}

#[test]
fn no_weights_file_makes_reading_panic() {
    let forms: [fn(&[u8]); 5] = [doors::keras, doors::archives, doors::pickles, doors::safetensors, doors::onnx];
    for door in forms.into_iter().chain([doors::weights as fn(&[u8])]) {
        replay(&["fuzz/seeds/weights", "tests/golden/weights"], door);
    }
}

#[test]
fn no_image_makes_decoding_panic() {
    replay(&["fuzz/seeds/images", "tests/bad_images", "tests/golden/decode"], doors::images);
}
