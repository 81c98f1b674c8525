//! `[fine_tune]`: the last convolutions and the top, trained together.

use super::{EarlyStopping, Listing, Optimizer, Schedule};
use crate::spec::knobs::{
    BatchSize, Brightness, ChannelShift, ClassWeights, Cval, Dropout, Epochs, Fill, FrozenLayers, Penalty, Precision,
    Rotation, Shear, Shift, Zoom,
};

/// `[fine_tune]`: the last convolutions and the top, trained together.
#[derive(Clone, Debug, PartialEq)]
pub struct FineTune {
    /// Convolutions frozen, counted from the input.
    pub frozen_layers: FrozenLayers,
    /// Number format of the frozen convolutions.
    pub frozen_precision: Precision,
    /// Dropout after each hidden layer.
    pub dropout: Dropout,
    /// L1 penalty on trained weights.
    pub l1: Penalty,
    /// L2 penalty on trained weights.
    pub l2: Penalty,
    /// Passes over the training images.
    pub epochs: Epochs,
    /// Images per step.
    pub batch_size: BatchSize,
    /// The rule for steps.
    pub optimizer: Optimizer,
    /// The learning rate over time.
    pub schedule: Schedule,
    /// How much each class counts.
    pub class_weights: ClassWeights,
    /// When to stop before the last epoch; `None`: never.
    pub early_stopping: Option<EarlyStopping>,
    /// How training images are varied.
    pub augment: Augment,
}

/// `[fine_tune.augment]`: Keras' `ImageDataGenerator`, same meaning, same matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Augment {
    /// Degrees to either side.
    pub rotation: Rotation,
    /// Fraction of the width, to either side.
    pub width_shift: Shift,
    /// Fraction of the height, to either side.
    pub height_shift: Shift,
    /// Degrees to either side.
    pub shear: Shear,
    /// Factor from [1 - zoom, 1 + zoom], per axis.
    pub zoom: Zoom,
    /// Half of the images mirrored left to right.
    pub horizontal_flip: bool,
    /// Half of the images mirrored top to bottom.
    pub vertical_flip: bool,
    /// Range of brightness factors.
    pub brightness: Brightness,
    /// Grey levels to either side, per channel.
    pub channel_shift: ChannelShift,
    /// What lies outside of the image.
    pub fill: Fill,
    /// The colour for `fill = "constant"`.
    pub cval: Cval,
}

impl Augment {
    /// Whether no setting changes any image: then the frozen part is a fixed function of the image.
    pub fn is_identity(&self) -> bool {
        let amounts = [
            self.rotation.get(),
            self.width_shift.get(),
            self.height_shift.get(),
            self.shear.get(),
            self.zoom.get(),
            self.channel_shift.get(),
        ];
        let moved = amounts.iter().any(|amount| *amount != 0.0);
        !moved && !self.horizontal_flip && !self.vertical_flip && self.brightness.range() == [1.0, 1.0]
    }

    fn list(&self, out: &mut Listing<'_>) {
        out.knob("rotation", &self.rotation);
        out.knob("width_shift", &self.width_shift);
        out.knob("height_shift", &self.height_shift);
        out.knob("shear", &self.shear);
        out.knob("zoom", &self.zoom);
        out.knob("horizontal_flip", &self.horizontal_flip);
        out.knob("vertical_flip", &self.vertical_flip);
        out.knob("brightness", &self.brightness);
        out.knob("channel_shift", &self.channel_shift);
        out.knob("fill", &self.fill);
        out.knob("cval", &self.cval);
    }
}

impl FineTune {
    pub(super) fn list(&self, out: &mut Listing<'_>) {
        out.knob("frozen_layers", &self.frozen_layers);
        out.knob("frozen_precision", &self.frozen_precision);
        out.knob("dropout", &self.dropout);
        out.knob("l1", &self.l1);
        out.knob("l2", &self.l2);
        out.knob("epochs", &self.epochs);
        out.knob("batch_size", &self.batch_size);
        out.section("optimizer", |out| self.optimizer.list(out));
        out.section("schedule", |out| self.schedule.list(out));
        out.knob("class_weights", &self.class_weights);
        if let Some(stopping) = &self.early_stopping {
            out.section("early_stopping", |out| stopping.list(out));
        }
        out.section("augment", |out| self.augment.list(out));
    }
}
