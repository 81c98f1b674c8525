//! One layer of settings: everything that one source says, and where it says it.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::key::Key;
use super::origin::Origin;

/// Everything that one source says: a file, the environment, the command line, a sweep's point, or the built-in defaults.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// The settings.
    pub table: Table,
    /// Where each of them, each table and each array element was written.
    pub origins: BTreeMap<Key, Origin>,
}

impl Layer {
    /// The value of a key.
    pub fn get(&self, key: &Key) -> Option<&Value> {
        let (first, rest) = key.parts().split_first()?;
        rest.iter().try_fold(self.table.get(first)?, |value, name| value.as_table()?.get(name))
    }

    /// Sets a key and makes the tables on the way; what is no table there is replaced.
    pub fn set(&mut self, key: &Key, value: Value, origin: Origin) {
        let Some((last, tables)) = key.parts().split_last() else { return };
        let mut table = &mut self.table;
        for name in tables {
            let entry = table.entry(name.clone()).or_insert_with(|| Value::Table(Table::new()));
            if !entry.is_table() {
                *entry = Value::Table(Table::new());
            }
            let Value::Table(inner) = entry else { return };
            table = inner;
        }
        table.insert(last.clone(), value);
        self.origins.retain(|other, _| !other.is_within(key));
        self.origins.insert(key.clone(), origin);
    }

    /// Removes a key and everything within it.
    pub fn remove(&mut self, key: &Key) {
        let Some((last, tables)) = key.parts().split_last() else { return };
        let mut table = &mut self.table;
        for name in tables {
            match table.get_mut(name) {
                Some(Value::Table(inner)) => table = inner,
                _ => return,
            }
        }
        table.remove(last);
        self.origins.retain(|other, _| !other.is_within(key));
    }

    /// Where a key was written, or the nearest table or array around it.
    pub fn origin(&self, key: &Key) -> Option<&Origin> {
        let mut key = key.clone();
        loop {
            if let Some(origin) = self.origins.get(&key) {
                return Some(origin);
            }
            key = key.parent()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_found_and_what_is_removed_is_gone() {
        let mut layer = Layer::default();
        let key = Key::dotted("top.optimizer.lr");
        layer.set(&key, Value::Float(0.1), Origin::Defaults);
        assert_eq!(layer.get(&key), Some(&Value::Float(0.1)));
        layer.remove(&Key::dotted("top.optimizer"));
        assert_eq!((layer.get(&key), layer.origin(&key)), (None, None));
    }
}
