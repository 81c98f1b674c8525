//! The experiment file as written: its shape, for serde and for the JSON Schema. Nothing here is checked beyond each value's own range.
//!
//! Reading never fails: a [`Field`] keeps what is wrong with its value, so that `check` can report all of it at once.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use toml::{Table, Value};

use super::knob::{Fault, Knob};
use super::knobs::*;

/// One setting as written: absent, valid, or at fault.
#[derive(Debug)]
pub struct Field<T>(pub Option<Result<T, Fault>>);

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Knob> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(|value| Self(Some(T::read(&value))))
    }
}

impl<T: Knob> JsonSchema for Field<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "setting".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Schema::try_from(T::schema()).unwrap_or_default()
    }
}

/// The top level.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Experiment {
    pub extends: Field<Extends>,
    pub name: Field<Name>,
    pub seed: Field<Seed>,
    pub device: Field<Device>,
    pub tags: Field<Tags>,
    pub data: Data,
    pub weights: Weights,
    pub bottleneck: Bottleneck,
    pub top: Top,
    pub fine_tune: Option<FineTune>,
    pub sweep: Option<Sweep>,
}

/// `[data]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Data {
    pub train: Field<WrittenPath>,
    pub validation: Field<WrittenPath>,
    pub validation_fraction: Field<ValidationFraction>,
    pub classes: Field<Classes>,
    pub limit_per_class: Field<LimitPerClass>,
    pub target_size: Field<TargetSize>,
    pub resize: Field<Resize>,
    pub preprocess: Field<Preprocess>,
    pub on_bad_image: Field<OnBadImage>,
}

/// `[weights]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    pub path: Field<WrittenPath>,
}

/// `[bottleneck]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bottleneck {
    pub batch_size: Field<BatchSize>,
    pub precision: Field<Precision>,
}

/// `[top]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Top {
    pub init: Field<Init>,
    pub hidden: Field<Hidden>,
    pub activation: Field<Activation>,
    pub dropout: Field<Dropout>,
    pub l1: Field<Penalty>,
    pub l2: Field<Penalty>,
    pub epochs: Field<Epochs>,
    pub batch_size: Field<BatchSize>,
    pub optimizer: Optimizer,
    pub schedule: Schedule,
    pub class_weights: Field<ClassWeights>,
    pub early_stopping: Option<EarlyStopping>,
}

/// `optimizer`: the keys of all kinds.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Optimizer {
    pub kind: Field<OptimizerKind>,
    pub lr: Field<LearningRate>,
    pub momentum: Field<Momentum>,
    pub nesterov: Field<bool>,
    pub rho: Field<Decay>,
    pub eps: Field<Epsilon>,
    pub beta1: Field<Decay>,
    pub beta2: Field<Decay>,
    pub weight_decay: Field<Penalty>,
}

/// `schedule`: the keys of all kinds.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    pub kind: Field<ScheduleKind>,
    pub every: Field<Every>,
    pub factor: Field<Factor>,
    pub min_lr: Field<MinLearningRate>,
    pub max_lr: Field<LearningRate>,
    pub warmup: Field<Warmup>,
}

/// `early_stopping`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EarlyStopping {
    pub monitor: Field<Metric>,
    pub patience: Field<Patience>,
    pub min_delta: Field<MinDelta>,
    pub restore_best: Field<bool>,
}

/// `[fine_tune]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FineTune {
    pub frozen_layers: Field<FrozenLayers>,
    pub frozen_precision: Field<Precision>,
    pub dropout: Field<Dropout>,
    pub l1: Field<Penalty>,
    pub l2: Field<Penalty>,
    pub epochs: Field<Epochs>,
    pub batch_size: Field<BatchSize>,
    pub optimizer: Optimizer,
    pub schedule: Schedule,
    pub class_weights: Field<ClassWeights>,
    pub early_stopping: Option<EarlyStopping>,
    pub augment: Augment,
}

/// `[fine_tune.augment]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Augment {
    pub rotation: Field<Rotation>,
    pub width_shift: Field<Shift>,
    pub height_shift: Field<Shift>,
    pub shear: Field<Shear>,
    pub zoom: Field<Zoom>,
    pub horizontal_flip: Field<bool>,
    pub vertical_flip: Field<bool>,
    pub brightness: Field<Brightness>,
    pub channel_shift: Field<ChannelShift>,
    pub fill: Field<Fill>,
    pub cval: Field<Cval>,
}

/// `[sweep]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sweep {
    pub strategy: Field<Strategy>,
    pub trials: Field<Trials>,
    pub seed: Field<Seed>,
    pub repeats: Field<Repeats>,
    pub objective: Field<Metric>,
    pub parallel: Field<Parallel>,
    pub space: Field<Space>,
    pub zip: Field<Pairings>,
    pub exclude: Field<Pairings>,
    pub pruner: Option<Pruner>,
}

/// `[sweep.pruner]`: the keys of all kinds.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Pruner {
    pub kind: Field<PrunerKind>,
    pub min_epochs: Field<MinEpochs>,
    pub reduction: Field<Reduction>,
    pub warmup_epochs: Field<WarmupEpochs>,
    pub startup_trials: Field<StartupTrials>,
}

/// `[sweep.space]`: a table whose keys are keys of the experiment; `check` reads what is in it.
#[derive(Debug)]
pub struct Space(pub Table);

/// `[[sweep.zip]]`, `[[sweep.exclude]]`: tables whose keys are keys of the experiment; `check` reads what is in them.
#[derive(Debug)]
pub struct Pairings(pub Vec<Table>);

impl Knob for Space {
    fn expected() -> Cow<'static, str> {
        "a table of quoted keys, each with the values that it may have".into()
    }

    fn read(value: &Value) -> Result<Self, Fault> {
        match value {
            Value::Table(table) => Ok(Self(table.clone())),
            _ => Err(Fault::expected(&Self::expected(), value)),
        }
    }

    fn write(&self) -> Value {
        Value::Table(self.0.clone())
    }

    fn schema() -> serde_json::Value {
        super::schema::space()
    }
}

impl Knob for Pairings {
    fn expected() -> Cow<'static, str> {
        "an array of tables".into()
    }

    fn read(value: &Value) -> Result<Self, Fault> {
        let items = value.as_array().ok_or_else(|| match value {
            Value::Table(_) => Fault::expected(&Self::expected(), value)
                .hint("two brackets on each side of the table's name make an array of tables"),
            _ => Fault::expected(&Self::expected(), value),
        })?;
        let tables = items.iter().enumerate().map(|(index, item)| match item {
            Value::Table(table) => Ok(table.clone()),
            _ => Err(Fault::expected("a table", item).inside(index)),
        });
        tables.collect::<Result<_, _>>().map(Self)
    }

    fn write(&self) -> Value {
        Value::Array(self.0.iter().cloned().map(Value::Table).collect())
    }

    fn schema() -> serde_json::Value {
        super::schema::pairings()
    }
}
