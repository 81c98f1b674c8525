//! From the words of the experiment file to the plain types of `data`, `net` and `train`.

use super::prepare::Prepared;
use crate::spec::{knobs, model};
use crate::{data, net, train, weights};

pub(super) fn scan_options(settings: &model::Data) -> data::ScanOptions {
    data::ScanOptions {
        classes: settings.classes.as_ref().map(|classes| classes.names().to_vec()),
        limit_per_class: settings.limit_per_class.map(|limit| limit.get() as usize),
        on_bad_image: match settings.on_bad_image {
            knobs::OnBadImage::Fail => data::OnBadImage::Fail,
            knobs::OnBadImage::Skip => data::OnBadImage::Skip,
        },
        on_absent_class: data::OnAbsentClass::Fail,
    }
}

pub(super) fn target(settings: &model::Data) -> data::Target {
    data::Target {
        height: settings.target_size.height as usize,
        width: settings.target_size.width as usize,
        filter: match settings.resize {
            knobs::Resize::Nearest => data::Filter::Nearest,
            knobs::Resize::Bilinear => data::Filter::Bilinear,
            knobs::Resize::Bicubic => data::Filter::Bicubic,
            knobs::Resize::Lanczos => data::Filter::Lanczos,
        },
    }
}

pub(super) fn preprocess(settings: &model::Data) -> data::Preprocess {
    match settings.preprocess {
        knobs::Preprocess::Unit => data::Preprocess::Unit,
        knobs::Preprocess::Caffe => data::Preprocess::Caffe,
        knobs::Preprocess::Torch => data::Preprocess::Torch,
    }
}

/// The preprocessing as those who trained weights name it.
pub(super) fn trained_on(preprocess: knobs::Preprocess) -> weights::Preprocess {
    match preprocess {
        knobs::Preprocess::Unit => weights::Preprocess::Unit,
        knobs::Preprocess::Caffe => weights::Preprocess::Caffe,
        knobs::Preprocess::Torch => weights::Preprocess::Torch,
    }
}

/// The weights of a VGG16, whatever file they came in, as the network takes them.
pub(super) fn base_weights(imported: weights::Imported) -> net::BaseWeights {
    let convolution = |it: weights::Convolution| net::Convolution { weight: it.weights, bias: it.bias };
    let convolutions = imported.convolutions.into_iter().map(convolution).collect();
    net::BaseWeights::new(convolutions).expect("read_vgg16 has held them to VGG16's shapes")
}

pub(super) fn augment(settings: &model::Augment) -> data::Augment {
    data::Augment {
        rotation: settings.rotation.get(),
        width_shift: settings.width_shift.get(),
        height_shift: settings.height_shift.get(),
        shear: settings.shear.get(),
        zoom: settings.zoom.get(),
        horizontal_flip: settings.horizontal_flip,
        vertical_flip: settings.vertical_flip,
        brightness: settings.brightness.range(),
        channel_shift: settings.channel_shift.get(),
        fill: match settings.fill {
            knobs::Fill::Nearest => data::Fill::Nearest,
            knobs::Fill::Constant => data::Fill::Constant,
            knobs::Fill::Reflect => data::Fill::Reflect,
            knobs::Fill::Wrap => data::Fill::Wrap,
        },
        cval: settings.cval.get(),
    }
}

pub(super) fn precision(precision: knobs::Precision) -> net::Precision {
    match precision {
        knobs::Precision::F32 => net::Precision::F32,
        knobs::Precision::Bf16 => net::Precision::Bf16,
        knobs::Precision::Bf16Amx => net::Precision::Bf16Amx,
    }
}

pub(super) fn top_shape(prepared: &Prepared, dropout: f64) -> train::TopShape {
    top_shape_for(&prepared.experiment, prepared.train.classes.len(), dropout)
}

/// The shape of an experiment's top for so many classes.
pub(super) fn top_shape_for(experiment: &model::Experiment, classes: usize, dropout: f64) -> train::TopShape {
    let size = experiment.data.target_size;
    let top = &experiment.top;
    train::TopShape {
        inputs: net::shape_at(net::CONVOLUTIONS, size.height as usize, size.width as usize),
        hidden: top.hidden.units().iter().map(|&units| units as usize).collect(),
        activation: activation(top.activation),
        dropout,
        classes,
    }
}

