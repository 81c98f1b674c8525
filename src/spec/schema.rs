//! The JSON Schema (draft 7) of the experiment file: the shape from [`super::raw`], the words from the manual. The home of schemars.
//!
//! Strict about unknown keys and values, lenient about what is absent: a file may leave anything to what it extends.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::key::Key;
use super::manual::{KINDED, OPTIONAL, manual};
use super::raw;

/// What `frostline schema` prints, and `templates/experiment.schema.json` holds.
pub fn schema() -> String {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let mut schema: Value = settings.into_generator().into_root_schema_for::<raw::Experiment>().to_value();
    schema["title"] = json!("frostline experiment");
    schema["description"] = json!(
        "One experiment: what it is trained on, and how. Anything left out comes from `extends` or has its default."
    );
    for key in manual().order() {
        describe(property(&mut schema, key), key);
    }
    for table in OPTIONAL.map(Key::dotted) {
        let schema = property(&mut schema, &table);
        schema["type"] = json!(["object", "boolean"]);
        schema["not"] = json!({ "const": true });
    }
    for (table, family) in KINDED {
        property(&mut schema, &Key::dotted(table))["allOf"] = kinds(family);
    }
    let both = json!({ "required": ["validation", "validation_fraction"] });
    property(&mut schema, &Key::dotted("data"))["not"] = both;
    let mut text = serde_json::to_string_pretty(&schema).expect("a JSON value is always valid JSON");
    text.push('\n');
    text
}

fn property<'a>(schema: &'a mut Value, key: &Key) -> &'a mut Value {
    key.parts().iter().fold(schema, |schema, name| &mut schema["properties"][name.as_str()])
}

fn describe(schema: &mut Value, key: &Key) {
    schema["description"] = json!(manual().doc(key));
    match manual().default(key) {
        Some(toml::Value::Table(_)) | None => {
            if let Some(object) = schema.as_object_mut() {
                object.remove("default");
            }
        }
        Some(default) => schema["default"] = json!(default),
    }
}

/// For each kind of a family, the keys that it has.
fn kinds(family: &str) -> Value {
    let kinds = manual().kinds(family).into_iter().map(|kind| {
        let keys: Vec<String> =
            std::iter::once("kind".to_owned()).chain(manual().keys_of_kind(family, &kind)).collect();
        json!({
            "if": { "properties": { "kind": { "const": kind } }, "required": ["kind"] },
            "then": { "propertyNames": { "enum": keys } },
        })
    });
    kinds.collect()
}

/// `[sweep.space]`: keys of the experiment, each with what it may be.
pub fn space() -> Value {
    let pair = json!({ "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2 });
    let whole = json!({ "type": "array", "items": { "type": "integer" }, "minItems": 2, "maxItems": 2 });
    let choice = json!({ "type": "array", "minItems": 1 });
    let range = json!({
        "type": "object",
        "properties": {
            "choice": choice,
            "uniform": pair,
            "log_uniform": pair,
            "int_uniform": whole,
            "steps": { "type": "integer", "minimum": 2, "maximum": 1000 },
            "when": { "type": "object", "propertyNames": keys() },
        },
        "additionalProperties": false,
    });
    json!({ "type": "object", "propertyNames": keys(), "additionalProperties": { "anyOf": [choice, range] } })
}

/// `[[sweep.zip]]`, `[[sweep.exclude]]`: tables whose keys are keys of the experiment.
pub fn pairings() -> Value {
    json!({ "type": "array", "items": { "type": "object", "propertyNames": keys() } })
}

fn keys() -> Value {
    let fixed = |key: &Key| ["name", "tags", "extends", "sweep"].contains(&key.parts()[0].as_str());
    let keys: Vec<String> = manual().order().iter().filter(|key| !fixed(key)).map(Key::to_string).collect();
    json!({ "enum": keys })
}
