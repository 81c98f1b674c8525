//! Made-up run directories: as many as are asked for, all different, the same every time.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// One made-up run.
#[derive(Clone)]
pub struct Made {
    /// The experiment's name.
    pub name: String,
    /// The run's number; everything that chance decides follows from it.
    pub number: u32,
    /// Epochs of the two stages.
    pub epochs: [u32; 2],
    /// The classes.
    pub classes: Vec<String>,
    /// Validation images per class.
    pub images: u32,
    /// What became of it.
    pub state: &'static str,
}

impl Made {
    /// A run of cats and dogs as the recipe has it.
    pub fn new(number: u32) -> Self {
        Self {
            name: "cats-vs-dogs".into(),
            number,
            epochs: [50, 30],
            classes: vec!["cats".into(), "dogs".into()],
            images: 400,
            state: "done",
        }
    }

    /// The same with other classes.
    pub fn with_classes(self, classes: &[&str]) -> Self {
        Self { classes: classes.iter().map(|class| (*class).to_owned()).collect(), ..self }
    }

    /// Writes the run under a folder of runs and returns its directory.
    pub fn write(&self, runs: &Path) -> PathBuf {
        let dir = runs.join(&self.name).join(self.id());
        fs::create_dir_all(&dir).expect("the folder can be made");
        let put = |file: &str, text: String| fs::write(dir.join(file), text).expect("the file can be written");
        put("spec.toml", self.spec());
        put("status.json", format!("{{\"state\": \"{}\"}}\n", self.state));
        put("metrics.csv", self.metrics());
        put("predictions.csv", self.predictions());
        put("summary.json", self.summary());
        dir
    }

    /// The name of its directory.
    pub fn id(&self) -> String {
        format!("{:04}-{:08x}", self.number, self.number.wrapping_mul(2_654_435_761))
    }

    /// The learning rate of the top model.
    pub fn lr(&self) -> f64 {
        [1e-4, 3e-4, 1e-3, 3e-3][self.number as usize % 4]
    }

    /// The dropout of the top model.
    pub fn dropout(&self) -> f64 {
        [0.3, 0.5, 0.7][self.number as usize / 4 % 3]
    }

    /// How many convolutions are frozen.
    pub fn frozen(&self) -> u32 {
        [7, 10][self.number as usize / 12 % 2]
    }

    fn spec(&self) -> String {
        let (lr, dropout, frozen) = (self.lr(), self.dropout(), self.frozen());
        let [top, tune] = self.epochs;
        format!(
            "name = \"{}\"\nseed = {}\ndevice = \"cpu\"\ntags = [\"baseline\"]\n\n[data]\ntrain = \"../data/train\"\n\
             validation = \"../data/validation\"\ntarget_size = [150, 150]\nresize = \"bilinear\"\npreprocess = \"caffe\"\n\
             on_bad_image = \"skip\"\n\n[bottleneck]\nbatch_size = 16\nprecision = \"f32\"\n\n[top]\nhidden = [256]\n\
             dropout = {dropout}\nl2 = 0.0\nepochs = {top}\nbatch_size = 16\n\n[top.optimizer]\nkind = \"rmsprop\"\nlr = {lr}\n\
             rho = 0.9\n\n[fine_tune]\nfrozen_layers = {frozen}\nepochs = {tune}\nbatch_size = 16\n\n[fine_tune.optimizer]\n\
             kind = \"sgd\"\nlr = 0.0001\nmomentum = 0.9\n\n[fine_tune.augment]\nshear = 0.2\nzoom = 0.2\nhorizontal_flip = true\n",
            self.name,
            self.number / 24,
        )
    }

    /// How good the run gets: a smooth function of its settings and a little chance.
    fn quality(&self) -> f64 {
        let lr = (self.lr().log10() + 3.2).abs();
        let dropout = (self.dropout() - 0.5).abs();
        0.975 - 0.03 * lr - 0.06 * dropout - 0.01 * f64::from(self.frozen() == 7)
            + 0.006 * (chance(self.number, 999) - 0.5)
    }

    fn metrics(&self) -> String {
        let mut text = "stage,epoch,accuracy,loss,val_accuracy,val_loss,learning_rate\n".to_owned();
        for (stage, name) in ["top", "fine_tune"].into_iter().enumerate() {
            for epoch in 0..self.epochs[stage] {
                let [accuracy, loss, val_accuracy, val_loss] = self.row(stage, epoch);
                let lr = [self.lr(), 1e-4][stage];
                writeln!(text, "{name},{epoch},{accuracy},{loss},{val_accuracy},{val_loss},{lr}").expect("text grows");
            }
        }
        text
    }

