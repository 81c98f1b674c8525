//! The training loop on a small problem: what is learnt, and that neither stopping nor threads change a bit of it.

use frostline::net::{MaskKey, Rule, Step, Targets};
use frostline::rng::{Purpose, Stream};
use frostline::stop::StopToken;
use frostline::train::{
    Activation, Batch, ClassWeights, Data, EarlyStopping, End, EpochRow, Evaluation, FitError, InMemory, Model,
    Monitor, NamedTensor, Observer, Optimizer, Outcome, Pass, Penalty, Progress, Samples, Schedule, Settings, Silent,
    Snapshot, SourceError, TopModel, TopShape, evaluate, fit, predict_all,
};

const SAMPLE: [usize; 3] = [3, 4, 5];

/// Samples whose class shifts every value a little; 45 of them, so that the last batch of 8 is smaller.
fn samples(seed: u64, classes: u32) -> InMemory {
    let length: usize = SAMPLE.iter().product();
    let labels: Vec<u32> = (0..45).map(|sample| sample % classes).collect();
    let mut stream = Stream::new(seed, Purpose::Sweep, 0, 0);
    let values = labels.iter().flat_map(|&label| {
        let shift = f64::from(label) * 1.0;
        (0..length).map(|_| (stream.uniform(-1.0, 1.0) + shift) as f32).collect::<Vec<_>>()
    });
    InMemory::new(values.collect(), labels)
}

fn shape(classes: usize) -> TopShape {
    TopShape { inputs: SAMPLE, hidden: vec![16, 8], activation: Activation::Relu, dropout: 0.3, classes }
}

fn settings(epochs: u32) -> Settings {
    Settings {
        seed: 7,
        epochs,
        batch_size: 8,
        optimizer: Optimizer::RmsProp { lr: 3e-3, rho: 0.9, eps: 1e-7, momentum: 0.5 },
        schedule: Schedule::Step { every: 2, factor: 0.7 },
        penalty: Penalty { l1: 1e-4, l2: 1e-3 },
        class_weights: ClassWeights::Balanced,
        early_stopping: None,
    }
}

/// One fit of a fresh model.
struct Run {
    model: TopModel,
    classes: u32,
}

impl Run {
    fn new(classes: u32) -> Self {
        Self { model: TopModel::new(&shape(classes as usize), 7).expect("the shape is sound"), classes }
    }

    fn fit(
        &mut self,
        settings: &Settings,
        state: Option<&[u8]>,
        observer: &mut dyn Observer,
        stop: &StopToken,
    ) -> Result<Outcome, FitError> {
        let (mut train, mut validation) = (samples(1, self.classes), samples(2, self.classes));
        let data = Data { train: &mut train, validation: Some(&mut validation) };
        fit(&mut self.model, data, settings, state, observer, stop)
    }
}

fn straight(settings: &Settings, classes: u32) -> (Outcome, Vec<NamedTensor>) {
    let mut run = Run::new(classes);
    let outcome = run.fit(settings, None, &mut Silent, &StopToken::new()).expect("the fit succeeds");
    (outcome, run.model.export())
}

/// Asks for a stop after so many batches.
struct StopAfter {
    batches: usize,
    stop: StopToken,
}

impl Observer for StopAfter {
    fn batch(&mut self, _: &Progress) {
        self.batches -= 1;
        if self.batches == 0 {
            self.stop.request();
        }
    }

    fn epoch(&mut self, _: &EpochRow, _: &Snapshot<'_>) -> Result<(), SourceError> {
        Ok(())
    }
}

/// Counts the batches that are trained.
struct Counted(usize);

impl Observer for Counted {
    fn batch(&mut self, _: &Progress) {
        self.0 += 1;
    }

    fn epoch(&mut self, _: &EpochRow, _: &Snapshot<'_>) -> Result<(), SourceError> {
        Ok(())
    }
}

/// Samples that ask for a stop when so many batches were read.
struct StopAtBatch {
    samples: InMemory,
    batches: usize,
    stop: StopToken,
}

impl Samples for StopAtBatch {
    fn labels(&self) -> &[u32] {
        self.samples.labels()
    }

    fn sample_len(&self) -> usize {
        self.samples.sample_len()
    }

    fn begin(&mut self, pass: &Pass<'_>) -> Result<(), SourceError> {
        self.samples.begin(pass)
    }

    fn fill(&mut self, count: usize, out: &mut [f32]) -> Result<(), SourceError> {
        self.batches -= 1;
        if self.batches == 0 {
            self.stop.request();
        }
        self.samples.fill(count, out)
    }
}

