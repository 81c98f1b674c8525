//! An entry of the cache in words.

use crate::cache::{At, Content, Item};
use crate::cli::args::Format;
use crate::cli::quantity::counted;
use crate::clock::Moment;
use crate::runs::table::Cell;

/// Digits of a key's digest that a person is shown.
const SHORT: usize = 8;

/// The key: whole for programs, shortened for people.
pub fn key(item: &Item, format: Format) -> Cell {
    let (key, digits) = (item.key.to_string(), item.key.digest().to_string().len());
    let shown = if format == Format::Table { &key[..key.len() - digits + SHORT] } else { &key };
    Cell::Text(shown.to_owned())
}

/// The size: rounded for people.
pub fn size(bytes: u64, format: Format) -> Cell {
    if format == Format::Table { Cell::Text(crate::cli::quantity::shown(bytes)) } else { Cell::Count(bytes) }
}

/// When it was last used.
pub fn last_used(item: &Item) -> Cell {
    Cell::text(item.last_used.map(|moment| Moment::from(moment).to_the_second()))
}

/// What it holds, and for what.
pub fn what(item: &Item) -> Cell {
    let content = match &item.content {
        Content::Records { count, .. } => format!("activations of {}", counted(*count, "image", "images")),
        Content::Value => "a result".to_owned(),
        Content::States(states) => format!("training, {}", latest(states)),
        Content::Empty => "nothing usable".to_owned(),
    };
    let of = |name: &str, unit: &str| Some(format!("{}{unit}", item.inputs.as_ref()?.get(name)?));
    let depth = of("depth", "").map(|depth| format!("after convolution {depth}"));
    let details = [Some(content), depth, of("data.target_size", " px"), of("data.preprocess", "")];
    Cell::Text(details.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn latest(states: &[At]) -> String {
    let Some(at) = states.iter().max() else { return "no state".to_owned() };
    let epochs = counted(at.epochs as usize, "epoch", "epochs");
    match at.batches {
        0 => epochs,
        batches => format!("{epochs} and {}", counted(batches as usize, "batch", "batches")),
    }
}
