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

/// A folder with an experiment `a.toml` and whatever else it needs.
struct Project {
    folder: tempfile::TempDir,
    overrides: Overrides,
}

impl Project {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let overrides = Overrides {
            cwd: folder.path().to_owned(),
            binary: Some(root().join("target/debug/frostline")),
            ..Overrides::default()
        };
        let project = Self { folder, overrides };
        for part in ["train/cats", "train/dogs", "validation/cats", "validation/dogs"] {
            std::fs::create_dir_all(project.path(&format!("data/{part}"))).expect("a folder");
        }
        project.file("experiments/a.toml", text)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn file(self, path: &str, text: &str) -> Self {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
        self
    }

    fn set(mut self, argument: &str) -> Self {
        self.overrides.set.push(argument.to_owned());
        self
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.overrides.env.push((name.to_owned(), value.to_owned()));
        self
    }

    fn load(&self) -> Experiment {
        loaded("experiments/a.toml", &self.overrides)
    }
}

const DATA: &str = "[data]\ntrain = \"../data/train\"\nvalidation = \"../data/validation\"\n";

fn with_data(text: &str) -> String {
    format!("{text}\n{DATA}")
}

fn origin(experiment: &Experiment, key: &str) -> String {
    experiment.provenance.of(key).map(ToString::to_string).unwrap_or_default()
}

#[test]
fn arguments_win_over_the_environment_over_the_file_over_what_it_extends_over_defaults() {
    let project = Project::new(&with_data(
        "extends = [\"../base.toml\", \"../second.toml\"]\ntop.l1 = 0.3\ntop.l2 = 0.3\ntop.epochs = 3",
    ))
    .file("base.toml", "top.dropout = 0.1\ntop.batch_size = 1\ntop.l1 = 0.1\ntop.l2 = 0.1\ntop.epochs = 1")
    .file("second.toml", "top.batch_size = 2\ntop.l1 = 0.2\ntop.l2 = 0.2\ntop.epochs = 2")
    .env("FROSTLINE_TOP__L2", "0.4")
    .env("FROSTLINE_TOP__EPOCHS", "4")
    .set("top.epochs=5");
    let experiment = project.load();
    let top = &experiment.top;
    assert_eq!(top.dropout.get(), 0.1);
    assert_eq!(top.batch_size.get(), 2);
    assert_eq!((top.l1.get(), top.l2.get(), top.epochs.get()), (0.3, 0.4, 5));
    assert_eq!(origin(&experiment, "top.activation"), "defaults");
    assert_eq!(origin(&experiment, "top.dropout"), "base.toml:1:5");
    assert_eq!(origin(&experiment, "top.batch_size"), "second.toml:1:5");
    assert_eq!(origin(&experiment, "top.l1"), "experiments/a.toml:2:5");
    assert_eq!(origin(&experiment, "top.l2"), "environment variable FROSTLINE_TOP__L2");
    assert_eq!(origin(&experiment, "top.epochs"), "--set top.epochs=5");
    let files = ["experiments/a.toml", "base.toml", "second.toml"].map(|file| project.path(file));
    assert_eq!(experiment.source_files, files);
}

#[test]
fn a_new_kind_of_optimizer_starts_with_the_defaults_of_that_kind() {
    let base = "top.optimizer = { kind = \"rmsprop\", lr = 0.5, rho = 0.8 }\n[fine_tune]\nepochs = 1\n";
    let project = Project::new(&with_data(
        "extends = [\"../base.toml\"]\ntop.optimizer.kind = \"adam\"\nfine_tune.optimizer.lr = 0.01",
    ))
    .file("base.toml", base);
    let settings = project.load().settings();
    let of = |table: &str| -> Vec<(String, String)> {
        settings.iter().filter(|(key, _)| key.starts_with(table)).cloned().collect()
    };
    let adam = [
        ("kind", "adam"),
        ("lr", "0.001"),
        ("beta1", "0.9"),
        ("beta2", "0.999"),
        ("eps", "1e-7"),
        ("weight_decay", "0.0"),
    ];
    assert_eq!(of("top.optimizer"), adam.map(|(name, value)| (format!("top.optimizer.{name}"), value.to_owned())));
    let fine_tune = of("fine_tune.optimizer");
    assert_eq!(fine_tune[1], ("fine_tune.optimizer.lr".to_owned(), "0.01".to_owned()));
    assert_eq!(fine_tune[2], ("fine_tune.optimizer.momentum".to_owned(), "0.9".to_owned()));
}

#[test]
fn the_same_kind_of_optimizer_keeps_what_lower_layers_say() {
    let project =
        Project::new(&with_data("extends = [\"../base.toml\"]\ntop.optimizer = { kind = \"sgd\", lr = 0.2 }"))
            .file("base.toml", "top.optimizer = { kind = \"sgd\", lr = 0.1, momentum = 0.7 }");
    let settings = project.load().settings();
    assert!(settings.contains(&("top.optimizer.lr".to_owned(), "0.2".to_owned())));
    assert!(settings.contains(&("top.optimizer.momentum".to_owned(), "0.7".to_owned())));
}

#[test]
fn a_table_can_be_taken_away_by_a_higher_layer() {
    let base = "top.early_stopping.patience = 3\n[fine_tune]\nfrozen_layers = 7\n";
    let text = with_data("extends = [\"../base.toml\"]");
    let project = Project::new(&text).file("base.toml", base);
    let experiment = project.load();
    assert_eq!(experiment.fine_tune.map(|fine_tune| fine_tune.frozen_layers.get()), Some(7));
    assert_eq!(experiment.top.early_stopping.map(|stopping| stopping.patience.get()), Some(3));
    let experiment = project.set("fine_tune=false").set("top.early_stopping=false").load();
    assert_eq!((experiment.fine_tune, experiment.top.early_stopping), (None, None));
}

