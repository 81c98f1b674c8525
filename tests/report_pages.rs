//! Pages in a real browser. The pictures that are taken on the way stand in `target/tmp/report/`, to be looked at.

#[path = "report/chromium.rs"]
mod chromium;
#[path = "report/fixture.rs"]
mod fixture;

use std::path::{Path, PathBuf};

use chromium::Chromium;
use fixture::{Made, chance};
use frostline::report::{Augmented, Pictures, Pixels, RunView, run_page, write_run};

/// Where pages and pictures of the tests go.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report").join(name);
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

/// A made-up photograph: a soft blob whose place and colours follow from the seed.
fn photograph(seed: u32, width: usize, height: usize) -> Pixels {
    let [x0, y0, hue] = [1, 2, 3].map(|salt| chance(seed, salt));
    let pixel = |at: usize| {
        let (x, y) = ((at % width) as f64 / width as f64, (at / width) as f64 / height as f64);
        let near = (-8.0 * ((x - x0).powi(2) + (y - y0).powi(2))).exp();
        [60.0 + 180.0 * near, 70.0 + 120.0 * near * hue + 40.0 * y, 110.0 + 100.0 * (1.0 - hue) * near]
            .map(|value| value as u8)
    };
    Pixels { width, height, rgb: (0..width * height).flat_map(pixel).collect() }
}

fn seed_of(path: &str) -> u32 {
    path.bytes().fold(7, |seed, byte| seed.wrapping_mul(31).wrapping_add(u32::from(byte)))
}

fn augmented() -> Vec<Augmented> {
    let example = |at: u32| Augmented {
        path: format!("cats/cat.{at}.jpg"),
        class: "cats".into(),
        original: Some(photograph(at, 150, 150)),
        variants: (0..7).map(|variant| photograph(at * 10 + variant, 150, 150)).collect(),
    };
    (0..6).map(example).collect()
}

/// Writes the page of a made-up run and returns the run and the page's path.
fn page_of(made: &Made, name: &str) -> (RunView, PathBuf) {
    let runs = folder(name);
    let dir = made.write(&runs);
    let run = RunView::load(&dir).expect("the made-up run can be read");
    let validation = |path: &str| (!path.ends_with("7.jpg")).then(|| photograph(seed_of(path), 320, 240));
    write_run(&dir, &run, &Pictures { validation: &validation, augmented: augmented() })
        .expect("the files can be written");
    (run, dir.join("report.html"))
}

#[test]
fn the_page_of_a_run_is_quiet_fits_every_screen_and_both_themes() {
    let (_, page) = page_of(&Made::new(9), "quiet");
    let size = std::fs::metadata(&page).expect("the page is there").len();
    assert!(size < 2_000_000, "the page has {size} bytes");
    let Some(mut browser) = Chromium::start() else { return };
    for (width, height) in [(380, 800), (1400, 900)] {
        for scheme in ["light", "dark"] {
            browser.resize(width, height);
            browser.prefer(scheme);
            browser.open(&page);
            assert_eq!(browser.complaints(), Vec::<String>::new());
            assert!(
                browser.eval("document.documentElement.scrollWidth <= innerWidth").as_bool().expect("a truth value")
            );
            browser.picture(&folder("pictures").join(format!("run-{width}-{scheme}.png")));
        }
    }
}

#[test]
fn hovering_shows_the_values_that_stand_in_metrics_csv() {
    let (run, page) = page_of(&Made::new(3), "hover");
    let Some(mut browser) = Chromium::start() else { return };
    for width in [380, 1400] {
        browser.resize(width, 900);
        browser.open(&page);
        for epoch in [0, 23, 49, 50, 79] {
            let place = format!(
                "(() => {{ const plot = document.querySelector('.plot'); plot.scrollIntoView({{ block: 'center' }});
                   const box = plot.getBoundingClientRect(); return [box.left + box.width * {epoch} / 79, box.top + box.height / 2]; }})()"
            );
            let place = browser.eval(&place);
            browser.point(place[0].as_f64().expect("a place"), place[1].as_f64().expect("a place"));
            let shown = browser.eval("[...document.querySelectorAll('#tip td')].map(cell => cell.textContent)");
            let cells = &run.metrics[epoch].cells;
            let expected: Vec<_> = [2, 0, 3, 1, 4].map(|column| cells[column].text()).to_vec();
            assert_eq!(shown, serde_json::json!(expected), "epoch {epoch} at {width} px");
            assert_eq!(browser.eval("getComputedStyle(document.getElementById('tip')).visibility"), "visible");
        }
        browser.picture(&folder("pictures").join(format!("hover-{width}.png")));
    }
}

#[test]
fn the_arrow_keys_walk_along_the_curves_and_say_the_values() {
    let (run, page) = page_of(&Made::new(4), "keys");
    let Some(mut browser) = Chromium::start() else { return };
    browser.open(&page);
    browser.eval("document.querySelector('.plot').focus({ focusVisible: true })");
    ["Home", "ArrowRight", "ArrowRight"].iter().for_each(|key| browser.press(key));
    let spoken = browser.eval("document.getElementById('spoken').textContent");
    let expected = format!("top epoch 2: validation accuracy {}", run.metrics[2].cells[2].text());
    assert!(spoken.as_str().expect("a text").starts_with(&expected), "{spoken}");
    browser.press("Escape");
    assert_eq!(browser.eval("getComputedStyle(document.getElementById('tip')).visibility"), "hidden");
}

#[test]
fn text_from_a_run_is_shown_and_never_run() {
    let hostile = "<script>document.title='run'</script>";
    let made =
        Made { images: 30, ..Made::new(5) }.with_classes(&[hostile, "\"><img src=x onerror=alert(1)>", "dogs & cats"]);
    let (_, page) = page_of(&made, "hostile");
    let Some(mut browser) = Chromium::start() else { return };
    browser.open(&page);
    assert_eq!(browser.complaints(), Vec::<String>::new());
    assert_ne!(browser.eval("document.title"), "run");
    assert_eq!(browser.eval("document.querySelector('.matrix tbody th').textContent"), hostile);
}

#[test]
fn the_same_run_gives_the_same_page() {
    let dir = Made::new(1).write(&folder("same"));
    let page = || run_page(&RunView::load(&dir).expect("the made-up run can be read"), &Pictures::none());
    assert_eq!(page(), page());
}
