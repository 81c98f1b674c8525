//! The JSON Schema: in step with its file, with the manual, and strict.

use std::path::Path;

#[test]
fn the_schema_file_is_what_the_program_prints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/experiment.schema.json");
    let schema = frostline::spec::schema();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &schema).expect("templates/ is writable");
    }
    let file = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(file == schema, "refresh it: UPDATE_SCHEMA=1 cargo test --test spec_schema");
}

/// Every object that lists properties refuses others.
fn strict(schema: &serde_json::Value, at: &str, open: &mut Vec<String>) {
    if let Some(object) = schema.as_object() {
        let lists = object.get("type").is_some() && object.contains_key("properties");
        if lists && object.get("additionalProperties") != Some(&serde_json::Value::Bool(false)) {
            open.push(at.to_owned());
        }
        object.iter().for_each(|(name, schema)| strict(schema, &format!("{at}/{name}"), open));
    }
}

#[test]
fn the_schema_is_strict_about_unknown_keys_and_describes_every_known_one() {
    let schema: serde_json::Value = serde_json::from_str(&frostline::spec::schema()).expect("valid JSON");
    let mut open = Vec::new();
    strict(&schema, "", &mut open);
    assert_eq!(open, Vec::<String>::new());
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    let top = schema["properties"]["top"]["properties"].as_object().expect("the keys of [top]");
    for (name, property) in top {
        assert!(property["description"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
    }
}
