//! The doors that files from anywhere come through, and what must hold whatever comes: no panic, no memory without bounds,
//! and nothing used that is not what was stored.
//!
//! The fuzz targets call these; the test suite replays `seeds/` through them on a stable compiler.

use std::path::Path;
use std::sync::Once;

use frostline::cache::{At, Cache, Climb, Inputs, Lookup, Read, Repair, verify};
use frostline::clock::SystemClock;
use frostline::data::{self, Filter};
use frostline::digest::Digest;
use frostline::files::{Wait, Waiting};
use frostline::net::BaseWeights;
use frostline::spec::{self, Colour, OnDisk, Overrides};
use frostline::stop::StopToken;

/// An experiment file. What is accepted means the same once it is frozen and read again.
pub fn spec(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("experiments/a.toml");
    std::fs::create_dir_all(folder.path().join("experiments")).expect("it can be made");
    std::fs::create_dir_all(folder.path().join("runs/a/1")).expect("it can be made");
    std::fs::write(&file, bytes).expect("it can be written");
    let overrides = Overrides { cwd: folder.path().to_owned(), on_disk: OnDisk::Unchecked, ..Overrides::default() };
    match spec::load(&file, &overrides) {
        Ok(experiment) => {
            let frozen = folder.path().join("runs/a/1/spec.toml");
            let text = experiment.to_toml(frozen.parent().expect("it lies in a folder"));
            std::fs::write(&frozen, &text).expect("it can be written");
            let again = spec::load(&frozen, &overrides).unwrap_or_else(|problems| {
                panic!("{text}\n{}", problems.render(Colour::Plain));
            });
            assert_eq!(again.digest(), experiment.digest(), "{text}");
        }
        Err(problems) => {
            assert!(!problems.render(Colour::Plain).is_empty());
            problems.render(Colour::Ansi);
        }
    }
}

const RECORD: usize = 24;

fn inputs() -> Inputs {
    Inputs::new("features").with("weights", "w")
}

fn image(nth: u8) -> Digest {
    Digest::of(&[nth])
}

fn record(nth: u8) -> [u8; RECORD] {
    std::array::from_fn(|at| nth.wrapping_mul(31).wrapping_add(at as u8))
}

