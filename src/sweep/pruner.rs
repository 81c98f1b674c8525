//! When a run is hopeless: pure rules over what other runs had reached after as many epochs.

use super::reached::{Mark, Record, Verdict};
use crate::spec::model::Pruner;

/// Whether a rule looks at a run after so many epochs of the last stage.
pub fn looks(pruner: &Pruner, epochs: u32) -> bool {
    match pruner {
        Pruner::Asha { min_epochs, reduction } => {
            let (mut rung, reduction) = (u64::from(min_epochs.get()), u64::from(reduction.get()));
            while rung < u64::from(epochs) {
                rung *= reduction;
            }
            rung == u64::from(epochs)
        }
        Pruner::Median { warmup_epochs, .. } => epochs >= warmup_epochs.get().max(1),
    }
}

/// What a rule sees of a run that is over, by its costs after each epoch; `last`: how it ended.
pub fn seen(pruner: &Pruner, costs: &[(u32, f64)], last: Verdict) -> Record {
    let Some((end, before)) = costs.split_last() else { return Record::default() };
    let marks = before.iter().filter(|(epochs, _)| looks(pruner, *epochs)).map(|mark| (mark, Verdict::On));
    let mark = |(&(epochs, cost), verdict)| Mark { epochs, cost, verdict };
    Record(marks.chain([(end, last)]).map(mark).collect())
}

/// Whether a run that has this cost after so many epochs is to be given up. `others` are the records of the runs of all other points: the
/// repeats of one point do not compete with each other.
///
/// - *asha*, in its stopping form (Li et al., "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020; the rule that never
///   waits): it goes on if it is among the best `1 / reduction` of the runs that have come to this rung, itself included, and at least if it is
///   the best of them.
/// - *median* (Golovin et al., "Google Vizier", KDD 2017): it is given up if it is worse than the median of what the runs that have ended
///   had reached after as many epochs, once `startup_trials` of them have.
pub fn is_hopeless(pruner: &Pruner, (epochs, cost): (u32, f64), others: &[Record]) -> bool {
    match pruner {
        Pruner::Asha { reduction, .. } => {
            let costs: Vec<f64> = others.iter().filter_map(|record| record.cost_at(epochs)).collect();
            let better = costs.iter().filter(|other| **other < cost).count();
            let places = ((costs.len() + 1) / reduction.get() as usize).max(1);
            better >= places
        }
        Pruner::Median { startup_trials, .. } => {
            let ended = others.iter().filter(|record| record.has_ended());
            let mut costs: Vec<f64> = ended.filter_map(|record| record.cost_at(epochs)).collect();
            costs.sort_by(f64::total_cmp);
            costs.len() >= startup_trials.get() as usize && !costs.is_empty() && cost > median(&costs)
        }
    }
}

fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[half] } else { (sorted[half - 1] + sorted[half]) / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{OnDisk, Overrides, load};

    fn rule(text: &str) -> Pruner {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = "data.train = \"train\"\ndata.validation_fraction = 0.2\n[sweep.space]\n\"top.dropout\" = [0.1]\n";
        let path = folder.path().join("a.toml");
        std::fs::write(&path, format!("{data}[sweep.pruner]\n{text}")).expect("a file");
        let overrides = Overrides { cwd: folder.path().into(), on_disk: OnDisk::Unchecked, ..Overrides::default() };
        let experiment = load(&path, &overrides).unwrap_or_else(|problems| panic!("{problems}"));
        experiment.sweep.and_then(|sweep| sweep.pruner).expect("a pruner")
    }

    fn asha() -> Pruner {
        rule("kind = \"asha\"\nmin_epochs = 2\nreduction = 3\n")
    }

    fn record(marks: &[(u32, f64, Verdict)]) -> Record {
        Record(marks.iter().map(|&(epochs, cost, verdict)| Mark { epochs, cost, verdict }).collect())
    }

    #[test]
    fn asha_looks_at_powers_of_its_reduction() {
        let looked: Vec<u32> = (1..60).filter(|epochs| looks(&asha(), *epochs)).collect();
        assert_eq!(looked, [2, 6, 18, 54]);
    }

    #[test]
    fn asha_lets_the_best_third_of_a_rung_go_on_and_always_the_best() {
        let others: Vec<Record> = [0.1, 0.2, 0.3, 0.4, 0.5].map(|cost| record(&[(2, cost, Verdict::On)])).to_vec();
        let hopeless = |cost, count: usize| is_hopeless(&asha(), (2, cost), &others[..count]);
        assert!(!hopeless(0.9, 0), "the first has nobody to be worse than");
        assert!(!hopeless(0.05, 1) && hopeless(0.15, 1), "of two, the better one");
        assert!(!hopeless(0.15, 5) && hopeless(0.25, 5), "of six, the best two");
        assert!(!is_hopeless(&asha(), (6, 0.9), &others), "nobody else has come to the next rung");
    }

    #[test]
    fn a_run_that_ended_early_still_counts_at_later_rungs() {
        let early = [record(&[(2, 0.1, Verdict::On), (4, 0.05, Verdict::End)])];
        assert!(is_hopeless(&asha(), (6, 0.06), &early));
        let stopped = [record(&[(2, 0.1, Verdict::Stop)])];
        assert!(!is_hopeless(&asha(), (6, 0.9), &stopped));
    }

    #[test]
    fn of_a_run_that_is_over_a_rule_sees_where_it_would_have_looked_and_the_end() {
        let costs = [(1, 0.5), (2, 0.4), (3, 0.3), (4, 0.2)];
        assert_eq!(seen(&asha(), &costs, Verdict::End), record(&[(2, 0.4, Verdict::On), (4, 0.2, Verdict::End)]));
        assert_eq!(seen(&asha(), &costs[..2], Verdict::Stop), record(&[(2, 0.4, Verdict::Stop)]));
        assert_eq!(seen(&asha(), &[], Verdict::End), Record::default());
    }

    #[test]
    fn median_waits_for_its_startup_and_then_gives_up_what_is_worse_than_half() {
        let rule = rule("kind = \"median\"\nwarmup_epochs = 2\nstartup_trials = 3\n");
        let ended: Vec<Record> =
            [0.1, 0.2, 0.3].map(|cost| record(&[(2, cost, Verdict::On), (5, 0.0, Verdict::End)])).to_vec();
        assert!(!looks(&rule, 1) && looks(&rule, 2) && looks(&rule, 3));
        assert!(is_hopeless(&rule, (2, 0.25), &ended) && !is_hopeless(&rule, (2, 0.2), &ended));
        assert!(!is_hopeless(&rule, (2, 0.9), &ended[..2]));
    }
}
