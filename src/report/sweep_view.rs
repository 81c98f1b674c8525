//! What a sweep came to, as its folder tells: its trials, and how much each key mattered.

use std::path::Path;

use super::error::ReportError;
use super::reading::{Fields, required, rows};
use super::{Objective, ReportProblem};

/// One sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepView {
    /// The experiment's name.
    pub name: String,
    /// The folder's name, as `0002-1a2b3c4d`.
    pub id: String,
    /// `grid`, `random` or `tpe`.
    pub strategy: String,
    /// What the trials are ranked by.
    pub objective: Objective,
    /// The keys that were varied.
    pub keys: Vec<String>,
    /// The trials, in file order.
    pub trials: Vec<Trial>,
    /// How much each key mattered, in file order: the most important first.
    pub importance: Vec<Importance>,
}

/// One point of a sweep, and what came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trial {
    /// The point's number.
    pub point: String,
    /// The values of the keys that were varied, in the order of [`SweepView::keys`]; none where the point has none.
    pub values: Vec<Option<String>>,
    /// How many seeds it was repeated with.
    pub repeats: u32,
    /// Its place by the objective at the best epoch, from 1; none without a result.
    pub rank: Option<u32>,
    /// Whether chance alone may have put it behind the best one: it is within a standard deviation of that.
    pub ties: bool,
    /// The objective at the best epoch.
    pub reached: Option<Spread>,
    /// The objective at the end.
    pub last: Option<Spread>,
    /// `done`, `failed`, `diverged`, `pruned`, `interrupted`, `running` or `missing`.
    pub state: String,
    /// How long its runs took together, in seconds.
    pub seconds: Option<f64>,
    /// The ids of its runs.
    pub runs: Vec<String>,
}

/// A metric over the repeats of a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// The standard deviation; none of a single run.
    pub sd: Option<f64>,
}

/// How much a key mattered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Importance {
    /// The key.
    pub key: String,
    /// The share of the objective's variance that its values explain, 0..=1; none where there are too few trials to tell.
    pub share: Option<f64>,
    /// Its best value, or range of values.
    pub best: Option<String>,
    /// The mean of the objective there.
    pub best_mean: Option<f64>,
}

impl SweepView {
    /// Reads a sweep's folder: `trials.csv` must be there.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or is not what it should be.
    pub fn load(dir: &Path) -> Result<Self, ReportError> {
        required(dir, TRIALS)?;
        let (strategy, objective) = definition(dir)?;
        let table = rows(dir, TRIALS, |fields| Ok((keys(fields), trial(fields, objective)?)))?;
        let keys = table.first().map(|(keys, _)| keys.clone()).unwrap_or_default();
        let part = |path: Option<&Path>| path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        Ok(Self {
            name: part(dir.ancestors().nth(2)).unwrap_or_default(),
            id: part(Some(dir)).unwrap_or_default(),
            strategy,
            objective,
            keys,
            trials: table.into_iter().map(|(_, trial)| trial).collect(),
            importance: rows(dir, "importance.csv", importance)?,
        })
    }

    /// The trials from best to worst; those without a result come last, in file order.
    pub fn ranked(&self) -> Vec<&Trial> {
        let mut trials: Vec<_> = self.trials.iter().collect();
        trials.sort_by_key(|trial| trial.rank.unwrap_or(u32::MAX));
        trials
    }
}

/// The file of the trials.
const TRIALS: &str = "trials.csv";

/// Strategy and objective, from `sweep.toml`.
fn definition(dir: &Path) -> Result<(String, Objective), ReportError> {
    let file = "sweep.toml";
    let text = required(dir, file)?;
    let document: toml::Table = toml::from_str(&text)
        .map_err(|error| ReportError { path: dir.join(file), problem: ReportProblem::Toml(Box::new(error)) })?;
    let word = |key: &str| document.get("sweep").and_then(|sweep| sweep.get(key)).and_then(toml::Value::as_str);
    let objective = word("objective").and_then(|objective| objective.parse().ok()).unwrap_or(Objective::DEFAULT);
    Ok((word("strategy").unwrap_or("grid").to_owned(), objective))
}

/// The columns between the point and its repeats.
fn keys(fields: &Fields) -> Vec<String> {
    varied(fields).map(|(key, _)| key.to_owned()).collect()
}

fn varied<'a>(fields: &Fields<'a>) -> impl Iterator<Item = (&'a str, &'a str)> {
    fields.iter().skip_while(|(name, _)| *name == "point").take_while(|(name, _)| *name != "repeats")
}

