//! Pages by keyboard and on paper. What a screen reader says and whether colours stand out is asked of every page, in `scene`.

use crate::chromium::Chromium;
use crate::fixture::Made;
use crate::scene::{column, folder, page_of, page_of_many};

/// What has the focus, in a word.
fn focused(browser: &mut Chromium) -> String {
    let script = "(() => { const at = document.activeElement; return at.id || at.className || at.closest('th')?.dataset.key || at.textContent; })()";
    browser.eval(script).as_str().expect("a text").to_owned()
}

#[test]
fn the_keyboard_alone_reaches_filters_and_sorts() {
    let page = page_of_many(12, "keyboard");
    let Some(mut browser) = Chromium::start() else { return };
    browser.resize(1400, 900);
    browser.open(&page);
    let order: Vec<String> = (0..11)
        .map(|_| {
            browser.press("Tab");
            focused(&mut browser)
        })
        .collect();
    let links = ["Runs", "Curves", "All keys at once", "Key by key", "Progress"];
    let expected = [&["skip", "tool"][..], &links, &["filter", "scroll tall", "run", "state"]].concat();
    let expected: Vec<_> = expected.into_iter().map(|name| if name == "tool" { "theme" } else { name }).collect();
    assert_eq!(order, expected);
    browser.press("Tab");
    assert_eq!(focused(&mut browser), "val_accuracy");
    browser.press("Enter");
    assert!(column(&mut browser, "val_accuracy").is_sorted());
    let ring = browser.eval("getComputedStyle(document.activeElement).outlineStyle");
    assert_eq!(ring, "solid", "the focus is seen");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn on_paper_a_page_is_light_and_has_all_rows_and_no_controls() {
    let many = page_of_many(48, "paper");
    let (_, run) = page_of(&Made::new(9), "paper");
    let Some(mut browser) = Chromium::start() else { return };
    for page in [many, run] {
        browser.resize(794, 1123);
        browser.open(&page);
        browser.print("dark");
        assert_eq!(browser.eval("getComputedStyle(document.documentElement).colorScheme"), "light");
        assert_eq!(browser.eval("[...document.querySelectorAll('nav, .tool, input, button.tool')].filter(node => node.checkVisibility()).length"), 0);
        let cut = "[...document.querySelectorAll('.scroll')].filter(node => node.clientHeight + 1 < node.scrollHeight).length";
        assert_eq!(browser.eval(cut), 0, "nothing is cut off at the bottom of a box");
        let name = if page.ends_with("paper/report.html") { "many" } else { "run" };
        browser.picture(&folder("pictures").join(format!("{name}-paper.png")));
    }
}
