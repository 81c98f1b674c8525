//! Points of a sweep, through the public interface.

use std::path::Path;

use frostline::spec::sweep::{Point, grid};
use frostline::spec::{Experiment, OnDisk, Overrides, load};
use toml::Value;

const DATA: &str = "data.train = \"train\"\ndata.validation_fraction = 0.2\n";

fn experiment(text: &str) -> Experiment {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a.toml");
    std::fs::write(&path, format!("{DATA}{text}")).expect("a file");
    let overrides = Overrides { cwd: folder.path().to_owned(), on_disk: OnDisk::Unchecked, ..Overrides::default() };
    load(Path::new("a.toml"), &overrides).unwrap_or_else(|problems| panic!("{problems}"))
}

fn points(experiment: &Experiment) -> Vec<Point> {
    grid(experiment, experiment.sweep.as_ref().expect("a sweep"))
}

fn shown(points: &[Point]) -> Vec<String> {
    let pairs = |point: &Point| point.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ");
    points.iter().map(pairs).collect()
}

#[test]
fn a_grid_is_every_combination_with_zips_and_without_the_excluded() {
    let experiment = experiment(
        "[sweep.space]\n\"top.dropout\" = [0.3, 0.5]\n\
         [[sweep.zip]]\n\"top.batch_size\" = [16, 64]\n\"top.epochs\" = [50, 100]\n\
         [[sweep.exclude]]\n\"top.dropout\" = 0.5\n\"top.epochs\" = 100\n",
    );
    assert_eq!(
        shown(&points(&experiment)),
        [
            "top.dropout=0.3 top.batch_size=16 top.epochs=50",
            "top.dropout=0.3 top.batch_size=64 top.epochs=100",
            "top.dropout=0.5 top.batch_size=16 top.epochs=50",
        ]
    );
}

#[test]
fn an_axis_varies_only_where_its_conditions_hold() {
    let experiment = experiment(
        "[sweep.space]\n\"top.optimizer.kind\" = [\"sgd\", \"adam\"]\n\
         \"top.optimizer.momentum\" = { choice = [0.0, 0.9], when = { \"top.optimizer.kind\" = \"sgd\" } }\n",
    );
    let points = points(&experiment);
    assert_eq!(points.len(), 3);
    for point in points {
        experiment.resolve_with(&point).unwrap_or_else(|problems| panic!("{problems}"));
    }
}

#[test]
fn a_grid_divides_ranges_evenly() {
    let experiment = experiment(
        "[sweep.space]\n\"top.optimizer.lr\" = { log_uniform = [1e-5, 1e-2], steps = 4 }\n\
         \"fine_tune.frozen_layers\" = { int_uniform = [7, 9] }\n",
    );
    let space = &experiment.sweep.as_ref().expect("a sweep").space;
    let values: Vec<Vec<Value>> = space.iter().map(frostline::spec::sweep::grid_values).collect();
    assert_eq!(values[0], [7, 8, 9].map(Value::Integer));
    assert_eq!(values[1], [1e-5, 1e-4, 1e-3, 1e-2].map(Value::Float));
}

#[test]
fn a_condition_on_a_key_that_is_dropped_looks_at_the_file() {
    let experiment = experiment(
        "[sweep.space]\n\"top.batch_size\" = [16, 64]\n\
         \"top.dropout\" = { choice = [0.6, 0.7], when = { \"top.batch_size\" = 64 } }\n\
         \"top.l1\" = { choice = [0.1], when = { \"top.dropout\" = 0.5 } }\n\
         \"top.l2\" = { choice = [0.1], when = { \"top.dropout\" = 0.7 } }\n",
    );
    assert_eq!(
        shown(&points(&experiment)),
        [
            "top.batch_size=16 top.l1=0.1",
            "top.batch_size=64 top.dropout=0.6",
            "top.batch_size=64 top.dropout=0.7 top.l2=0.1",
        ]
    );
}

