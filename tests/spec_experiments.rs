//! The experiments and templates that come with frostline, and the layers of an experiment, through the public interface.

use std::path::{Path, PathBuf};

use frostline::spec::{Experiment, OnDisk, Overrides, load};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn unchecked() -> Overrides {
    Overrides { cwd: root(), on_disk: OnDisk::Unchecked, ..Overrides::default() }
}

fn loaded(path: &str, overrides: &Overrides) -> Experiment {
    load(Path::new(path), overrides).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn everything_that_comes_with_frostline_is_valid() {
    for folder in ["experiments", "templates"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("a folder").map(|entry| entry.expect("an entry")) {
            if entry.path().extension().is_some_and(|extension| extension == "toml") {
                loaded(entry.path().to_str().expect("text"), &unchecked());
            }
        }
    }
}

#[test]
fn the_quickstart_finds_its_images_and_weights_in_a_clone() {
    let overrides = Overrides { on_disk: OnDisk::Checked, ..unchecked() };
    let quickstart = loaded("experiments/quickstart.toml", &overrides);
    assert_eq!(quickstart.project_root, root());
    assert!(quickstart.weights.path.starts_with(root().join("weights")));
}
