//! Pages of made-up runs, and what is asked of every page.

use std::path::{Path, PathBuf};

use frostline::report::{Augmented, Objective, Pictures, Pixels, RunView, SweepView, runs_page, sweep_page, write_run};

use crate::chromium::Chromium;
use crate::fixture::{self, Made, chance};
use crate::trials;

/// Where pages and pictures of the tests go.
pub fn folder(name: &str) -> PathBuf {
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
pub fn page_of(made: &Made, name: &str) -> (RunView, PathBuf) {
    let runs = folder(name);
    let dir = made.write(&runs);
    let run = RunView::load(&dir).expect("the made-up run can be read");
    let validation = |path: &str| (!path.ends_with("7.jpg")).then(|| photograph(seed_of(path), 320, 240));
    write_run(&dir, &run, &Pictures { validation: &validation, augmented: augmented() })
        .expect("the files can be written");
    (run, dir.join("report.html"))
}

/// Writes the page of many made-up runs and returns its path.
pub fn page_of_many(count: u32, name: &str) -> PathBuf {
    let dirs = fixture::many(&folder(name), count);
    let runs: Vec<_> = dirs.iter().map(|dir| RunView::load(dir).expect("the made-up run can be read")).collect();
    let page = folder(name).join("report.html");
    std::fs::write(&page, runs_page(&runs, Objective::DEFAULT)).expect("the page can be written");
    page
}

/// Writes the page of a made-up sweep and returns its path.
pub fn page_of_a_sweep(name: &str) -> PathBuf {
    let dir = trials::sweep(&folder(name));
    let sweep = SweepView::load(&dir).expect("the made-up sweep can be read");
    let experiment = dir.ancestors().nth(2).expect("a sweep lies with its runs");
    let ids = sweep.trials.iter().flat_map(|trial| &trial.runs);
    let runs: Vec<_> =
        ids.map(|id| RunView::load(&experiment.join(id)).expect("the made-up run can be read")).collect();
    let page = dir.join("report.html");
    std::fs::write(&page, sweep_page(&sweep, &runs)).expect("the page can be written");
    page
}

/// Opens a page on a screen: it says nothing, asks for nothing, is no wider than the screen, and its texts stand out from their ground.
pub fn fits(browser: &mut Chromium, page: &Path, (width, height): (u32, u32), scheme: &str) {
    browser.resize(width, height);
    browser.prefer(scheme);
    browser.open(page);
    assert_eq!(browser.complaints(), Vec::<String>::new());
    assert_eq!(browser.eval("document.documentElement.scrollWidth > innerWidth"), false, "{width} px, {scheme}");
    let faint = browser.eval(include_str!("contrast.js"));
    assert_eq!(faint, serde_json::json!([]), "texts with too little contrast, {width} px, {scheme}");
    let nameless = browser.eval(include_str!("names.js"));
    assert_eq!(nameless, serde_json::json!([]), "what a screen reader could not name, {width} px, {scheme}");
}

/// The numbers of one column of the table, from top to bottom, of the rows that are shown.
pub fn column(browser: &mut Chromium, key: &str) -> Vec<f64> {
    let script = format!(
        "(() => {{ const at = [...document.querySelectorAll('#table thead th')].findIndex(head => head.dataset.key === '{key}');
           return [...document.querySelectorAll('#table tbody tr:not([hidden])')].map(row => Number(row.cells[at].dataset.v)); }})()"
    );
    let values = browser.eval(&script);
    values.as_array().expect("a list").iter().map(|value| value.as_f64().expect("a number")).collect()
}