#[test]
fn a_condition_sees_into_a_table_that_varies_as_a_whole() {
    let experiment = experiment(
        "[sweep.space]\n\"top.optimizer\" = [{ kind = \"sgd\", lr = 0.1 }, { kind = \"adam\", lr = 0.1 }]\n\
         \"top.schedule.kind\" = { choice = [\"cosine\"], when = { \"top.optimizer.kind\" = \"sgd\" } }\n",
    );
    let keys: Vec<usize> = points(&experiment).iter().map(Vec::len).collect();
    assert_eq!(keys, [2, 1]);
}

#[test]
fn a_grid_that_excludes_and_pairs_is_what_is_left_of_every_combination() {
    let experiment = experiment(
        "[sweep]\nrepeats = 2\n[sweep.space]\n\"top.dropout\" = { uniform = [0.1, 0.5], steps = 3 }\n\
         [[sweep.zip]]\n\"top.batch_size\" = [16, 64]\n\"top.epochs\" = [50, 100]\n\
         [[sweep.zip]]\n\"top.l1\" = [0.0, 0.1]\n\"top.l2\" = [0.1, 0.0]\n\
         [[sweep.exclude]]\n\"top.dropout\" = 0.3\n\"top.epochs\" = 100\n\"top.l1\" = 0\n\
         [[sweep.exclude]]\n\"top.batch_size\" = 16\n\"top.l2\" = 0.1\n",
    );
    let points = shown(&points(&experiment));
    assert_eq!(points.len(), 12 - 1 - 3, "{points:#?}");
}

#[test]
fn a_range_of_all_whole_numbers_is_divided_from_end_to_end() {
    let ends = [(0, i64::MAX), (1, i64::MAX - 1)];
    for (low, high) in ends {
        let experiment =
            experiment(&format!("[sweep.space]\n\"seed\" = {{ int_uniform = [{low}, {high}], steps = 3 }}\n"));
        let values = frostline::spec::sweep::grid_values(&experiment.sweep.as_ref().expect("a sweep").space[0]);
        assert_eq!(values, [low, low + i64::MAX / 2 + 1, high].map(Value::Integer));
    }
}

#[test]
fn a_point_is_an_experiment_that_differs_in_its_settings_alone() {
    let experiment =
        experiment("[sweep.space]\n\"top.dropout\" = [0.3]\n\"fine_tune.frozen_layers\" = [7]\n[fine_tune]\n");
    let point = experiment.resolve_with(&points(&experiment)[0]).unwrap_or_else(|problems| panic!("{problems}"));
    let changes: Vec<String> = frostline::spec::diff(&experiment, &point).iter().map(ToString::to_string).collect();
    assert_eq!(changes, ["top.dropout 0.5 -> 0.3", "fine_tune.frozen_layers 10 -> 7", "fine_tune.dropout 0.5 -> 0.3"]);
    assert_ne!(point.digest(), experiment.digest());
}

#[test]
fn a_setting_that_is_wrong_for_a_point_is_said_with_the_point() {
    let experiment = experiment("");
    let wrong = [("top.dropout".to_owned(), Value::Float(1.5)), ("top.epchs".to_owned(), Value::Integer(1))];
    let problems = experiment.resolve_with(&wrong).expect_err("two wrong settings").to_string();
    assert!(problems.contains("sweep point top.dropout = 1.5"), "{problems}");
    assert!(problems.contains("did you mean `epochs`?"), "{problems}");
}

#[test]
fn the_whole_sweep_of_the_manual_is_valid() {
    experiment(
        "[fine_tune]\n[sweep]\nstrategy = \"grid\"\ntrials = 20\nseed = 0\nrepeats = 1\nobjective = \"val_accuracy\"\nparallel = 1\n\
         [sweep.space]\n\"top.optimizer.lr\" = { log_uniform = [1e-5, 1e-2] }\n\"top.dropout\" = [0.3, 0.5, 0.7]\n\
         \"fine_tune.frozen_layers\" = [7, 10]\n[[sweep.zip]]\n\"top.batch_size\" = [16, 64]\n\"top.epochs\" = [50, 100]\n\
         [[sweep.exclude]]\n\"top.dropout\" = 0.7\n\"fine_tune.frozen_layers\" = 7\n[sweep.pruner]\nkind = \"asha\"\n",
    );
}