fn evaluation(model: &mut TopModel, samples: &mut InMemory, penalty: Penalty) -> Evaluation {
    let evaluated = evaluate(model, samples, 8, penalty, &StopToken::new()).expect("it evaluates");
    evaluated.expect("nobody stops it")
}

#[test]
fn a_top_learns_two_classes_and_three() {
    for classes in [2, 3] {
        let steady = Settings { penalty: Penalty::default(), schedule: Schedule::Constant, ..settings(30) };
        let (outcome, _) = straight(&steady, classes);
        let (first, last) = (outcome.rows[0], outcome.rows[29]);
        assert!(last.loss < first.loss, "{classes} classes: {first:?} to {last:?}");
        assert!(last.val_accuracy > Some(0.9), "{classes} classes: {last:?}");
        assert_eq!(outcome.end, End::Completed);
    }
}

#[test]
fn a_run_stopped_in_mid_epoch_and_resumed_is_the_run_that_was_not() {
    let (whole, parameters) = straight(&settings(5), 2);
    // 6 batches an epoch: in the first, at the end of one, at its start, twice in one.
    for stops in [vec![4], vec![6], vec![7], vec![2, 2, 3, 9]] {
        let mut state = None;
        for batches in stops {
            let stop = StopToken::new();
            let mut observer = StopAfter { batches, stop: stop.clone() };
            let outcome = Run::new(2).fit(&settings(5), state.as_deref(), &mut observer, &stop).expect("it stops");
            assert!(matches!(outcome.end, End::Interrupted { .. }), "{:?}", outcome.end);
            state = Some(outcome.state);
        }
        let mut run = Run::new(2);
        let outcome = run.fit(&settings(5), state.as_deref(), &mut Silent, &StopToken::new()).expect("it goes on");
        assert_eq!(outcome.rows, whole.rows);
        assert!(outcome.state == whole.state && run.model.export() == parameters, "the bytes differ");
    }
}

#[test]
fn a_run_stopped_in_a_validation_keeps_the_epoch_and_goes_on_with_its_validation() {
    let (whole, parameters) = straight(&settings(2), 2);
    // Six batches a validation: in the first of both epochs, in the middle, and in the last one's last but one.
    for (batches, epoch) in [(1, 0), (3, 0), (7, 1), (11, 1)] {
        let stop = StopToken::new();
        let mut validation = StopAtBatch { samples: samples(2, 2), batches, stop: stop.clone() };
        let data = Data { train: &mut samples(1, 2), validation: Some(&mut validation) };
        let stopped = fit(&mut Run::new(2).model, data, &settings(2), None, &mut Silent, &stop).expect("it stops");
        assert_eq!(stopped.end, End::Interrupted { epoch, batch: 6 }, "stopped in batch {batches}");
        let mut trained = Counted(0);
        let mut run = Run::new(2);
        let outcome = run.fit(&settings(2), Some(&stopped.state), &mut trained, &StopToken::new());
        let outcome = outcome.expect("it goes on");
        assert_eq!(trained.0, 6 * (1 - epoch as usize), "no batch is trained again");
        assert_eq!(outcome.rows, whole.rows);
        assert!(outcome.state == whole.state && run.model.export() == parameters, "the bytes differ");
    }
}

#[test]
fn three_epochs_and_then_five_are_five_straight() {
    let (whole, parameters) = straight(&settings(5), 3);
    let (short, _) = straight(&settings(3), 3);
    let mut run = Run::new(3);
    let outcome = run.fit(&settings(5), Some(&short.state), &mut Silent, &StopToken::new()).expect("it goes on");
    assert_eq!(outcome.rows, whole.rows);
    assert!(outcome.state == whole.state && run.model.export() == parameters, "the bytes differ");
}

#[test]
fn every_optimiser_resumes_bit_for_bit() {
    let kinds = [
        Optimizer::Sgd { lr: 1e-2, momentum: 0.0, nesterov: false },
        Optimizer::Sgd { lr: 1e-2, momentum: 0.9, nesterov: true },
        Optimizer::RmsProp { lr: 1e-3, rho: 0.9, eps: 1e-7, momentum: 0.0 },
        Optimizer::Adam { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-7, weight_decay: 0.0 },
        Optimizer::AdamW { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-7, weight_decay: 4e-3 },
    ];
    for optimizer in kinds {
        let settings = |epochs| Settings { optimizer, ..settings(epochs) };
        let (whole, _) = straight(&settings(4), 2);
        let (short, _) = straight(&settings(2), 2);
        let outcome = Run::new(2).fit(&settings(4), Some(&short.state), &mut Silent, &StopToken::new());
        assert!(outcome.expect("it goes on").state == whole.state, "{optimizer:?}");
    }
}

