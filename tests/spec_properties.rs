//! What holds for any experiment: resolved and loaded again it is the same, and whatever is written, loading never fails without saying why.

use std::path::Path;

use frostline::spec::{OnDisk, Overrides, load};
use proptest::prelude::*;

const DATA: &str = "data.train = \"../data/train\"\ndata.validation_fraction = 0.2\n";

fn overrides(cwd: &Path, set: Vec<String>) -> Overrides {
    Overrides { set, cwd: cwd.to_owned(), on_disk: OnDisk::Unchecked, ..Overrides::default() }
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

/// A valid `K=V`.
fn setting() -> impl Strategy<Value = String> {
    let stage = prop_oneof![Just("top"), Just("fine_tune")];
    let training = (
        stage,
        prop_oneof![
            (1..500u32).prop_map(|epochs| format!("epochs={epochs}")),
            (0.0..0.99f64).prop_map(|dropout| format!("dropout={dropout:?}")),
            (1e-9..1.0f64).prop_map(|lr| format!("optimizer.lr={lr:?}")),
            (1e-9..1.0f64).prop_map(|l2| format!("l2={l2:e}")),
            prop_oneof![Just("sgd"), Just("adam"), Just("adamw"), Just("rmsprop")]
                .prop_map(|kind| format!("optimizer.kind={kind}")),
            (1..99u32).prop_map(|every| format!("schedule={{ kind = \"step\", every = {every} }}")),
            (0..99u32).prop_map(|patience| format!("early_stopping.patience={patience}")),
            Just("early_stopping=false".to_owned()),
        ],
    );
    prop_oneof![
        4 => training.prop_map(|(stage, setting)| format!("{stage}.{setting}")),
        1 => Just("fine_tune=false".to_owned()),
        1 => (0..u32::MAX).prop_map(|seed| format!("seed={seed}")),
        1 => (32..400u32, 32..400u32).prop_map(|(h, w)| format!("data.target_size=[{h}, {w}]")),
        1 => (0..=13u32).prop_map(|frozen| format!("fine_tune.frozen_layers={frozen}")),
        1 => (0.0..1.0f64, 1.0..2.0f64).prop_map(|(low, high)| format!("fine_tune.augment.brightness=[{low:?}, {high:?}]")),
        1 => "[a-zA-Z \"\\\\é]{0,12}".prop_map(|tag| format!("tags=[{}]", toml::Value::String(tag))),
        1 => "[a-z \"'\\\\]{1,9}".prop_map(|folder| format!("data.train={}", toml::Value::String(folder))),
    ]
}

/// Any `K = V` with names that mean something, and values that mostly don't fit.
fn line() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("top"),
        Just("fine_tune"),
        Just("optimizer"),
        Just("kind"),
        Just("lr"),
        Just("sweep"),
        Just("space"),
        Just("zip"),
        Just("data"),
        Just("train"),
        Just("extends"),
        Just("schedule"),
        Just("\"top.dropout\""),
        Just("augment"),
        Just("pruner"),
        Just("when"),
        Just("kinds"),
        Just("hidden"),
        Just("seed"),
    ];
    let value = prop_oneof![
        Just("1"),
        Just("-1.5"),
        Just("nan"),
        Just("true"),
        Just("false"),
        Just("\"sgd\""),
        Just("[]"),
        Just("{}"),
        Just("[[1]]"),
        Just("{ kind = 3 }"),
        Just("{ choice = [1] }"),
        Just("[{ \"top.dropout\" = [0.1] }]"),
        Just("\"\""),
        Just("1979-05-27"),
        Just(""),
        Just("{ log_uniform = [1, 2], when = 3 }"),
    ];
    (prop::collection::vec(name, 1..4), value).prop_map(|(names, value)| format!("{} = {value}\n", names.join(".")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_resolved_experiment_is_the_experiment(settings in prop::collection::vec(setting(), 0..12)) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(folder.path(), "experiments/a.toml", DATA);
        let experiment = load(Path::new("experiments/a.toml"), &overrides(folder.path(), settings));
        let experiment = experiment.unwrap_or_else(|problems| panic!("{problems}"));
        let run = folder.path().join("runs/a/0001-deadbeef");
        write(&run, "spec.toml", &experiment.to_toml(&run));
        let again = load(&run.join("spec.toml"), &overrides(folder.path(), Vec::new()));
        let again = again.unwrap_or_else(|problems| panic!("{problems}"));
        prop_assert_eq!(again.settings(), experiment.settings());
        prop_assert_eq!(again.digest(), experiment.digest());
    }

    #[test]
    fn whatever_is_written_loading_says_what_is_wrong(lines in prop::collection::vec(line(), 0..6)) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(folder.path(), "experiments/a.toml", &format!("{DATA}{}", lines.concat()));
        if let Err(problems) = load(Path::new("experiments/a.toml"), &overrides(folder.path(), Vec::new())) {
            prop_assert!(!problems.list().is_empty());
            prop_assert!(!problems.to_string().is_empty());
        }
    }
}
