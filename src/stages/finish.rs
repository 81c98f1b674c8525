//! What a finished run leaves: predictions, the model file, the summary.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::activations::Activations;
use super::error::StageError;
use super::model_file;
use super::prepare::Prepared;
use super::samples::Stored;
use super::training::Trained;
use super::work::Work;
use crate::clock::Moment;
use crate::data::Manifest;
use crate::digest::Digest;
use crate::event::Stage;
use crate::kernels::isa;
use crate::runs::{
    self, ActiveRun, Best, Images, Metrics, MetricsRow, Origin, PredictionRow, Skipped, StageSummary, Summary, Template,
};
use crate::spec::Experiment;
use crate::train::{self, Model};

/// The trained network, with the activations that it reads.
pub(super) enum Network {
    /// The run ends after the top stage.
    Top(Box<dyn Model>, Activations),
    /// The run ends after fine-tuning.
    FineTuned(Box<dyn Model>, Activations),
}

impl Network {
    fn parts(&mut self) -> (Stage, &mut dyn Model, &Activations) {
        match self {
            Self::Top(model, activations) => (Stage::Top, model.as_mut(), activations),
            Self::FineTuned(model, activations) => (Stage::FineTune, model.as_mut(), activations),
        }
    }
}

/// What the stages came to.
pub(super) struct Finished {
    pub summaries: Vec<StageSummary>,
    pub rows: Vec<MetricsRow>,
    pub elapsed: Duration,
    /// Images that could not be decoded, and why.
    pub skipped: BTreeMap<Digest, String>,
}

/// Writes the files of a finished run.
pub(super) fn write(
    work: &Work<'_>,
    run: &ActiveRun,
    images: (&Arc<Manifest>, &Arc<Manifest>),
    network: &mut Network,
    finished: &Finished,
) -> Result<(), StageError> {
    let (stage, model, activations) = network.parts();
    run.write_predictions(&predictions(work, stage, model, activations, images.1)?)?;
    run.write("model.safetensors", &model_file::bytes(work.prepared, &model.export()))?;
    run.write_summary(&summary(work, run, images, finished))?;
    Ok(())
}

fn predictions(
    work: &Work<'_>,
    stage: Stage,
    model: &mut dyn Model,
    activations: &Activations,
    images: &Manifest,
) -> Result<Vec<PredictionRow>, StageError> {
    let batch = work.prepared.experiment.bottleneck.batch_size.get() as usize;
    let mut samples = Stored::new(stage, &activations.shelf, images);
    let probabilities = train::predict_all(model, &mut samples, batch, work.stop)
        .map_err(|error| StageError::from_fit(stage, error))?;
    // After a request to stop these are the probabilities of some images only.
    work.check_stop(stage)?;
    let classes = images.classes.len();
    let listed = images.listing().zip(probabilities.chunks_exact(classes));
    Ok(listed.map(|((path, label), of_class)| prediction(path, label, &images.classes, of_class)).collect())
}

/// The row of one image, from the probabilities of its classes.
pub(super) fn prediction(path: &str, label: &str, classes: &[String], probabilities: &[f32]) -> PredictionRow {
    let (best, probability) = largest(probabilities);
    PredictionRow { path: path.to_owned(), label: label.to_owned(), predicted: classes[best].clone(), probability }
}

/// The first of the largest values, and its place.
fn largest(values: &[f32]) -> (usize, f32) {
    let mut best = (0, values[0]);
    for (place, &value) in values.iter().enumerate().skip(1) {
        if value > best.1 {
            best = (place, value);
        }
    }
    best
}

fn summary(work: &Work<'_>, run: &ActiveRun, images: (&Arc<Manifest>, &Arc<Manifest>), finished: &Finished) -> Summary {
    let prepared = work.prepared;
    let data = format!("{}{}", prepared.train.digest(), prepared.validation.digest());
    Summary {
        name: prepared.experiment.name.to_string(),
        id: run.id().to_string(),
        started: run.started(),
        finished: Moment::from(work.clock.now()),
        seconds: finished.elapsed.as_secs_f64(),
        stages: finished.summaries.clone(),
        classes: prepared.train.classes.clone(),
        images: Images { train: images.0.images.len() as u64, validation: images.1.images.len() as u64 },
        skipped: skipped(work, &finished.skipped),
        spec_digest: prepared.experiment.digest(),
        data_digest: Digest::of(data.as_bytes()),
        weights_digest: prepared.weights_digest,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        git_commit: runs::commit(&prepared.experiment.project_root),
        machine: runs::machine(&work.lineage.device, isa::current().name(), rayon::current_num_threads()),
        origins: prepared.experiment.origins().into_iter().collect(),
        template: template(&prepared.experiment),
    }
}