#[test]
fn one_thread_and_two_give_the_same_bits() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start");
        pool.install(|| straight(&settings(3), 2).0.state)
    };
    assert!(with(1) == with(2), "the bytes differ");
}

#[test]
fn early_stopping_ends_with_the_best_epochs_parameters_and_stays_stopped() {
    let early = EarlyStopping { monitor: Monitor::ValLoss, patience: 2, min_delta: 0.0, restore_best: true };
    let hasty = Optimizer::Sgd { lr: 0.5, momentum: 0.9, nesterov: false };
    let base = Settings { optimizer: hasty, penalty: Penalty::default(), ..settings(40) };
    let settings = Settings { early_stopping: Some(early), ..base.clone() };
    let (outcome, parameters) = straight(&settings, 2);
    let End::StoppedEarly { best_epoch } = outcome.end else { panic!("{:?}", outcome.end) };
    assert_eq!(outcome.rows.len() as u32, best_epoch + 3, "patience is two epochs");
    let (_, best) = straight(&Settings { epochs: best_epoch + 1, ..base }, 2);
    assert!(parameters == best, "not the best epoch's parameters");
    let longer = Settings { epochs: 60, ..settings };
    let mut run = Run::new(2);
    let again = run.fit(&longer, Some(&outcome.state), &mut Silent, &StopToken::new()).expect("nothing is left to do");
    assert_eq!((again.end, again.rows), (outcome.end, outcome.rows));
    assert!(run.model.export() == parameters, "the best parameters are lost");
}

#[test]
fn a_loss_that_is_no_number_names_the_batch_and_the_learning_rate() {
    let wild = Settings { optimizer: Optimizer::Sgd { lr: 1e30, momentum: 0.0, nesterov: false }, ..settings(5) };
    let error = Run::new(3).fit(&wild, None, &mut Silent, &StopToken::new()).expect_err("it diverges");
    let text = error.to_string();
    assert!(matches!(error, FitError::Diverged(_)), "{text}");
    assert!(text.contains("epoch 0, batch") && text.contains("at a learning rate of 1"), "{text}");
}

#[test]
fn a_reported_loss_includes_the_penalty() {
    let mut run = Run::new(2);
    let mut validation = samples(2, 2);
    let mut measured = |penalty| evaluation(&mut run.model, &mut validation, penalty);
    let bare = measured(Penalty::default());
    let penalised = measured(Penalty { l1: 0.0, l2: 0.5 });
    let kernels = run.model.export();
    let squares: f64 = kernels
        .iter()
        .filter(|tensor| tensor.name.ends_with("weight"))
        .flat_map(|tensor| &tensor.values)
        .map(|&w| f64::from(w) * f64::from(w))
        .sum();
    assert!((penalised.loss - bare.loss - 0.5 * squares).abs() < 1e-6 * penalised.loss);
}

#[test]
fn probabilities_are_one_row_a_sample_and_sum_to_one() {
    for classes in [2, 3] {
        let mut run = Run::new(classes);
        let all = predict_all(&mut run.model, &mut samples(2, classes), 8, &StopToken::new()).expect("it predicts");
        assert_eq!(all.len(), 45 * classes as usize);
        assert!(all.chunks(classes as usize).all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-5));
    }
}

#[test]
fn the_likeliest_classes_are_as_often_right_as_the_accuracy_says() {
    for classes in [2, 3] {
        let mut run = Run::new(classes);
        let outcome = run.fit(&settings(3), None, &mut Silent, &StopToken::new()).expect("it trains");
        let mut samples = samples(2, classes);
        let all = predict_all(&mut run.model, &mut samples, 8, &StopToken::new()).expect("it predicts");
        let score = evaluation(&mut run.model, &mut samples, Penalty::default());
        let likeliest = |row: &[f32]| (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).expect("a class");
        let rows = all.chunks(classes as usize).zip(samples.labels());
        let right = rows.filter(|(row, label)| likeliest(row) == **label as usize).count();
        assert_eq!(right as f64 / samples.labels().len() as f64, score.accuracy, "{classes} classes");
        assert!(!outcome.rows.is_empty());
    }
}

#[test]
fn a_state_of_another_model_or_no_state_at_all_is_refused() {
    let (outcome, _) = straight(&settings(1), 3);
    let refuse = |state: &[u8], epochs| {
        let error = Run::new(2).fit(&settings(epochs), Some(state), &mut Silent, &StopToken::new());
        assert!(matches!(error, Err(FitError::State(_))), "{error:?}");
    };
    refuse(&outcome.state, 1);
    refuse(b"not a state", 1);
    refuse(&straight(&settings(3), 2).0.state, 2);
}

