//! Problems as text: source line, caret, advice. The home of `annotate-snippets`; writes to no terminal.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::problem::{Place, Problem};

/// Whether the text carries ANSI colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// None.
    Plain,
    /// ANSI escape sequences.
    Ansi,
}

/// All problems, one after another, with an empty line between.
pub fn render(problems: &[Problem], colour: Colour) -> String {
    let renderer = match colour {
        Colour::Plain => Renderer::plain(),
        Colour::Ansi => Renderer::styled(),
    };
    let texts = problems.iter().map(|problem| renderer.render(&[group(problem)]));
    let mut text = texts.collect::<Vec<_>>().join("\n\n");
    text.push('\n');
    text
}

fn group(problem: &Problem) -> Group<'_> {
    let mut group = Level::ERROR.primary_title(problem.title.as_str()).element_at(problem);
    for (place, label) in &problem.others {
        group = at(group, place, label, AnnotationKind::Context);
    }
    for help in &problem.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}

trait ElementAt<'a> {
    fn element_at(self, problem: &'a Problem) -> Group<'a>;
}

impl<'a> ElementAt<'a> for annotate_snippets::Title<'a> {
    fn element_at(self, problem: &'a Problem) -> Group<'a> {
        at(Group::with_title(self), &problem.place, &problem.label, AnnotationKind::Primary)
    }
}

/// Adds a place and what is said at it.
fn at<'a>(group: Group<'a>, place: &'a Place, label: &'a str, kind: AnnotationKind) -> Group<'a> {
    let (path, note) = match place {
        Place::Span { file, span } => {
            let annotation = kind.span(span.clone());
            let annotation = if label.is_empty() { annotation } else { annotation.label(label) };
            let snippet = Snippet::source(file.text.as_str()).path(file.shown.as_str()).annotation(annotation);
            return group.element(snippet);
        }
        Place::File(path) => (path.display().to_string(), label),
        Place::Environment { variable, value } => (format!("{variable}={value} (environment)"), label),
        Place::Set { argument } => (format!("--set {argument}"), label),
        Place::Point { pair } => (format!("sweep point {pair}"), label),
        Place::Defaults => ("built-in defaults".to_owned(), label),
    };
    let group = group.element(Origin::path(path));
    if note.is_empty() { group } else { group.element(Level::NOTE.message(note)) }
}
