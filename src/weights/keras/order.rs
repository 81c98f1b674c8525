//! The order in which a model's layers stand, and what else its description tells of them: Keras' `model_config` (JSON), or
//! the bare list of names that older files of weights have.

use std::cmp::Ordering;
use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::tensors::Layers;

/// A description of more objects than this is no VGG16's, and would take much more memory than it has bytes.
const MAX_OBJECTS: usize = 4096;

/// A layer as its model's description lists it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Listed {
    pub(super) name: String,
    /// Whether nothing is done to its output; none where that is not told.
    pub(super) is_linear: Option<bool>,
    /// Whether it does nothing once it is trained.
    pub(super) is_dropout: bool,
    /// Of a batch normalisation.
    pub(super) epsilon: Option<f64>,
    /// Whether a batch normalisation has scales, and shifts.
    pub(super) affine: [bool; 2],
}

/// The model's layers in their order; none that is of use where nothing tells.
pub(super) fn listed(layers: &Layers, config: Option<&str>, names: &[String]) -> Vec<Listed> {
    let known = |list: &Vec<Listed>| list.iter().filter(|listed| layers.contains_key(&listed.name)).count();
    let described = config.and_then(models).unwrap_or_default().into_iter().max_by_key(known);
    described.filter(|list| known(list) > 0).unwrap_or_else(|| names.iter().map(|name| Listed::named(name)).collect())
}

impl Listed {
    fn named(name: &str) -> Self {
        let is_dropout = name.contains("dropout");
        Self { name: name.to_owned(), is_linear: None, is_dropout, epsilon: None, affine: [true; 2] }
    }

    fn described(entry: &Entry) -> Self {
        let config = &entry.config.0;
        Self {
            name: config.name.clone().or_else(|| entry.name.clone()).unwrap_or_default(),
            is_linear: Some(config.activation.0.as_deref().is_none_or(|word| word == "linear")),
            is_dropout: entry.class_name.as_deref().is_some_and(|class| class.contains("Dropout")),
            epsilon: config.epsilon,
            affine: [config.scale, config.center].map(|is_there| is_there.unwrap_or(true)),
        }
    }
}

/// Every list of layers in a description, however deep: models stand in models.
fn models(config: &str) -> Option<Vec<Vec<Listed>>> {
    if config.bytes().filter(|&byte| byte == b'{').count() > MAX_OBJECTS {
        return None;
    }
    let root: Entry = serde_json::from_str(config).ok()?;
    let (mut lists, mut entries) = (Vec::new(), vec![&root]);
    while let Some(entry) = entries.pop() {
        lists.push(entry.config.0.layers.iter().map(Listed::described).collect());
        entries.extend(&entry.config.0.layers);
    }
    Some(lists)
}

/// A layer, or a model, in a description.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    name: Option<String>,
    class_name: Option<String>,
    config: Described,
}

/// The settings of a layer or a model that matter here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Settings {
    name: Option<String>,
    layers: Vec<Entry>,
    activation: Word,
    epsilon: Option<f64>,
    scale: Option<bool>,
    center: Option<bool>,
}

/// Settings as they are, or the list of layers that those of a Sequential were before Keras 2.2.
#[derive(Default)]
struct Described(Settings);

impl<'de> Deserialize<'de> for Described {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DescribedVisitor).map(Self)
    }
}

struct DescribedVisitor;

impl<'de> Visitor<'de> for DescribedVisitor {
    type Value = Settings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings of a layer, or a list of layers")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Settings, A::Error> {
        Settings::deserialize(MapAccessDeserializer::new(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Settings, A::Error> {
        let layers = Vec::deserialize(SeqAccessDeserializer::new(list))?;
        Ok(Settings { layers, ..Settings::default() })
    }

    fn visit_unit<E: Error>(self) -> Result<Settings, E> {
        Ok(Settings::default())
    }
}

/// A setting that is a word, nothing, or an object of the user's own.
#[derive(Default)]
struct Word(Option<String>);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordVisitor)
    }
}

struct WordVisitor;

impl<'de> Visitor<'de> for WordVisitor {
    type Value = Word;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word, an object or nothing")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Word, E> {
        Ok(Word(Some(word.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Word, E> {
        Ok(Word(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Word, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Word(Some("an object".to_owned())))
    }
}

/// Orders names as people number them: `conv2d`, `conv2d_9`, `conv2d_10`, and `bn1_2` before `bn2_1`.
pub(super) fn by_number(left: &str, right: &str) -> Ordering {
    let split = |name: &str| -> Vec<(String, u64)> {
        let digits = |c: char| c.is_ascii_digit();
        let (mut pieces, mut rest) = (Vec::new(), name);
        while !rest.is_empty() {
            let number = rest.find(digits).unwrap_or(rest.len());
            let (text, after) = rest.split_at(number);
            let end = after.find(|c: char| !digits(c)).unwrap_or(after.len());
            // `conv2d` is the one before `conv2d_1`.
            pieces.push((text.trim_end_matches('_').to_owned(), after[..end].parse().unwrap_or(0)));
            rest = &after[end..];
        }
        pieces
    };
    split(left).cmp(&split(right)).then_with(|| left.cmp(right))
}

/// A name without its numbers.
pub(super) fn stem(name: &str) -> String {
    name.chars().filter(|c| !c.is_ascii_digit() && *c != '_').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ordered_by_their_numbers() {
        let mut names = ["conv2d_10", "conv2d", "conv2d_9", "conv2d_1", "bn2_1", "bn1_2", "bn1_10"];
        names.sort_by(|a, b| by_number(a, b));
        assert_eq!(names, ["bn1_2", "bn1_10", "bn2_1", "conv2d", "conv2d_1", "conv2d_9", "conv2d_10"]);
        assert_eq!(stem("batch_normalization_12"), stem("batch_normalization"));
    }

    #[test]
    fn models_in_models_and_lists_in_the_place_of_settings_are_understood() {
        let text = r#"{"class_name": "Sequential", "config": [{"class_name": "Model", "config": {"name": "vgg", "layers": [
            {"class_name": "Conv2D", "name": "c", "config": {"name": "c", "activation": "relu", "filters": [1, [2]]}},
            {"class_name": "BatchNormalization", "config": {"name": "n", "epsilon": 0.01, "scale": false, "axis": [3]}},
            {"class_name": "Conv2D", "config": {"name": "d", "activation": {"class_name": "Mine"}}}]}}]}"#;
        let models = models(text).expect("a description");
        let inner = models.iter().find(|list| list.len() == 3).expect("the inner model");
        let linear: Vec<_> = inner.iter().map(|listed| listed.is_linear).collect();
        assert_eq!(linear, [Some(false), Some(true), Some(false)]);
        assert_eq!((inner[1].epsilon, inner[1].affine), (Some(0.01), [false, true]));
    }

    #[test]
    fn a_description_without_end_is_not_read() {
        assert_eq!(models(&format!("{{\"layers\": [{}{{}}]}}", "{},".repeat(MAX_OBJECTS))), None);
    }
}
