//! Damaged and hostile weight files: every reader answers with weights or with an error, and takes no more memory than the file is
//! worth.
//!
//! Starts from the files that Keras, PyTorch, safetensors and onnx wrote (`tests/golden/weights`). `FROSTLINE_PROOF=full` tries
//! many more.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use frostline::rng::{Purpose, Stream};
use frostline::weights;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Damaged copies of each file, where nobody asks for more.
const COPIES: u64 = 60;
/// With `FROSTLINE_PROOF=full`.
const MANY_COPIES: u64 = 40_000;
/// A reader may hold the file, what it unpacks to (archives: eight times), its tensors as f32 (four times bytes of eight bits) and
/// what a parser needs beside.
const FACTOR: usize = 24;
/// What parsers need however small the file.
const FLOOR: usize = 2 << 20;

/// Every file of weights that tests have.
fn files() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/weights");
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .expect("the goldens are there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension != "py"))
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read(&path).expect("a golden can be read"))
        })
        .collect();
    files.sort();
    files
}

/// A copy with some damage of one kind.
fn damaged(bytes: &[u8], chance: &mut Stream) -> Vec<u8> {
    let mut copy = bytes.to_vec();
    let below = |chance: &mut Stream, limit: usize| (chance.uniform(0.0, limit as f64) as usize).min(limit - 1);
    // Headers are at the beginning or at the end of every format: half of the damage goes there.
    let place = |chance: &mut Stream| match below(chance, 4) {
        0 => below(chance, bytes.len().min(512)),
        1 => bytes.len() - 1 - below(chance, bytes.len().min(512)),
        _ => below(chance, bytes.len()),
    };
    match below(chance, 6) {
        0 => copy.truncate(place(chance)),
        1 => (0..=below(chance, 16)).for_each(|_| copy[place(chance)] ^= 1 << below(chance, 8)),
        2 => {
            let (start, fill) = (place(chance), [0x00, 0xff, 0x7f, 0x80][below(chance, 4)]);
            copy[start..].iter_mut().take(8).for_each(|byte| *byte = fill);
        }
        3 => {
            let (from, to) = (place(chance), place(chance));
            let piece: Vec<u8> = bytes[from..].iter().take(64).copied().collect();
            copy.splice(to..to, piece);
        }
        4 => {
            let start = place(chance);
            let end = (start + 1 + below(chance, 64)).min(copy.len());
            copy.drain(start..end);
        }
        _ => {
            // A length of many sizes, little-endian, as every one of these formats writes them.
            let (start, length) = (place(chance), 1u64 << below(chance, 64));
            copy[start..].iter_mut().zip(length.to_le_bytes()).for_each(|(byte, new)| *byte = new);
        }
    }
    copy
}

/// Reads a file, and holds the reader to its memory.
fn read_within_bounds(name: &str, what: &str, bytes: &[u8]) {
    // A backtrace of a panic that the reader catches would be counted too.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let outcome = catch_unwind(AssertUnwindSafe(|| drop(weights::read_bytes(bytes))));
    let taken = MEMORY.peak_usage().saturating_sub(before);
    std::panic::set_hook(hook);
    assert!(outcome.is_ok(), "{name}, {what}: the reader panicked");
    let limit = bytes.len() * FACTOR + FLOOR;
    assert!(taken <= limit, "{name}, {what}: {taken} bytes were taken for a file of {}", bytes.len());
}

/// One test, so that nothing else allocates meanwhile.
#[test]
fn no_damage_makes_a_reader_panic_or_take_much_memory() {
    let copies = match std::env::var_os("FROSTLINE_PROOF") {
        Some(wanted) if wanted == "full" => MANY_COPIES,
        Some(_) | None => COPIES,
    };
    for (index, (name, bytes)) in files().into_iter().enumerate() {
        read_within_bounds(&name, "whole", &bytes);
        for copy in 0..copies {
            let mut chance = Stream::new(copy, Purpose::Init, 0, index as u64);
            read_within_bounds(&name, &format!("damaged copy {copy}"), &damaged(&bytes, &mut chance));
        }
    }
}
