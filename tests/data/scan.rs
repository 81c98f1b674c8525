//! Finding and splitting images on real folders.

use std::fs;
use std::path::Path;

use frostline::data::{Manifest, OnBadImage, Problem, ScanOptions, Warning, scan, split, warnings};
use proptest::prelude::*;
use tempfile::TempDir;

/// A file that begins like a PNG; its content is the label.
fn png(label: &str) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n", label.as_bytes()].concat()
}

/// A folder with the given files; a name that ends in `.txt` is text, everything else begins like a PNG.
fn folder(files: &[&str]) -> TempDir {
    let root = TempDir::new().expect("a temporary folder");
    for file in files {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().expect("files lie in folders")).expect("writable");
        let content = if file.ends_with(".txt") { b"some text".to_vec() } else { png(file) };
        fs::write(path, content).expect("writable");
    }
    root
}

fn paths(manifest: &Manifest) -> Vec<&str> {
    manifest.images.iter().map(|image| image.path.as_str()).collect()
}

/// The problems as text, without the temporary folder's name.
fn problems(root: &Path, options: &ScanOptions) -> String {
    let error = scan(root, options).expect_err("something is wrong");
    let mut lines: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
    lines.extend(error.hints().iter().map(|hint| format!("hint: {hint}")));
    lines.join("\n")
}

#[test]
fn classes_and_images_come_in_byte_order_and_clutter_is_not_looked_at() {
    let root =
        folder(&["dogs/b.png", "dogs/B.png", "cats/z/y.png", "cats/z.png", "cats/.hidden.txt", "cats/Thumbs.db.txt"]);
    fs::write(root.path().join("dogs/Thumbs.db"), b"x").expect("writable");
    fs::write(root.path().join("dogs/.DS_Store"), b"x").expect("writable");
    fs::create_dir(root.path().join("__MACOSX")).expect("writable");
    fs::remove_file(root.path().join("cats/Thumbs.db.txt")).expect("there");
    let manifest = scan(root.path(), &ScanOptions::default()).expect("fine");
    assert_eq!(manifest.classes, ["cats", "dogs"]);
    assert_eq!(paths(&manifest), ["cats/z.png", "cats/z/y.png", "dogs/B.png", "dogs/b.png"]);
    assert_eq!(manifest.counts(), [2, 2]);
}

#[test]
fn named_classes_fix_order_and_membership() {
    let root = folder(&["a/1.png", "b/1.png", "c/1.png"]);
    let classes = Some(vec!["c".to_owned(), "a".to_owned()]);
    let manifest = scan(root.path(), &ScanOptions { classes, ..ScanOptions::default() }).expect("fine");
    assert_eq!(paths(&manifest), ["c/1.png", "a/1.png"]);
    assert_eq!(manifest.labels(), [0, 1]);
}

#[test]
fn a_limit_takes_the_first_images_and_does_not_count_other_files() {
    let root = folder(&["a/0.txt", "a/1.png", "a/2.png", "a/3.png", "b/1.png"]);
    let options = ScanOptions { limit_per_class: Some(2), on_bad_image: OnBadImage::Skip, ..ScanOptions::default() };
    let manifest = scan(root.path(), &options).expect("fine");
    assert_eq!(paths(&manifest), ["a/1.png", "a/2.png", "b/1.png"]);
    assert_eq!(manifest.skipped.len(), 1);
    assert_eq!(manifest.skipped[0].reason, "not an image: text");
}

