//! Bad experiment files: what each is told, word for word. A first line `# --set K=V` or `# env NAME=VALUE` is applied when it is loaded.

use std::path::{Path, PathBuf};

use frostline::spec::{Class, Colour, OnDisk, Overrides, Place, Problems, load};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn overrides_in(text: &str) -> Overrides {
    let said = |prefix: &str| text.lines().filter_map(|line| line.strip_prefix(prefix).map(str::to_owned)).collect();
    let variables: Vec<String> = said("# env ");
    let pair = |variable: &String| variable.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    Overrides {
        set: said("# --set "),
        env: variables.iter().filter_map(pair).collect(),
        cwd: root(),
        binary: None,
        project: None,
        on_disk: OnDisk::Checked,
    }
}

fn problems(path: &Path) -> Problems {
    let text = std::fs::read_to_string(root().join(path)).unwrap_or_default();
    match load(path, &overrides_in(&text)) {
        Ok(_) => panic!("{} is accepted", path.display()),
        Err(problems) => problems,
    }
}

fn bad_specs() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("tests/bad_specs")).expect("a folder of bad specs");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name in UTF-8"));
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".toml") && !name.starts_with("part-")).collect();
    names.sort();
    names.iter().map(|name| Path::new("tests/bad_specs").join(name)).collect()
}

#[test]
fn every_bad_spec_is_told_what_is_wrong_where_and_what_to_do() {
    for path in bad_specs() {
        let problems = problems(&path);
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = format!("{:?}\n\n{}", problems.class(), problems.render(Colour::Plain));
        insta::with_settings!({ snapshot_path => "bad_specs", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, text);
        });
    }
}

#[test]
fn there_are_at_least_fifty_bad_specs() {
    assert!(bad_specs().len() >= 50, "{}", bad_specs().len());
}

#[test]
fn every_problem_has_a_place_and_says_something() {
    for path in bad_specs() {
        for problem in problems(&path).list() {
            assert_ne!(problem.place, Place::Defaults, "{}: {problem:?}", path.display());
            assert!(!problem.title.is_empty() && !problem.label.is_empty(), "{problem:?}");
        }
    }
}

#[test]
fn only_missing_data_or_weights_make_an_experiment_unusable_rather_than_invalid() {
    for path in bad_specs() {
        let missing = path.file_stem().is_some_and(|name| name.to_string_lossy().starts_with("missing-"));
        let class = if missing { Class::Unusable } else { Class::Invalid };
        assert_eq!(problems(&path).class(), class, "{}", path.display());
    }
}

#[test]
fn a_broken_experiment_names_the_files_whose_change_may_mend_it() {
    let files = problems(Path::new("tests/bad_specs/problem-in-an-extended-file.toml")).source_files().to_vec();
    let names = ["problem-in-an-extended-file.toml", "part-broken.toml"];
    assert_eq!(files, names.map(|name| root().join("tests/bad_specs").join(name)));
    let files = problems(Path::new("tests/bad_specs/extends-nothing.toml")).source_files().to_vec();
    assert!(files.contains(&root().join("templates/keras_blog.toml")), "{files:?}");
}

#[test]
fn colour_is_added_only_when_asked_for() {
    let problems = problems(Path::new("tests/bad_specs/typo-in-key.toml"));
    assert!(!problems.render(Colour::Plain).contains('\u{1b}'));
    assert!(problems.render(Colour::Ansi).contains('\u{1b}'));
    assert_eq!(problems.list()[0].place.line_and_column(), Some((6, 1)));
}

#[test]
fn a_file_that_is_missing_is_named_with_the_one_that_was_perhaps_meant() {
    let text = problems(Path::new("experiments/quick-start.toml")).to_string();
    assert!(text.contains("there is no such file") && text.contains("did you mean `quickstart.toml`?"), "{text}");
}

#[test]
fn of_very_many_problems_the_first_are_shown_and_the_others_counted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a.toml");
    let keys: Vec<String> = (0..400).map(|key| format!("colour{key} = 1\n")).collect();
    std::fs::write(&path, keys.concat()).expect("it can be written");
    let problems = problems(&path);
    let text = problems.render(Colour::Plain);
    let shown = text.matches("there is no key `colour").count();
    assert_eq!(shown, 50);
    let more = problems.list().len() - shown;
    assert!(
        more >= 350 && text.ends_with(&format!("\n\nerror: {more} more problems, which come after these\n")),
        "{text}"
    );
}
