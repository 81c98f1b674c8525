//! The resolved experiment, line by line, with what differs from its template marked.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::report::settings::{differing, is_label};
use crate::report::{RunView, Template};

/// The text of `spec.toml`.
pub fn body(run: &RunView) -> Markup {
    let changes = run.template.as_ref().map(|template| changes(run, template)).unwrap_or_default();
    html! {
        p.note {
            @match &run.template {
                Some(template) if changes.is_empty() => { "The same as its template, " code { (template.name) } "." },
                Some(template) => { (changes.len()) @if changes.len() == 1 { " key differs" } @else { " keys differ" } " from its template, " code { (template.name) } "; they are marked." },
                None => "The resolved experiment; it extends no template.",
            }
        }
        @if !changes.is_empty() { label.only.screen { input type="checkbox"; "Only what differs" } }
        pre.spec tabindex="0" aria-label="Resolved experiment" { (lines(&run.spec, &changes)) }
    }
}

/// Keys that differ, with the template's value where it has one.
fn changes(run: &RunView, template: &Template) -> BTreeMap<String, Option<String>> {
    let keys = differing([&run.settings, &template.settings]).into_iter();
    keys.map(|key| {
        let was = template.settings.get(&key).map(str::to_owned);
        (key, was)
    })
    .collect()
}

fn lines(spec: &str, changes: &BTreeMap<String, Option<String>>) -> Markup {
    let mut table = String::new();
    html! {
        @for line in spec.lines() {
            @let key = key_of(line, &mut table);
            @let was = key.as_deref().and_then(|key| was(key, changes));
            @match was {
                Some(was) => span.line.changed { (line) span.was { "# template: " (was) } },
                None => span class=(if line.trim_start().starts_with('[') { "line same head" } else { "line same" }) { (line) },
            }
        }
    }
}

/// The dotted key that a line sets; a line that opens a table is remembered.
fn key_of(line: &str, table: &mut String) -> Option<String> {
    let line = line.trim();
    if let Some(name) = line.strip_prefix('[') {
        *table = name.trim_matches(['[', ']']).to_owned();
        return None;
    }
    let (key, _) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
    let key = key.trim().trim_matches('"');
    Some(if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") })
}

/// What the template says for a key or, where the line is an inline table, for the keys below it.
fn was(key: &str, changes: &BTreeMap<String, Option<String>>) -> Option<String> {
    if is_label(key) {
        return None;
    }
    let below = format!("{key}.");
    let hits = changes.iter().filter(|(changed, _)| *changed == key || changed.starts_with(&below));
    let texts: Vec<_> = hits
        .map(|(changed, was)| {
            let value = was.as_deref().unwrap_or("absent");
            changed.strip_prefix(&below).map_or(value.to_owned(), |name| format!("{name} {value}"))
        })
        .collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Settings;

    fn run(spec: &str, template: &str) -> RunView {
        let parse = |text| Settings::parse(text).expect("the document is well-formed");
        let template = Template { name: "t.toml".into(), settings: parse(template) };
        RunView { spec: spec.into(), settings: parse(spec), template: Some(template), ..RunView::default() }
    }

    #[test]
    fn a_changed_line_is_marked_and_shows_what_the_template_has() {
        let page = body(&run("[top]\ndropout = 0.3\nl2 = 0.0\n", "[top]\ndropout = 0.5\nl2 = 0.0\n")).into_string();
        assert!(page.contains("dropout = 0.3<span class=\"was\"># template: 0.5</span>"), "{page}");
        assert_eq!(page.matches("line changed").count(), 1);
    }

    #[test]
    fn a_change_inside_an_inline_table_marks_its_line() {
        let page = body(&run(
            "[top]\noptimizer = { kind = \"sgd\", lr = 0.1 }\n",
            "[top.optimizer]\nkind = \"sgd\"\nlr = 0.2\n",
        ))
        .into_string();
        assert!(page.contains("# template: lr 0.2"), "{page}");
    }
}