#[test]
fn parameters_travel_by_name_and_strangers_are_all_named() {
    let (_, trained) = straight(&settings(2), 2);
    let mut copy = TopModel::new(&shape(2), 1).expect("the shape is sound");
    copy.import(&trained).expect("the same shape");
    assert_eq!(copy.export(), trained);
    let names: Vec<&str> = trained.iter().map(|tensor| tensor.name.as_str()).collect();
    assert_eq!(names[..2], ["classifier.0.weight", "classifier.0.bias"]);
    let mut wrong = trained.clone();
    wrong[0].name = "stranger".into();
    wrong[1].shape = vec![4, 4];
    let text = copy.import(&wrong).expect_err("three problems").to_string();
    assert!(text.contains("`classifier.0.weight` is missing"), "{text}");
    assert!(text.contains("`stranger` is no parameter"), "{text}");
    assert!(text.contains("`classifier.0.bias` has shape [4, 4], expected [16]"), "{text}");
}

/// A batch may be announced before it is trained on; whether it was, or another one in its place, changes no bit.
#[test]
fn announcing_a_batch_changes_no_bit() {
    const WIDTH: usize = 60;
    type Announced = fn(&[Vec<f32>], usize) -> Option<Vec<f32>>;
    let announce: [Announced; 4] = [
        |_, _| None,
        |batches, next| batches.get(next).cloned(),
        |batches, _| batches.first().map(|first| first.iter().map(|value| value + 1.0).collect()),
        // Of no use to the first layer: half a sample.
        |batches, _| batches.first().map(|first| first[..WIDTH / 2].to_vec()),
    ];
    let trained = announce.map(|announced| {
        let mut model = TopModel::new(&shape(2), 7).expect("the shape is sound");
        let mut source = samples(1, 2);
        let order: Vec<u32> = (0..45).collect();
        source.begin(&Pass { epoch: 0, order: &order, batch_size: 8 }).expect("the samples are in memory");
        let batches: Vec<Vec<f32>> = (0..45usize.div_ceil(8))
            .map(|batch| {
                let mut inputs = vec![0.0; WIDTH * 8.min(45 - batch * 8)];
                source.fill(inputs.len() / WIDTH, &mut inputs).expect("the samples are in memory");
                inputs
            })
            .collect();
        let rule = Rule::RmsProp { rho: 0.9, eps: 1e-7, momentum: 0.0 };
        let mut sums = Vec::new();
        for (at, inputs) in batches.iter().enumerate() {
            if let Some(next) = announced(&batches, at + 1) {
                model.expect(&next);
            }
            let labels: Vec<u32> = (0..inputs.len() / WIDTH).map(|sample| (at * 8 + sample) as u32 % 2).collect();
            let batch = Batch { inputs, targets: Targets { labels: &labels, class_weights: None } };
            let step = Step { rule, lr: 1e-2, l1: 0.0, l2: 0.0, number: at as u64 + 1 };
            let masks = MaskKey { seed: 7, epoch: 0, first_sample: at as u64 * 8 };
            sums.push(model.train(batch, masks, &step).expect("there is memory"));
            // Somebody looks on, or puts other weights in, between two batches.
            if at == 2 {
                sums.extend(model.score(batch, 8).expect("there is memory"));
            }
            if at == 3 {
                let mut tensors = model.export();
                tensors.iter_mut().for_each(|tensor| tensor.values.iter_mut().for_each(|value| *value *= 0.5));
                model.import(&tensors).expect("the names are its own");
            }
        }
        (sums, model.export())
    });
    assert!(trained.iter().all(|others| *others == trained[0]));
}

/// Validation scores several batches in one pass.
#[test]
fn batches_scored_together_have_the_sums_of_batches_scored_apart() {
    for classes in [2, 3] {
        let mut run = Run::new(classes);
        let mut source = samples(1, classes);
        let order: Vec<u32> = (0..45).collect();
        source.begin(&Pass { epoch: 0, order: &order, batch_size: 45 }).expect("the samples are in memory");
        let mut inputs = vec![0.0; 45 * 60];
        source.fill(45, &mut inputs).expect("the samples are in memory");
        let labels = source.labels();
        let mut score = |from: usize, to: usize| {
            let targets = Targets { labels: &labels[from..to], class_weights: None };
            run.model.score(Batch { inputs: &inputs[from * 60..to * 60], targets }, 8).expect("there is memory")
        };
        let together = score(0, 45);
        let apart: Vec<_> = (0..45).step_by(8).flat_map(|from| score(from, 45.min(from + 8))).collect();
        assert_eq!(together.len(), 6);
        assert_eq!(together, apart);
    }
}
