//! Problems as text: source line, caret, advice. The home of `annotate-snippets`; writes to no terminal.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::problem::{Place, Problem};

/// Whether the text carries ANSI colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// None.
    Plain,
    /// ANSI escape sequences.
    Ansi,
}

/// Nobody reads more at once; a file that has so many is mostly another one than was meant.
const SHOWN: usize = 50;

/// The problems, one after another, with an empty line between; of very many the first ones, and how many more there are.
pub fn render(problems: &[Problem], colour: Colour) -> String {
    let renderer = match colour {
        Colour::Plain => Renderer::plain(),
        Colour::Ansi => Renderer::styled(),
    };
    let shown = problems.iter().take(SHOWN).map(|problem| renderer.render(&[group(problem)]));
    let more = problems.len().saturating_sub(SHOWN);
    let title = format!("{more} more problems, which come after these");
    let rest = (more > 0).then(|| renderer.render(&[Group::with_title(Level::ERROR.primary_title(title))]));
    let mut text = shown.chain(rest).collect::<Vec<_>>().join("\n\n");
    text.push('\n');
    text
}

fn group(problem: &Problem) -> Group<'_> {
    let group = Group::with_title(Level::ERROR.primary_title(problem.title.as_str()));
    let group = match &problem.place {
        Place::Span { file, span } => {
            let first = annotation(AnnotationKind::Primary, span, &problem.label);
            let others = problem.others.iter().filter_map(|(place, label)| match place {
                Place::Span { file: other, span } if other.path == file.path => {
                    Some(annotation(AnnotationKind::Context, span, label))
                }
                _ => None,
            });
            let snippet = Snippet::source(file.text.as_str()).path(file.shown.as_str());
            group.element(snippet.annotation(first).annotations(others))
        }
        place => elsewhere(group, place, &problem.label),
    };
    let others = problem.others.iter().filter(|(place, _)| !same_file(place, &problem.place));
    let group = others.fold(group, |group, (place, label)| match place {
        Place::Span { file, span } => {
            let snippet = Snippet::source(file.text.as_str()).path(file.shown.as_str());
            group.element(snippet.annotation(annotation(AnnotationKind::Context, span, label)))
        }
        place => elsewhere(group, place, label),
    });
    problem.help.iter().fold(group, |group, help| group.element(Level::HELP.message(help.as_str())))
}

fn same_file(a: &Place, b: &Place) -> bool {
    matches!((a, b), (Place::Span { file: a, .. }, Place::Span { file: b, .. }) if a.path == b.path)
}

fn annotation<'a>(kind: AnnotationKind, span: &Range<usize>, label: &'a str) -> Annotation<'a> {
    let annotation = kind.span(span.clone());
    if label.is_empty() { annotation } else { annotation.label(label) }
}

/// A place without a source line: its name, and what is said there.
fn elsewhere<'a>(group: Group<'a>, place: &'a Place, label: &'a str) -> Group<'a> {
    let name = match place {
        Place::Span { file, .. } => file.shown.clone(),
        Place::File(path) => path.display().to_string(),
        Place::Environment { variable, value } => format!("{variable}={value} (environment)"),
        Place::Set { argument } => format!("--set {argument}"),
        Place::Point { pair } => format!("sweep point {pair}"),
        Place::Defaults => "built-in defaults".to_owned(),
    };
    let group = group.element(Origin::path(name));
    if label.is_empty() { group } else { group.element(Level::NOTE.message(label)) }
}