fn trial(fields: &Fields, objective: Objective) -> Result<Trial, ReportProblem> {
    let spread = |when: &str| {
        let [mean, sd] = ["mean", "sd"].map(|what| fields.number(&format!("{when}_{objective}_{what}")));
        mean.map(|mean| Spread { mean, sd })
    };
    Ok(Trial {
        point: fields.get("point")?.to_owned(),
        values: varied(fields).map(|(_, value)| known(value)).collect(),
        repeats: fields.get("repeats")?.parse().unwrap_or_default(),
        rank: fields.get("rank")?.parse().ok(),
        ties: fields.get("ties")? == "yes",
        reached: spread("best"),
        last: spread("final"),
        state: fields.get("state")?.to_owned(),
        seconds: fields.number("seconds"),
        runs: known(fields.get("runs")?).unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
    })
}

fn known(text: &str) -> Option<String> {
    (!matches!(text, "" | "NA")).then(|| text.to_owned())
}

fn importance(fields: &Fields) -> Result<Importance, ReportProblem> {
    Ok(Importance {
        key: fields.get("key")?.to_owned(),
        share: fields.number("importance"),
        best: known(fields.get("best")?),
        best_mean: fields.number("best_mean"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &str = "point,top.dropout,repeats,state,rank,ties,final_val_accuracy_mean,final_val_accuracy_sd,\
        best_val_accuracy_mean,best_val_accuracy_sd,epochs,seconds,runs\n\
        0,0.3,2,done,2,yes,0.90,0.01,0.91,0.010,4,12.5,0001-aaaaaaaa 0002-bbbbbbbb\n\
        1,0.5,2,done,1,yes,0.92,0.01,0.93,0.025,4,12.5,0003-cccccccc 0004-dddddddd\n\
        2,NA,0,missing,NA,NA,NA,NA,NA,NA,0,0.0,NA\n\
        3,0.7,1,done,3,no,0.85,NA,0.86,NA,2,6.0,0005-eeeeeeee\n";

    fn sweep(files: &[(&str, &str)]) -> Result<SweepView, ReportError> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let dir = folder.path().join("pets/sweeps/0001-ab12cd34");
        std::fs::create_dir_all(&dir).expect("the folder can be made");
        for (file, text) in files {
            std::fs::write(dir.join(file), text).expect("the file can be written");
        }
        SweepView::load(&dir)
    }

    const DEFINITION: (&str, &str) = ("sweep.toml", "[sweep]\nstrategy = \"tpe\"\n");

    #[test]
    fn what_stands_between_the_point_and_its_repeats_are_the_keys() {
        let sweep = sweep(&[DEFINITION, ("trials.csv", CSV)]).expect("the sweep can be read");
        assert_eq!((sweep.name.as_str(), sweep.id.as_str(), sweep.strategy.as_str()), ("pets", "0001-ab12cd34", "tpe"));
        assert_eq!(sweep.keys, ["top.dropout"]);
        assert_eq!(sweep.trials[2].values, [None]);
        assert_eq!(sweep.trials[1].runs, ["0003-cccccccc", "0004-dddddddd"]);
        assert_eq!(sweep.trials[3].reached, Some(Spread { mean: 0.86, sd: None }));
    }

    #[test]
    fn trials_come_by_rank_and_those_without_a_result_last() {
        let sweep = sweep(&[DEFINITION, ("trials.csv", CSV)]).expect("the sweep can be read");
        let ranked = sweep.ranked();
        assert_eq!(ranked.iter().map(|trial| trial.point.as_str()).collect::<Vec<_>>(), ["1", "0", "3", "2"]);
        assert_eq!(ranked.iter().map(|trial| trial.ties).collect::<Vec<_>>(), [true, true, false, false]);
        assert_eq!(ranked[3].runs, Vec::<String>::new());
    }

    #[test]
    fn a_key_of_which_too_little_is_known_has_no_share() {
        let text = "key,importance,explained,groups,points,best,best_mean\ntop.dropout,0.75,0.8,2,4,0.5,0.93\nseed,NA,NA,1,4,NA,NA\n";
        let sweep = sweep(&[DEFINITION, ("trials.csv", CSV), ("importance.csv", text)]).expect("the sweep can be read");
        assert_eq!(sweep.importance[0].best.as_deref(), Some("0.5"));
        assert_eq!([sweep.importance[0].share, sweep.importance[1].share], [Some(0.75), None]);
    }

    #[test]
    fn a_sweep_without_trials_is_an_error_that_names_the_file() {
        let error = sweep(&[DEFINITION]).expect_err("there is nothing to show");
        assert!(error.to_string().contains("trials.csv"), "{error}");
    }
}
