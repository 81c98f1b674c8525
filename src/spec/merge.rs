//! Layers into one table, and who set each value. The home of figment.

use std::collections::BTreeMap;

use figment::value::{Dict, Map, Num, Tag, Value as Figvalue};
use figment::{Figment, Metadata, Profile, Provider, Source};
use toml::Value;

use super::key::Key;
use super::layer::Layer;
use super::origin::Provenance;

/// Merges layers, the lowest first: tables key by key, everything else replaced.
pub fn merge(layers: &[Layer]) -> (Layer, Provenance) {
    let sources = layers.iter().enumerate().map(|(index, layer)| Numbered { index, layer });
    let figment = sources.fold(Figment::new(), Figment::merge);
    let root = figment.find_value("").expect("layers are tables of plain values, which always merge");
    let layer_of = |tag: Tag| {
        let index: usize = figment.get_metadata(tag)?.source.as_ref()?.custom()?.parse().ok()?;
        layers.get(index)
    };
    let mut origins = BTreeMap::new();
    walk(&Key::default(), &root, &mut |key, value| {
        let origin = layer_of(value.tag()).and_then(|layer| layer.origin(key));
        if let Some(origin) = origin {
            origins.insert(key.clone(), origin.clone());
        }
    });
    for (key, origin) in layers.iter().flat_map(|layer| &layer.origins) {
        if root_has_table(&root, key) {
            origins.insert(key.clone(), origin.clone());
        }
    }
    let Value::Table(table) = plain(&root) else { unreachable!("the root is a table") };
    (Layer { table, origins: origins.clone() }, Provenance::new(origins))
}

/// Tables have parts from many layers: the highest that names one has its origin.
fn root_has_table(root: &Figvalue, key: &Key) -> bool {
    let found = key.parts().iter().try_fold(root, |value, name| value.as_dict()?.get(name));
    found.is_some_and(|value| value.as_dict().is_some())
}

struct Numbered<'a> {
    index: usize,
    layer: &'a Layer,
}

impl Provider for Numbered<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::from("layer", Source::Custom(self.index.to_string()))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        match Figvalue::serialize(&self.layer.table)? {
            Figvalue::Dict(_, dict) => Ok(Profile::Default.collect(dict)),
            _ => Ok(Map::new()),
        }
    }
}

/// Visits every value that isn't a table, array elements included.
fn walk(at: &Key, value: &Figvalue, visit: &mut impl FnMut(&Key, &Figvalue)) {
    match value {
        Figvalue::Dict(_, dict) => dict.iter().for_each(|(name, value)| walk(&at.join(name), value, visit)),
        Figvalue::Array(_, items) => {
            visit(at, value);
            items.iter().enumerate().for_each(|(index, item)| walk(&at.join(index), item, visit));
        }
        Figvalue::String(..) | Figvalue::Char(..) | Figvalue::Bool(..) | Figvalue::Num(..) | Figvalue::Empty(..) => {
            visit(at, value);
        }
    }
}

fn plain(value: &Figvalue) -> Value {
    match value {
        Figvalue::String(_, text) => Value::String(text.clone()),
        Figvalue::Char(_, c) => Value::String(c.to_string()),
        Figvalue::Bool(_, flag) => Value::Boolean(*flag),
        Figvalue::Num(_, number) => number_of(*number),
        Figvalue::Empty(..) => Value::Table(toml::Table::new()),
        Figvalue::Dict(_, dict) => Value::Table(dict.iter().map(|(name, v)| (name.clone(), plain(v))).collect()),
        Figvalue::Array(_, items) => Value::Array(items.iter().map(plain).collect()),
    }
}

fn number_of(number: Num) -> Value {
    match number {
        Num::F32(_) | Num::F64(_) => Value::Float(number.to_f64().unwrap_or(f64::NAN)),
        whole => Value::Integer(whole.to_i128().and_then(|number| i64::try_from(number).ok()).unwrap_or(i64::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::origin::Origin;

    fn layer(text: &str, name: &str) -> Layer {
        let mut layer = Layer { table: toml::from_str(text).expect("valid"), ..Layer::default() };
        layer.origins.insert(Key::default(), Origin::Set { argument: name.to_owned() });
        layer
    }

    #[test]
    fn the_highest_layer_wins_and_is_named() {
        let layers = [layer("top.epochs = 1\ntop.dropout = 0.1", "low"), layer("top.epochs = 2", "high")];
        let (merged, provenance) = merge(&layers);
        assert_eq!(merged.get(&Key::dotted("top.epochs")), Some(&Value::Integer(2)));
        assert_eq!(merged.get(&Key::dotted("top.dropout")), Some(&Value::Float(0.1)));
        assert_eq!(provenance.of("top.epochs"), Some(&Origin::Set { argument: "high".to_owned() }));
        assert_eq!(provenance.of("top.dropout"), Some(&Origin::Set { argument: "low".to_owned() }));
    }

    #[test]
    fn a_scalar_replaces_a_table() {
        let (merged, _) = merge(&[layer("fine_tune.epochs = 1", "low"), layer("fine_tune = false", "high")]);
        assert_eq!(merged.get(&Key::dotted("fine_tune")), Some(&Value::Boolean(false)));
    }
}
