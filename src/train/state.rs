//! The training state: all that a fit needs to go on, as bytes.
//!
//! A safetensors file. Tensors are the parameters by their names, with `#first` and `#second` for the optimiser's
//! moments and `#best` for the best epoch's values; the rest is JSON in the metadata.

use std::collections::HashMap;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use super::early_stopping::Patience;
use super::metrics::Running;
use super::{EpochRow, Model};
use crate::net::Parameter;

/// Version of the format; a newer one is refused.
const VERSION: u32 = 1;
const KEY: &str = "frostline.training";

/// What a fit remembers besides the parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Memory {
    version: u32,
    /// The epoch that comes, or that is under way.
    pub epoch: u32,
    /// Batches done in it.
    pub batch: usize,
    /// Steps done in all.
    pub steps: u64,
    /// Sums over the batches done in this epoch.
    pub running: Running,
    /// The finished epochs.
    pub rows: Vec<EpochRow>,
    /// Where early stopping stands.
    pub patience: Patience,
    /// The best epoch's parameters, in the model's order; empty where they are not kept.
    #[serde(skip)]
    pub best: Vec<Vec<f32>>,
}

/// Bytes that are not a state, or not one of this model.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// No state at all.
    #[error("it is not a training state")]
    Format(#[from] safetensors::SafeTensorError),
    /// The metadata are missing or unreadable.
    #[error("it has no readable metadata")]
    Metadata,
    /// Written by a newer frostline.
    #[error("it has version {found}, and this frostline reads up to {VERSION}; hint: update frostline")]
    Newer {
        /// Its version.
        found: u32,
    },
    /// A parameter is missing or of another size.
    #[error("its `{name}` does not fit the model")]
    Tensor {
        /// The parameter.
        name: String,
    },
    /// It is further than it should go.
    #[error("it has {found} epochs, and {asked} are asked for")]
    TooLong {
        /// Epochs that it has.
        found: u32,
        /// Epochs of the run.
        asked: u32,
    },
}

/// The whole state as bytes.
pub(super) fn to_bytes(model: &dyn Model, memory: &Memory) -> Vec<u8> {
    let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    for layer in model.trained() {
        layer.each(&mut |Parameter { name, shape, value, first, second, .. }| {
            tensors.push((name.clone(), shape.clone(), bytes_of(value)));
            let moments = [("first", first), ("second", second)].into_iter().filter(|(_, m)| !m.is_empty());
            tensors.extend(moments.map(|(part, m)| (format!("{name}#{part}"), vec![m.len()], bytes_of(m))));
        });
    }
    let names: Vec<String> = names(model);
    let best = names.iter().zip(&memory.best);
    tensors.extend(best.map(|(name, best)| (format!("{name}#best"), vec![best.len()], bytes_of(best))));
    let views = tensors.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).expect("four bytes an element");
        (name.clone(), view)
    });
    let memory = Memory { version: VERSION, rows: memory.rows.clone(), best: Vec::new(), ..*memory };
    let text = serde_json::to_string(&memory).expect("plain data become JSON");
    let metadata = Some(HashMap::from([(KEY.to_owned(), text)]));
    safetensors::serialize(views, metadata).expect("names and sizes are consistent")
}

/// Puts a state's parameters and moments into the model and returns the rest.
pub(super) fn restore(model: &mut dyn Model, bytes: &[u8]) -> Result<Memory, StateError> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let text = header.metadata().as_ref().and_then(|all| all.get(KEY)).ok_or(StateError::Metadata)?;
    let version: Version = serde_json::from_str(text).map_err(|_| StateError::Metadata)?;
    if version.version > VERSION {
        return Err(StateError::Newer { found: version.version });
    }
    let mut memory: Memory = serde_json::from_str(text).map_err(|_| StateError::Metadata)?;
    let file = SafeTensors::deserialize(bytes)?;
    let read = |name: &str| file.tensor(name).ok().map(|view| floats(view.data()));
    let names = names(model);
    memory.best = names.iter().filter_map(|name| read(&format!("{name}#best"))).collect();
    let mut misfit = None;
    for layer in model.trained_mut() {
        layer.each_mut(&mut |parameter| {
            let name = parameter.name.clone();
            match read(&name).filter(|value| value.len() == parameter.value.len()) {
                Some(value) => parameter.value = value.into(),
                None => misfit = Some(name.clone()),
            }
            parameter.first = read(&format!("{name}#first")).unwrap_or_default().into();
            parameter.second = read(&format!("{name}#second")).unwrap_or_default().into();
        });
    }
    misfit.map_or(Ok(memory), |name| Err(StateError::Tensor { name }))
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// Values of every parameter, in the model's order.
pub(super) fn values(model: &dyn Model) -> Vec<Vec<f32>> {
    let mut values = Vec::new();
    model.trained().iter().for_each(|layer| layer.each(&mut |parameter| values.push(parameter.value.to_vec())));
    values
}

/// Puts values back that [`values`] gave. Moments stay.
pub(super) fn put_back(model: &mut dyn Model, values: &[Vec<f32>]) {
    let mut values = values.iter();
    for layer in model.trained_mut() {
        layer.each_mut(&mut |parameter| {
            if let Some(value) = values.next() {
                parameter.value.copy_from_slice(value);
            }
        });
    }
}

fn names(model: &dyn Model) -> Vec<String> {
    let mut names = Vec::new();
    model.trained().iter().for_each(|layer| layer.each(&mut |parameter| names.push(parameter.name.clone())));
    names
}

fn bytes_of(values: &[f32]) -> Vec<u8> {
    bytemuck::cast_slice(values).to_vec()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytemuck::pod_collect_to_vec(bytes)
}
