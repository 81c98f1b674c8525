//! The page of many runs.

use frostline::report::RunView;

use crate::chromium::Chromium;
use crate::scene::{column, fits, folder, page_of_many};

#[test]
fn the_page_of_many_runs_is_quiet_fits_every_screen_and_both_themes() {
    let page = page_of_many(48, "many");
    let Some(mut browser) = Chromium::start() else { return };
    for (width, height) in [(380, 800), (1400, 900)] {
        for scheme in ["light", "dark"] {
            fits(&mut browser, &page, (width, height), scheme);
            browser.picture(&folder("pictures").join(format!("many-{width}-{scheme}.png")));
        }
    }
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

#[test]
fn pointing_at_laid_over_curves_shows_the_value_that_stands_in_metrics_csv() {
    let page = page_of_many(12, "overlay");
    let Some(mut browser) = Chromium::start() else { return };
    for width in [380, 1400] {
        browser.resize(width, 900);
        browser.open(&page);
        let place = browser.eval(
            "(() => { const path = document.querySelector('#overlay path.on'); path.scrollIntoView({ block: 'center' });
               const at = path.getPointAtLength(path.getTotalLength()), box = path.ownerSVGElement.getBoundingClientRect();
               return [box.left + at.x, box.top + at.y]; })()",
        );
        browser.point(place[0].as_f64().expect("a place"), place[1].as_f64().expect("a place"));
        let shown = browser.eval("[...document.querySelector('.float').children].map(line => line.textContent)");
        let run = shown[0].as_str().expect("the run");
        let run = RunView::load(&folder("overlay").join(run)).expect("the run that the note names is there");
        let value = run.metrics[79].cells[2].text().parse::<f64>().expect("a number");
        let told = shown[1].as_str().and_then(|text| text.strip_prefix("epoch 79: val_accuracy ")).expect("its value");
        let told: f64 = told.parse().expect("a number");
        assert!((told - value).abs() <= 5e-6, "{told} for {value} at {width} px");
    }
}

/// A measurement, said aloud; the limit is far above what it takes on an idle machine, so that a busy one passes.
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
    assert!(spent < 60_000.0, "the page took {spent} ms");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    browser.picture(&folder("pictures").join("five-hundred.png"));
}