#[test]
fn a_validation_fraction_displaces_the_folder_of_a_lower_layer() {
    let project = Project::new(&with_data("")).set("data.validation_fraction=0.25");
    assert!(matches!(project.load().data.validation, frostline::spec::model::Validation::Fraction(_)));
}

#[test]
fn fine_tuning_drops_out_as_the_top_does_unless_told_otherwise() {
    let project = Project::new(&with_data("top.dropout = 0.2\nfine_tune.epochs = 1"));
    let dropout = |project: &Project| project.load().fine_tune.map(|fine_tune| fine_tune.dropout.get());
    assert_eq!(dropout(&project), Some(0.2));
    assert_eq!(dropout(&project.set("fine_tune.dropout=0.7")), Some(0.7));
}

#[test]
fn paths_are_relative_to_whoever_writes_them() {
    let project = Project::new("extends = [\"../shared/base.toml\"]\n[data]\ntrain = \"../data/train\"\n")
        .file("shared/base.toml", "[data]\nvalidation = \"../data/validation\"\n");
    let experiment = project.load();
    assert_eq!(experiment.data.train, project.path("data/train"));
    assert_eq!(experiment.project_root, project.path(""));
    let experiment = project.set("data.train=data/validation").load();
    assert!(experiment.data.train.ends_with("data/validation"));
}

#[test]
fn bare_words_and_toml_values_are_both_taken_from_arguments() {
    let experiment = Project::new(&with_data("fine_tune.epochs = 1"))
        .set("top.activation=tanh")
        .set("data.target_size=[64, 96]")
        .set("fine_tune.augment.zoom=0.1")
        .set("name=other")
        .load();
    assert_eq!(experiment.top.activation.word(), "tanh");
    assert_eq!((experiment.data.target_size.height, experiment.data.target_size.width), (64, 96));
    assert_eq!(experiment.fine_tune.map(|fine_tune| fine_tune.augment.zoom.get()), Some(0.1));
    assert_eq!(experiment.name.as_str(), "other");
}

#[test]
fn names_tags_comments_sweeps_and_the_order_of_keys_are_not_what_an_experiment_is() {
    let digest = |text: &str| Project::new(&with_data(text)).load().digest();
    let plain = digest("seed = 1\ndevice = \"cpu\"");
    assert_eq!(plain, digest("# a comment\ndevice = 'cpu'\nseed = 0x1\n"));
    assert_eq!(plain, digest("name = \"b\"\ntags = [\"x\"]\nseed = 1\ndevice = \"cpu\""));
    assert_eq!(plain, digest("seed = 1\ndevice = \"cpu\"\nsweep.space.\"top.dropout\" = [0.1]"));
    assert_eq!(plain, digest("seed = 1\ndevice = \"cpu\"\ntop.optimizer.lr = 0.001"));
    assert_ne!(plain, digest("seed = 2\ndevice = \"cpu\""));
    assert_ne!(plain, digest("seed = 1\ndevice = \"cpu\"\ntop.dropout = 0.3"));
    assert_ne!(plain, digest("seed = 1\ndevice = \"cpu\"\n[fine_tune]"));
}

#[test]
fn a_moved_project_holds_the_same_experiments() {
    // Each project lies in a temporary folder of its own.
    let text = with_data("top.epochs = 3");
    assert_eq!(Project::new(&text).load().digest(), Project::new(&text).load().digest());
}

#[test]
fn a_resolved_experiment_runs_from_its_run_directory_and_is_the_same() {
    let project = Project::new(&with_data("extends = [\"../base.toml\"]\ntags = [\"x\"]"))
        .file("base.toml", "[fine_tune]\nschedule = { kind = \"step\", every = 3 }\nearly_stopping = {}\n");
    let experiment = project.load();
    let run = project.path("runs/a/0001-deadbeef");
    let text = experiment.to_toml(&run);
    assert!(text.contains("train = \"../../../data/train\""), "{text}");
    let project = project.file("runs/a/0001-deadbeef/spec.toml", &text);
    let again = loaded("runs/a/0001-deadbeef/spec.toml", &project.overrides);
    assert_eq!(again.digest(), experiment.digest());
    assert_eq!(again.settings(), experiment.settings());
    assert_eq!(again.to_toml(&run), text);
}

#[test]
fn what_differs_is_named() {
    let a = Project::new(&with_data("top.dropout = 0.5\n[fine_tune]")).load();
    let b = Project::new(&with_data("top.dropout = 0.3\ntop.early_stopping.patience = 7\n[fine_tune]")).load();
    let changes: Vec<String> = frostline::spec::diff(&a, &b).iter().map(ToString::to_string).collect();
    assert_eq!(changes[..2], ["top.dropout 0.5 -> 0.3", "fine_tune.dropout 0.5 -> 0.3"]);
    assert_eq!(changes[2], "top.early_stopping.monitor (none) -> val_loss");
}

#[test]
fn a_frozen_experiment_loads_without_its_data() {
    let mut project = Project::new(
        "data.train = \"../gone\"\ndata.validation_fraction = 0.5\nweights.path = \"../gone.safetensors\"",
    );
    let problems = load(Path::new("experiments/a.toml"), &project.overrides).expect_err("the data is gone");
    assert_eq!((problems.list().len(), problems.class()), (2, frostline::spec::Class::Unusable));
    project.overrides.on_disk = OnDisk::Unchecked;
    assert_eq!(project.load().data.train, project.path("gone"));
}
