//! The page of a sweep.

use crate::chromium::Chromium;
use crate::scene::{fits, folder, page_of_a_sweep};

#[test]
fn the_page_of_a_sweep_is_quiet_fits_every_screen_and_both_themes() {
    let page = page_of_a_sweep("sweep");
    let Some(mut browser) = Chromium::start() else { return };
    for (width, height) in [(380, 800), (1400, 900)] {
        for scheme in ["light", "dark"] {
            fits(&mut browser, &page, (width, height), scheme);
            browser.picture(&folder("pictures").join(format!("sweep-{width}-{scheme}.png")));
        }
    }
}

#[test]
fn the_trials_of_a_sweep_come_best_first_with_ties_and_sort() {
    let page = page_of_a_sweep("trials");
    let Some(mut browser) = Chromium::start() else { return };
    browser.open(&page);
    let cells = "[...document.querySelectorAll('#trials tbody tr')].map(row => row.cells[COLUMN].dataset.v)";
    let cells = |browser: &mut Chromium, column: usize| browser.eval(&cells.replace("COLUMN", &column.to_string()));
    let reached = cells(&mut browser, 2);
    let reached: Vec<f64> = reached.as_array().expect("a list").iter().map(number).collect();
    assert_eq!(reached.len(), 24);
    assert!(reached.is_sorted_by(|left, right| left >= right), "{reached:?}");
    assert_eq!(
        browser.eval("document.querySelectorAll('#trials .tie').length"),
        2,
        "the second and the third tie with the best"
    );
    browser.eval("document.querySelector('#trials th[data-key=\"point\"] button').click()");
    assert_eq!(cells(&mut browser, 0)[0], "0");
    assert_eq!(cells(&mut browser, 0)[23], "23");
    let weights = browser.eval("[...document.querySelectorAll('#importance tbody th')].map(head => head.textContent)");
    assert_eq!(weights, serde_json::json!(["top.optimizer.lr", "top.dropout", "fine_tune.frozen_layers"]));
    assert_eq!(browser.eval("document.querySelectorAll('#key-charts h3')[0].textContent"), "fine_tune.frozen_layers");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

fn number(value: &serde_json::Value) -> f64 {
    value.as_str().and_then(|text| text.parse().ok()).expect("a number")
}