/// Files that are no images, and images that cannot be decoded, by paths as people see them.
fn skipped(work: &Work<'_>, undecodable: &BTreeMap<Digest, String>) -> Vec<Skipped> {
    let manifests = [&work.prepared.train, &work.prepared.validation];
    let of = |manifest: &Arc<Manifest>| {
        let path = |relative: &str| shown_path(work.prepared, manifest, relative);
        let files = manifest.skipped.iter().map(|file| Skipped { path: path(&file.path), why: file.reason.clone() });
        let images = manifest.images.iter().filter_map(|image| {
            let why = undecodable.get(&image.digest)?.clone();
            Some(Skipped { path: path(&image.path), why })
        });
        files.chain(images).collect::<Vec<_>>()
    };
    manifests.into_iter().flat_map(of).collect()
}

/// The path of an image as people see it: from the project where it lies in it, whole otherwise.
pub(super) fn shown_path(prepared: &Prepared, manifest: &Manifest, relative: &str) -> String {
    let root = &manifest.root;
    format!("{}/{relative}", root.strip_prefix(&prepared.experiment.project_root).unwrap_or(root).display())
}

fn template(experiment: &Experiment) -> Option<Template> {
    let template = experiment.template()?;
    let (theirs, ours): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (template.settings.into_iter().collect(), experiment.settings().into_iter().collect());
    let keys: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
    let pairs = keys.into_iter().map(|key| (key.clone(), (theirs.get(key).cloned(), ours.get(key).cloned())));
    Some(Template { name: template.name, differs: pairs.filter(|(_, (theirs, ours))| theirs != ours).collect() })
}

/// What `summary.json` says of the bottleneck stage.
pub(super) fn bottleneck_summary(features: &Activations, seconds: f64) -> StageSummary {
    StageSummary {
        stage: Stage::Bottleneck.name().to_owned(),
        origin: origin(features.computed, features.found),
        why: why(&features.because, features.computed),
        seconds,
        computed: features.computed,
        reused: features.found,
        key: Some(features.shelf.key().to_string()),
        last: None,
        best: None,
        ended_early: None,
    }
}

/// What `summary.json` says of a trained stage.
pub(super) fn trained_summary(stage: Stage, trained: &Trained) -> StageSummary {
    let best = trained.rows.iter().fold(None::<&MetricsRow>, |best, row| match best {
        Some(best) if best.val_accuracy >= row.val_accuracy => Some(best),
        _ => Some(row),
    });
    StageSummary {
        stage: stage.name().to_owned(),
        origin: origin(trained.computed.into(), trained.reused.into()),
        why: why(&trained.because, trained.computed.into()),
        seconds: trained.seconds,
        computed: trained.computed.into(),
        reused: trained.reused.into(),
        key: Some(trained.key.to_string()),
        last: trained.rows.last().map(metrics),
        best: best.map(|row| Best { epoch: row.epoch, metrics: metrics(row) }),
        ended_early: trained.ended_early.then(|| "early stopping".to_owned()),
    }
}

fn metrics(row: &MetricsRow) -> Metrics {
    Metrics { accuracy: row.accuracy, loss: row.loss, val_accuracy: row.val_accuracy, val_loss: row.val_loss }
}

fn origin(computed: u64, reused: u64) -> Origin {
    match (computed, reused) {
        (0, _) => Origin::Cached,
        (_, 0) => Origin::Computed,
        (_, _) => Origin::Continued,
    }
}

fn why(because: &[String], computed: u64) -> String {
    match (computed, because.is_empty()) {
        (0, _) => "all of it is stored".to_owned(),
        (_, true) => "not stored".to_owned(),
        (_, false) => because.join(", "),
    }
}