fn patiently<T>(body: impl FnOnce(Wait<'_>) -> T) -> T {
    body(Wait { stop: &StopToken::new(), on_wait: &mut |_: &Waiting| {} })
}

/// A cache with a file that is not what it was: the first byte says which, the rest is its content, or, where its highest bit is
/// set, changes to its content.
pub fn records(bytes: &[u8]) {
    let Some((&which, rest)) = bytes.split_first() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let names = ["segment-000001.shelf", "epochs-000003.state", "value.entry", "inputs.json"];
    let name = names[usize::from(which & 0x7f) % names.len()];
    store(folder.path());
    let cache = open(folder.path());
    let path = folder.path().join(inputs().key().to_string()).join(name);
    let whole = std::fs::read(&path).expect("it was stored");
    let content = if which & 0x80 == 0 { rest.to_vec() } else { changed(whole, rest) };
    std::fs::write(&path, &content).expect("it can be written");
    verify(&cache, Repair::No).expect("it can be verified");
    use_it(&cache);
    verify(&open(folder.path()), Repair::Yes).expect("it can be repaired");
    let left = verify(&open(folder.path()), Repair::No).expect("it can be verified").problems;
    let newer = |damage: &frostline::cache::Damage| matches!(damage, frostline::cache::Damage::Newer { .. });
    assert!(left.iter().all(|problem| newer(&problem.damage)), "{left:?}");
    use_it(&open(folder.path()));
}

fn open(root: &Path) -> Cache {
    Cache::open(root, SystemClock::shared()).expect("it opens")
}

/// Three records, a state and a result.
fn store(root: &Path) {
    use_it(&open(root));
}

/// Makes sure of everything, as a run does: what is there is right, what is missing is stored again.
fn use_it(cache: &Cache) {
    let shelf = cache.shelf(&inputs(), RECORD).expect("it opens");
    let mut found = [0; RECORD];
    let mut writer = patiently(|wait| shelf.writer(wait)).expect("it can be written");
    for nth in 1..=3 {
        match shelf.read(&image(nth), &mut found) {
            Read::Found => assert_eq!(found, record(nth)),
            Read::Absent | Read::Damaged => writer.append(&[(image(nth), &record(nth)[..])]).expect("it is appended"),
        }
    }
    drop(writer);
    match patiently(|wait| cache.ladder(&inputs()).climb(3, wait)).expect("it can be climbed") {
        Climb::Finished(state) => assert_eq!((state.at, &state.bytes[..]), (At::epoch(3), &b"a state"[..])),
        Climb::Train(rungs, None) => rungs.finish(At::epoch(3), b"a state").expect("it is stored"),
        Climb::Train(_, Some(state)) => panic!("nobody stored {state:?}"),
    }
    match patiently(|wait| cache.entry(&inputs(), wait)).expect("it can be looked up") {
        Lookup::Hit(bytes) => assert_eq!(bytes, b"a result"),
        Lookup::Miss(slot) => slot.save(b"a result").expect("it is stored"),
    }
    cache.take_warnings();
}

/// Bytes in threes: two say where, one what is flipped there; an odd one out cuts the end off.
fn changed(mut bytes: Vec<u8>, changes: &[u8]) -> Vec<u8> {
    let (threes, rest) = changes.as_chunks::<3>();
    for &[high, low, flip] in threes {
        let at = usize::from(u16::from_be_bytes([high, low])) % bytes.len();
        bytes[at] ^= flip;
    }
    if let [cut, ..] = rest {
        bytes.truncate(bytes.len().saturating_sub(usize::from(*cut)));
    }
    bytes
}

/// Weights of anybody's making.
pub fn weights(bytes: &[u8]) {
    // The fuzzer's own report of a panic ends the process, though the panic be caught.
    static ONCE: Once = Once::new();
    ONCE.call_once(frostline::weights::silence_parsers);
    if let Err(problem) = frostline::weights::read_bytes(bytes) {
        assert!(!problem.to_string().is_empty());
    }
    if let Err(problem) = BaseWeights::from_safetensors(bytes) {
        assert!(!problem.to_string().is_empty());
    }
}

/// Bytes that begin as a format does, so that its reader sees them and no other; whole files of it stay what they are.
fn beginning(start: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut file = bytes.to_vec();
    file.resize(bytes.len().max(start.len()), 0);
    file[..start.len()].copy_from_slice(start);
    file
}

/// HDF5, as Keras writes it.
pub fn keras(bytes: &[u8]) {
    weights(&beginning(b"\x89HDF\r\n\x1a\n", bytes));
}

/// Zip archives: PyTorch's checkpoints since 1.6, and `.keras`.
pub fn archives(bytes: &[u8]) {
    weights(&beginning(b"PK\x03\x04", bytes));
}

/// PyTorch's checkpoints before 1.6: pickles, after the one that holds their magic number.
pub fn pickles(bytes: &[u8]) {
    weights(&beginning(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", bytes));
}

/// safetensors whose header is as long as it can be.
pub fn safetensors(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk() else { return };
    let length = u64::from_le_bytes(*length).min(rest.len() as u64);
    weights(&beginning(&length.to_le_bytes(), bytes));
}

/// ONNX graphs.
pub fn onnx(bytes: &[u8]) {
    weights(&beginning(b"\x08", bytes));
}

/// An image of anybody's making, to the size that the network reads.
pub fn images(bytes: &[u8]) {
    match data::decode(bytes) {
        Ok(pixels) => {
            assert_eq!(pixels.rgb.len(), 3 * pixels.height * pixels.width);
            data::resize(&pixels, 16, 24, Filter::Bilinear);
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            error.hint();
        }
    }
}
