//! A run's state is what is true.

use crate::project::Project;
use crate::work::{RUN, states};

#[test]
fn a_failed_run_is_taken_up_again_and_with_other_images_it_is_another_one() {
    let project = Project::new();
    let image = project.path("data/train/red/03.png");
    let whole = std::fs::read(&image).expect("it is there");
    std::fs::write(&image, &whole[..whole.len() / 2]).expect("it can be written");
    let ran = project.frostline(&RUN);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("03.png") && ran.stderr.contains("hint: copy or download"), "{}", ran.stderr);
    assert_eq!(states(&project), ["failed"]);
    let again = project.frostline(&RUN);
    assert_eq!((again.code, states(&project).len()), (4, 1), "{}", again.stderr);
    std::fs::write(&image, whole).expect("it can be written");
    let mended = project.frostline(&RUN);
    assert_eq!(mended.code, 0, "{}", mended.stderr);
    assert_eq!(states(&project), ["failed", "done"], "other images are another run");
}