#[test]
fn everything_that_is_wrong_with_a_folder_is_said_at_once() {
    let root = folder(&["cats/1.png", "cats/notes.txt", "dogs/list.txt"]);
    fs::create_dir(root.path().join("birds")).expect("writable");
    insta::assert_snapshot!(problems(root.path(), &ScanOptions::default()), @r#"
    `cats/notes.txt` is not an image: text
    `dogs/list.txt` is not an image: text
    class `birds` has no image
    class `dogs` has no image
    hint: remove the file, or set `data.on_bad_image = "skip"`
    hint: add images, remove the folder, or list the other classes in `data.classes`
    "#);
}

#[test]
fn a_class_that_is_not_there_gets_a_suggestion() {
    let root = folder(&["cats/1.png", "dogs/1.png"]);
    let classes = Some(vec!["cat".to_owned(), "dogs".to_owned(), "zebras".to_owned(), "dogs".to_owned()]);
    insta::assert_snapshot!(problems(root.path(), &ScanOptions { classes, ..ScanOptions::default() }), @"
    `classes` names `cat`, but there is no such folder; did you mean `cats`?
    `classes` names `zebras`, but there is no such folder
    `classes` names `dogs` twice
    ");
}

#[test]
fn a_missing_folder_a_file_and_a_folder_without_classes_are_told_apart() {
    let root = folder(&["one/1.png"]);
    let options = ScanOptions::default();
    insta::assert_snapshot!(problems(&root.path().join("two"), &options), @r"
    the folder does not exist
    hint: paths are relative to the file that names them
    ");
    insta::assert_snapshot!(problems(&root.path().join("one/1.png"), &options), @r"
    expected a folder with one folder per class, found a file
    hint: sort the images into folders named after their classes, such as `cats/` and `dogs/`
    ");
    insta::assert_snapshot!(problems(&root.path().join("one"), &options), @r"
    expected one folder per class, found none (1 files lie directly in it)
    hint: sort the images into folders named after their classes, such as `cats/` and `dogs/`
    ");
    insta::assert_snapshot!(problems(root.path(), &options), @r"
    expected at least two classes, found only `one`
    hint: sort the images into folders named after their classes, such as `cats/` and `dogs/`
    ");
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_loops_are_reported() {
    use std::os::unix::fs::symlink;
    let root = folder(&["a/1.png", "b/1.png", "else/where/2.png"]);
    symlink(root.path().join("else/where"), root.path().join("a/linked")).expect("links work");
    let classes = Some(vec!["a".to_owned(), "b".to_owned()]);
    let options = ScanOptions { classes, ..ScanOptions::default() };
    let manifest = scan(root.path(), &options).expect("fine");
    assert_eq!(paths(&manifest), ["a/1.png", "a/linked/2.png", "b/1.png"]);
    symlink(root.path().join("a"), root.path().join("a/again")).expect("links work");
    let error = scan(root.path(), &options).expect_err("endless");
    assert!(matches!(error.problems.as_slice(), [Problem::Loop { path }] if path == "a/again"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_without_a_text_form_is_an_error_that_shows_it() {
    use std::os::unix::ffi::OsStrExt;
    let root = folder(&["a/1.png", "b/1.png"]);
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.png");
    fs::write(root.path().join("a").join(name), png("x")).expect("writable");
    insta::assert_snapshot!(problems(root.path(), &ScanOptions::default()), @r"
    the name of `a/caf�.png` is not valid UTF-8
    class `a` has no image
    hint: rename the file
    hint: add images, remove the folder, or list the other classes in `data.classes`
    ");
}

#[test]
fn the_same_bytes_in_both_sets_or_under_two_labels_are_warned_about() {
    let (train, validation) = (folder(&["a/1.png", "b/1.png"]), folder(&["a/2.png", "b/2.png"]));
    fs::copy(train.path().join("a/1.png"), validation.path().join("b/copy.png")).expect("writable");
    fs::copy(train.path().join("a/1.png"), train.path().join("b/twice.png")).expect("writable");
    let options = ScanOptions::default();
    let (train, validation) = (scan(train.path(), &options), scan(validation.path(), &options));
    let found = warnings(&train.expect("fine"), &validation.expect("fine"));
    let two = Warning::TwoLabels { paths: ["a/1.png".to_owned(), "b/twice.png".to_owned()] };
    let both = Warning::InBoth { train: "a/1.png".to_owned(), validation: "b/copy.png".to_owned() };
    assert_eq!(found, [two, both]);
}

/// A manifest with the given number of images per class; contents named after class and number.
fn manifest(counts: &[usize]) -> Manifest {
    let image = |class: usize, index: usize| frostline::data::Image {
        path: format!("{class}/{index:04}"),
        class: class as u32,
        digest: frostline::digest::Digest::of(format!("{class} {index}").as_bytes()),
        bytes: 1,
    };
    Manifest {
        root: "photos".into(),
        classes: (0..counts.len()).map(|class| class.to_string()).collect(),
        images: counts.iter().enumerate().flat_map(|(c, &n)| (0..n).map(move |i| image(c, i))).collect(),
        skipped: Vec::new(),
    }
}

proptest! {
    #[test]
    fn a_split_is_a_stratified_partition(
        counts in prop::collection::vec(2usize..60, 2..5),
        fraction in 0.01..0.99,
        seed in any::<u64>(),
    ) {
        let all = manifest(&counts);
        let (train, validation) = split(&all, fraction, seed).expect("each class has two");
        let mut together: Vec<_> = train.images.iter().chain(&validation.images).cloned().collect();
        together.sort_by(|a, b| a.path.cmp(&b.path));
        prop_assert_eq!(&together, &all.images);
        for (class, (&total, own)) in counts.iter().zip(validation.counts()).enumerate() {
            prop_assert!(own >= 1 && own < total, "class {}: {} of {}", class, own, total);
            let apart = (own as f64 - total as f64 * fraction).abs();
            prop_assert!(apart <= 1.0, "class {}: {} of {} at {}", class, own, total, fraction);
        }
        prop_assert_eq!(split(&all, fraction, seed).expect("as before"), (train, validation));
    }

    #[test]
    fn a_new_image_moves_at_most_one_other_across_the_split(
        count in 3usize..60, fraction in 0.05..0.95, seed in any::<u64>(),
    ) {
        let (_, before) = split(&manifest(&[count, 5]), fraction, seed).expect("enough");
        let (_, after) = split(&manifest(&[count + 1, 5]), fraction, seed).expect("enough");
        let lost = before.images.iter().filter(|image| !after.images.contains(image)).count();
        let new = after.images.iter().filter(|image| !before.images.contains(image)).count();
        prop_assert!(lost <= 1 && new <= 2, "{} lost, {} new", lost, new);
    }
}

#[test]
fn copies_of_an_image_stay_on_one_side_of_the_split() {
    let mut all = manifest(&[40, 40]);
    for pair in 0..20 {
        all.images[2 * pair].digest = all.images[2 * pair + 1].digest;
    }
    for seed in 0..50 {
        let (train, validation) = split(&all, 0.3, seed).expect("enough");
        assert_eq!(warnings(&train, &validation), [], "seed {seed}");
    }
}

#[test]
fn a_class_of_one_image_cannot_be_split() {
    let error = split(&manifest(&[1, 5]), 0.5, 0).expect_err("one is too few");
    insta::assert_snapshot!(error, @"`photos`: class `0` has 1 image, expected at least two to split into training and validation");
}
