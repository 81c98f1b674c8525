//! Pages in a real browser. The pictures that are taken on the way stand in `target/tmp/report/`, to be looked at.

#[path = "report/chromium.rs"]
mod chromium;
#[path = "report/fixture.rs"]
#[allow(dead_code, reason = "each test crate uses a part of the fixture")]
mod fixture;

use std::path::{Path, PathBuf};

use chromium::Chromium;
use fixture::{Made, chance};
use frostline::report::{Augmented, Objective, Pictures, Pixels, RunView, run_page, runs_page, write_run};

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

/// Writes the page of many made-up runs and returns its path.
fn page_of_many(count: u32, name: &str) -> PathBuf {
    let dirs = fixture::many(&folder(name), count);
    let runs: Vec<_> = dirs.iter().map(|dir| RunView::load(dir).expect("the made-up run can be read")).collect();
    let page = folder(name).join("report.html");
    std::fs::write(&page, runs_page(&runs, Objective::DEFAULT)).expect("the page can be written");
    page
}

#[test]
fn the_page_of_many_runs_is_quiet_fits_every_screen_and_both_themes() {
    let page = page_of_many(48, "many");
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
            browser.picture(&folder("pictures").join(format!("many-{width}-{scheme}.png")));
        }
    }
}

/// The numbers of one column of the table, from top to bottom, of the rows that are shown.
fn column(browser: &mut Chromium, key: &str) -> Vec<f64> {
    let script = format!(
        "(() => {{ const at = [...document.querySelectorAll('#table thead th')].findIndex(head => head.dataset.key === '{key}');
           return [...document.querySelectorAll('#table tbody tr:not([hidden])')].map(row => Number(row.cells[at].dataset.v)); }})()"
    );
    let values = browser.eval(&script);
    values.as_array().expect("a list").iter().map(|value| value.as_f64().expect("a number")).collect()
}

#[test]
fn the_table_of_runs_sorts_and_filters() {
    let page = page_of_many(48, "table");
    let Some(mut browser) = Chromium::start() else { return };
    browser.open(&page);
    let first = column(&mut browser, "val_accuracy");
    assert!(first.is_sorted_by(|left, right| left >= right), "the best run comes first: {first:?}");
    let head = "document.querySelector('th[data-key=\"top.optimizer.lr\"] button')";
    browser.eval(&format!("{head}.click()"));
    assert!(column(&mut browser, "top.optimizer.lr").is_sorted());
    assert_eq!(browser.eval(&format!("{head}.closest('th').getAttribute('aria-sort')")), "ascending");
    browser.eval(&format!("{head}.click()"));
    assert!(column(&mut browser, "top.optimizer.lr").is_sorted_by(|left, right| left >= right));
    browser.eval("(() => { const filter = document.getElementById('filter'); filter.value = 'lr<0.001 dropout=0.5'; filter.dispatchEvent(new Event('input')); })()");
    browser.eval("new Promise(done => setTimeout(done, 50))");
    assert!(column(&mut browser, "top.optimizer.lr").iter().all(|rate| *rate < 0.001));
    assert!(column(&mut browser, "top.dropout").iter().all(|dropout| *dropout == 0.5));
    assert_eq!(browser.eval("document.getElementById('count').textContent"), "8 of 48");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_legend_switches_curves_by_pointer_and_by_key() {
    let page = page_of_many(48, "legend");
    let Some(mut browser) = Chromium::start() else { return };
    browser.open(&page);
    let on = "document.querySelectorAll('#overlay path.on').length";
    assert_eq!(browser.eval(on), 8);
    browser.eval("document.querySelector('#legend button').click()");
    assert_eq!(browser.eval(on), 7);
    browser.eval("document.querySelector('#legend button').focus()");
    browser.press("Enter");
    assert_eq!(browser.eval(on), 8);
    browser.eval("document.querySelector('#none-on').click()");
    assert_eq!(browser.eval(on), 0);
    browser.eval("document.querySelector('#table tbody .swatch').click()");
    assert_eq!(browser.eval(on), 1);
    browser.eval("document.querySelector('#columns [data-column=loss]').click()");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// A measurement, said aloud; the limit is far above what it takes (about half a second), so that a busy machine passes.
#[test]
fn five_hundred_runs_open_in_time() {
    let page = page_of_many(500, "five-hundred");
    let Some(mut browser) = Chromium::start() else { return };
    browser.resize(1400, 900);
    browser.open(&page);
    let spent =
        browser.eval("performance.getEntriesByType('navigation')[0].loadEventEnd").as_f64().expect("milliseconds");
    eprintln!(
        "a page of 500 runs ({} kB) opened in {spent:.0} ms",
        std::fs::metadata(&page).expect("there").len() / 1000
    );
    assert!(spent < 10_000.0, "the page took {spent} ms");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    browser.picture(&folder("pictures").join("five-hundred.png"));
}
