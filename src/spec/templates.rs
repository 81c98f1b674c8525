//! The templates from which `new` makes experiments, compiled in: the files of `templates/`.

use super::knobs::Name;
use super::suggest;

const TEMPLATES: [(&str, &str); 4] = [
    ("binary", include_str!("../../templates/binary.toml")),
    ("multiclass", include_str!("../../templates/multiclass.toml")),
    ("sweep", include_str!("../../templates/sweep.toml")),
    ("keras-blog", include_str!("../../templates/keras-blog.toml")),
];

/// There is no such template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no template `{name}`; there are `{}`", names().join("`, `"))]
pub struct UnknownTemplate {
    /// The name asked for.
    pub name: String,
    /// The one that was perhaps meant.
    pub nearest: Option<&'static str>,
}

/// The names of all templates; the first is the one that `new` takes by itself.
pub fn names() -> Vec<&'static str> {
    TEMPLATES.iter().map(|(name, _)| *name).collect()
}

/// The text of an experiment file for `experiments/`.
///
/// # Errors
/// There is no such template.
pub fn render(template: &str, name: &Name) -> Result<String, UnknownTemplate> {
    let found = TEMPLATES.iter().find(|(other, _)| *other == template);
    let (_, text) = found.ok_or_else(|| UnknownTemplate {
        name: template.to_owned(),
        nearest: suggest::nearest(template, TEMPLATES.iter().map(|(name, _)| *name)),
    })?;
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    Ok(format!("{first}\nname = \"{name}\"\n{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_template_names_the_nearest() {
        let name = Name::parse("a").expect("a name");
        assert_eq!(render("kerasblog", &name).expect_err("no such template").nearest, Some("keras-blog"));
    }

    #[test]
    fn every_template_is_valid_toml_with_the_name_in_it() {
        let name = Name::parse("my-pets").expect("a name");
        for template in names() {
            let text = render(template, &name).expect("it exists");
            let table: toml::Table = toml::from_str(&text).expect(template);
            assert_eq!(table["name"].as_str(), Some("my-pets"));
        }
    }
}
