//! The page of one run.

use frostline::report::{Pictures, RunView, run_page};

use crate::chromium::Chromium;
use crate::fixture::Made;
use crate::scene::{fits, folder, page_of};

#[test]
fn the_page_of_a_run_is_quiet_fits_every_screen_and_both_themes() {
    let (_, page) = page_of(&Made::new(9), "quiet");
    let size = std::fs::metadata(&page).expect("the page is there").len();
    assert!(size < 2_000_000, "the page has {size} bytes");
    let Some(mut browser) = Chromium::start() else { return };
    for (width, height) in [(380, 800), (1400, 900)] {
        for scheme in ["light", "dark"] {
            fits(&mut browser, &page, (width, height), scheme);
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