/// The non-linearity that an experiment names.
pub(super) fn activation(activation: knobs::Activation) -> train::Activation {
    match activation {
        knobs::Activation::Relu => train::Activation::Relu,
        knobs::Activation::Elu => train::Activation::Elu,
        knobs::Activation::Tanh => train::Activation::Tanh,
        knobs::Activation::Sigmoid => train::Activation::Sigmoid,
        knobs::Activation::Linear => train::Activation::Linear,
    }
}

pub(super) fn top_settings(experiment: &model::Experiment) -> train::Settings {
    let top = &experiment.top;
    train::Settings {
        seed: experiment.seed.get(),
        epochs: top.epochs.get(),
        batch_size: top.batch_size.get() as usize,
        optimizer: optimizer(&top.optimizer),
        schedule: schedule(&top.schedule),
        penalty: train::Penalty { l1: top.l1.get(), l2: top.l2.get() },
        class_weights: class_weights(top.class_weights),
        early_stopping: top.early_stopping.as_ref().map(early_stopping),
    }
}

pub(super) fn fine_tune_settings(experiment: &model::Experiment, fine_tune: &model::FineTune) -> train::Settings {
    train::Settings {
        seed: experiment.seed.get(),
        epochs: fine_tune.epochs.get(),
        batch_size: fine_tune.batch_size.get() as usize,
        optimizer: optimizer(&fine_tune.optimizer),
        schedule: schedule(&fine_tune.schedule),
        penalty: train::Penalty { l1: fine_tune.l1.get(), l2: fine_tune.l2.get() },
        class_weights: class_weights(fine_tune.class_weights),
        early_stopping: fine_tune.early_stopping.as_ref().map(early_stopping),
    }
}

fn optimizer(optimizer: &model::Optimizer) -> train::Optimizer {
    match optimizer {
        model::Optimizer::Sgd(it) => {
            train::Optimizer::Sgd { lr: it.lr.get(), momentum: it.momentum.get(), nesterov: it.nesterov }
        }
        model::Optimizer::RmsProp(it) => train::Optimizer::RmsProp {
            lr: it.lr.get(),
            rho: it.rho.get(),
            eps: it.eps.get(),
            momentum: it.momentum.get(),
        },
        model::Optimizer::Adam(it) => train::Optimizer::Adam {
            lr: it.lr.get(),
            beta1: it.beta1.get(),
            beta2: it.beta2.get(),
            eps: it.eps.get(),
            weight_decay: it.weight_decay.get(),
        },
        model::Optimizer::AdamW(it) => train::Optimizer::AdamW {
            lr: it.lr.get(),
            beta1: it.beta1.get(),
            beta2: it.beta2.get(),
            eps: it.eps.get(),
            weight_decay: it.weight_decay.get(),
        },
    }
}

fn schedule(schedule: &model::Schedule) -> train::Schedule {
    match schedule {
        model::Schedule::Constant => train::Schedule::Constant,
        model::Schedule::Step { every, factor } => train::Schedule::Step { every: every.get(), factor: factor.get() },
        model::Schedule::Cosine { min_lr } => train::Schedule::Cosine { min_lr: min_lr.get() },
        model::Schedule::OneCycle { max_lr, warmup } => {
            train::Schedule::OneCycle { max_lr: max_lr.get(), warmup: warmup.get() }
        }
    }
}

fn class_weights(weights: knobs::ClassWeights) -> train::ClassWeights {
    match weights {
        knobs::ClassWeights::None => train::ClassWeights::None,
        knobs::ClassWeights::Balanced => train::ClassWeights::Balanced,
    }
}

fn early_stopping(stopping: &model::EarlyStopping) -> train::EarlyStopping {
    train::EarlyStopping {
        monitor: match stopping.monitor {
            knobs::Metric::ValLoss => train::Monitor::ValLoss,
            knobs::Metric::ValAccuracy => train::Monitor::ValAccuracy,
            knobs::Metric::Loss => train::Monitor::Loss,
            knobs::Metric::Accuracy => train::Monitor::Accuracy,
        },
        patience: stopping.patience.get(),
        min_delta: stopping.min_delta.get(),
        restore_best: stopping.restore_best,
    }
}
