//! What is said about files that are no usable images; see `tests/bad_images/make.py`.

use std::path::{Path, PathBuf};

use frostline::data::decode;
use proptest::prelude::*;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/bad_images")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("committed").map(|entry| entry.expect("readable").path());
    let is_code = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "py");
    let mut files: Vec<_> = entries.filter(|path| path.is_file() && !is_code(path)).collect();
    files.sort();
    files
}

#[test]
fn each_bad_image_says_what_is_wrong_with_it() {
    let mut said = String::new();
    for path in files(&folder()) {
        let name = path.file_name().and_then(|name| name.to_str()).expect("plain names");
        let outcome = match decode(&std::fs::read(&path).expect("readable")) {
            Ok(pixels) => format!("decoded, {} x {}", pixels.height, pixels.width),
            Err(error) => {
                let hint = error.hint().map_or(String::new(), |hint| format!("\n    hint: {hint}"));
                format!("{error}{hint}")
            }
        };
        said.push_str(&format!("{name}\n    {outcome}\n"));
    }
    insta::assert_snapshot!(said);
}

/// All committed images, good and bad: what the mutations start from.
fn seeds() -> Vec<Vec<u8>> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/decode");
    let all = files(&golden).into_iter().chain(files(&folder()));
    let small = all.map(|path| std::fs::read(path).expect("readable")).filter(|bytes| bytes.len() < 20_000);
    small.collect()
}

proptest! {
    #[test]
    fn no_damage_makes_decoding_panic(
        seed in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        length in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        thread_local!(static SEEDS: Vec<Vec<u8>> = seeds());
        let mut bytes = SEEDS.with(|seeds| seeds[seed.index(seeds.len())].clone());
        if !bytes.is_empty() {
            changes.iter().for_each(|(place, value)| { let at = place.index(bytes.len()); bytes[at] = *value; });
            if cut {
                bytes.truncate(length.index(bytes.len()));
            }
        }
        if let Ok(pixels) = decode(&bytes) {
            prop_assert_eq!(pixels.rgb.len(), pixels.height * pixels.width * 3);
        }
    }
}
