//! `[top]`, `[fine_tune]`, `[fine_tune.augment]`.

use super::Checker;
use crate::spec::key::Key;
use crate::spec::model::{Augment, FineTune, Optimizer, Top};
use crate::spec::raw;

impl Checker<'_> {
    pub(super) fn top(&mut self, raw: raw::Top) -> Option<Top> {
        let at = Key::dotted("top");
        let init = self.required(at.join("init"), raw.init);
        let hidden = self.required(at.join("hidden"), raw.hidden);
        let activation = self.required(at.join("activation"), raw.activation);
        let dropout = self.required(at.join("dropout"), raw.dropout);
        let l1 = self.required(at.join("l1"), raw.l1);
        let l2 = self.required(at.join("l2"), raw.l2);
        let epochs = self.required(at.join("epochs"), raw.epochs);
        let batch_size = self.required(at.join("batch_size"), raw.batch_size);
        let optimizer = self.optimizer(&at.join("optimizer"), raw.optimizer);
        let schedule = self.schedule(&at.join("schedule"), raw.schedule, optimizer.as_ref().map(Optimizer::lr));
        let class_weights = self.required(at.join("class_weights"), raw.class_weights);
        let stopping = at.join("early_stopping");
        let early_stopping = self.section(raw.early_stopping, |checker, raw| checker.early_stopping(&stopping, raw));
        Some(Top {
            init: init?,
            hidden: hidden?,
            activation: activation?,
            dropout: dropout?,
            l1: l1?,
            l2: l2?,
            epochs: epochs?,
            batch_size: batch_size?,
            optimizer: optimizer?,
            schedule: schedule?,
            class_weights: class_weights?,
            early_stopping: early_stopping?,
        })
    }

    pub(super) fn fine_tune(&mut self, raw: raw::FineTune) -> Option<FineTune> {
        let at = Key::dotted("fine_tune");
        let frozen_layers = self.required(at.join("frozen_layers"), raw.frozen_layers);
        let frozen_precision = self.required(at.join("frozen_precision"), raw.frozen_precision);
        let dropout = self.required(at.join("dropout"), raw.dropout);
        let l1 = self.required(at.join("l1"), raw.l1);
        let l2 = self.required(at.join("l2"), raw.l2);
        let epochs = self.required(at.join("epochs"), raw.epochs);
        let batch_size = self.required(at.join("batch_size"), raw.batch_size);
        let optimizer = self.optimizer(&at.join("optimizer"), raw.optimizer);
        let schedule = self.schedule(&at.join("schedule"), raw.schedule, optimizer.as_ref().map(Optimizer::lr));
        let class_weights = self.required(at.join("class_weights"), raw.class_weights);
        let stopping = at.join("early_stopping");
        let early_stopping = self.section(raw.early_stopping, |checker, raw| checker.early_stopping(&stopping, raw));
        let augment = self.augment(raw.augment);
        Some(FineTune {
            frozen_layers: frozen_layers?,
            frozen_precision: frozen_precision?,
            dropout: dropout?,
            l1: l1?,
            l2: l2?,
            epochs: epochs?,
            batch_size: batch_size?,
            optimizer: optimizer?,
            schedule: schedule?,
            class_weights: class_weights?,
            early_stopping: early_stopping?,
            augment: augment?,
        })
    }

    fn augment(&mut self, raw: raw::Augment) -> Option<Augment> {
        let at = Key::dotted("fine_tune.augment");
        let rotation = self.required(at.join("rotation"), raw.rotation);
        let width_shift = self.required(at.join("width_shift"), raw.width_shift);
        let height_shift = self.required(at.join("height_shift"), raw.height_shift);
        let shear = self.required(at.join("shear"), raw.shear);
        let zoom = self.required(at.join("zoom"), raw.zoom);
        let horizontal_flip = self.required(at.join("horizontal_flip"), raw.horizontal_flip);
        let vertical_flip = self.required(at.join("vertical_flip"), raw.vertical_flip);
        let brightness = self.required(at.join("brightness"), raw.brightness);
        let channel_shift = self.required(at.join("channel_shift"), raw.channel_shift);
        let fill = self.required(at.join("fill"), raw.fill);
        let cval = self.required(at.join("cval"), raw.cval);
        Some(Augment {
            rotation: rotation?,
            width_shift: width_shift?,
            height_shift: height_shift?,
            shear: shear?,
            zoom: zoom?,
            horizontal_flip: horizontal_flip?,
            vertical_flip: vertical_flip?,
            brightness: brightness?,
            channel_shift: channel_shift?,
            fill: fill?,
            cval: cval?,
        })
    }
}
