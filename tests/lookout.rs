//! Looking at the same images again and again: what has changed is seen, and nothing is believed for longer than a second.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use frostline::clock::{Clock, ManualClock};
use frostline::runs::Runs;
use frostline::spec::{self, Experiment, OnDisk, Overrides};
use frostline::stages::Lookout;

fn image(folder: &Path, name: &str, tone: u8) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("the folder can be made");
    image::RgbImage::from_pixel(4, 4, image::Rgb([tone; 3])).save(path).expect("the image can be written");
}

fn experiment(folder: &Path) -> Experiment {
    for (number, class) in ["blue", "red"].into_iter().enumerate() {
        for part in ["train", "validation"] {
            image(folder, &format!("data/{part}/{class}/1.png"), 40 * number as u8 + part.len() as u8);
        }
    }
    let file = folder.join("a.toml");
    let text = "[data]\ntrain = \"data/train\"\nvalidation = \"data/validation\"\n";
    std::fs::write(&file, text).expect("the file can be written");
    let (cwd, binary) = (folder.to_owned(), std::env::current_exe().ok());
    let overrides = Overrides { cwd, on_disk: OnDisk::Checked, binary, ..Overrides::default() };
    spec::load(&file, &overrides).expect("a valid experiment")
}

#[test]
fn a_changed_an_added_and_a_removed_image_are_each_other_images() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let experiment = experiment(folder.path());
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(SystemTime::now() + Duration::from_secs(60)));
    let lookout = Lookout::new(clock);
    let digest = || lookout.images_digest(&experiment).expect("the images can be used");
    let first = digest();
    assert_eq!(digest(), first);
    image(folder.path(), "data/train/red/1.png", 200);
    let changed = digest();
    assert_ne!(changed, first);
    image(folder.path(), "data/train/red/2.png", 90);
    let added = digest();
    assert_ne!(added, changed);
    std::fs::remove_file(folder.path().join("data/train/red/2.png")).expect("it goes");
    assert_eq!(digest(), changed);
}

#[test]
fn one_look_serves_a_second_of_experiments_and_no_more() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let experiment = experiment(folder.path());
    let clock = Arc::new(ManualClock::new(SystemTime::now()));
    let lookout = Lookout::new(clock.clone());
    let runs = Runs::at(&folder.path().join("runs"), clock.clone());
    let prepared = || lookout.prepare(experiment.clone(), &runs).expect("it can be prepared").images_digest();
    let first = prepared();
    image(folder.path(), "data/validation/blue/2.png", 7);
    clock.advance(Duration::from_millis(900));
    assert_eq!(prepared(), first, "as of the same moment");
    clock.advance(Duration::from_millis(200));
    assert_ne!(prepared(), first);
}