    /// Accuracy, loss, validation accuracy and validation loss of one epoch of a stage.
    pub fn row(&self, stage: usize, epoch: u32) -> [f64; 4] {
        let share = 1.0 - (-f64::from(epoch) / 7.0).exp();
        let wobble = |salt| chance(self.number * 1000 + stage as u32 * 500 + epoch, salt) - 0.5;
        let (low, high) =
            if stage == 0 { (0.70, self.quality() - 0.03) } else { (self.quality() - 0.035, self.quality()) };
        let accuracy = low + (high + 0.02 - low) * share + 0.006 * wobble(1);
        let val_accuracy = low + (high - low) * (share * 0.9 + 0.1) + 0.012 * wobble(2);
        let val_accuracy = (val_accuracy * 800.0).round() / 800.0;
        let loss = 2.2 * (1.0 - accuracy) * (1.0 + 0.1 * wobble(3));
        let val_loss = 2.6 * (1.0 - val_accuracy) * (1.0 + 0.1 * wobble(4)) + 0.002 * f64::from(epoch);
        [accuracy, loss, val_accuracy, val_loss].map(|value| f64::from(value as f32))
    }

    fn predictions(&self) -> String {
        let mut text = "path,label,predicted,probability\n".to_owned();
        let classes = self.classes.len() as u32;
        for class in 0..classes {
            for image in 0..self.images {
                let salt = class * 10_000 + image;
                let right = chance(self.number, salt) < self.quality();
                let other = 1 + (chance(self.number, salt + 1) * f64::from(classes - 1)) as u32;
                let predicted = if right { class } else { (class + other) % classes };
                let spread = chance(self.number, salt + 2);
                let probability = if right { 1.0 - 0.49 * spread.powi(4) } else { 0.5 + 0.49 * spread };
                let names = [class, predicted].map(|at| quoted(&self.classes[at as usize]));
                let path =
                    quoted(&format!("{}/{}.{image}.jpg", self.classes[class as usize], self.classes[class as usize]));
                writeln!(text, "{path},{},{},{probability}", names[0], names[1]).expect("text grows");
            }
        }
        text
    }

    fn summary(&self) -> String {
        let classes: Vec<_> = self.classes.iter().map(|name| format!("\"{}\"", name.replace('"', "\\\""))).collect();
        format!(
            r#"{{
  "started": "{}", "classes": [{}],
  "stages": [
    {{"stage": "bottleneck", "origin": "cached", "why": "all 2800 images are in the cache", "seconds": 0.4}},
    {{"stage": "top", "origin": "computed", "why": "top.dropout 0.5 -> {}", "seconds": 16.25}},
    {{"stage": "fine_tune", "origin": "computed", "why": "its input, the result of top, is new", "seconds": {}}}
  ],
  "images": {{"train": 2000, "validation": {}}},
  "skipped": [{{"path": "cats/cat.666.jpg", "why": "not a JPEG: the file is empty"}}],
  "template": {{"name": "keras-blog.toml", "differs": {{"top.dropout": [0.5, {}], "data.preprocess": ["unit", "caffe"], "tags": [null, ["baseline"]]}}}},
  "weights": {{"digest": "5f0c6a1d9b3e47a28c1f0d6e5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a3928"}},
  "data": {{"train": "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9", "validation": "f9e8d7c6b5a4938271605f4e3d2c1b0af9e8d7c6b5a4938271605f4e3d2c1b0a"}},
  "version": "0.1.0", "git_commit": "bd1b3ec", "machine": {{"cpu": "made-up CPU", "threads": 2, "isa": "avx512"}}
}}
"#,
            instant(self.number * 10),
            classes.join(", "),
            self.dropout(),
            200 + self.number % 60,
            self.images * self.classes.len() as u32,
            self.dropout(),
        )
    }
}

/// As many different runs as asked for, written under a folder; their directories.
pub fn many(runs: &Path, count: u32) -> Vec<PathBuf> {
    (0..count).map(|number| Made { images: 20, ..Made::new(number) }.write(runs)).collect()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A number in `0..1` that is a function of its arguments (the finaliser of SplitMix64).
pub fn chance(seed: u32, salt: u32) -> f64 {
    let mut bits = (u64::from(seed) << 32 | u64::from(salt)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits >> 40) as f64 / (1u64 << 24) as f64
}

/// An instant some minutes into a made-up month.
fn instant(minutes: u32) -> String {
    format!("2026-11-{:02}T{:02}:{:02}:00Z", 1 + minutes / 1440, minutes / 60 % 24, minutes % 60)
}
