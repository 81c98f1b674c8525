//! What a pruner has seen of a task, and what it decided: `reached/0003-seed0.csv`.
//!
//! A row for every epoch at which it looked: `epochs,value,verdict`, the value being the best of the objective so far as a cost (an
//! accuracy with its sign turned). The verdict is `on`, `stop`, or `end` for a run that came to its end by itself. A decision that is
//! written is never taken again, so a run that is killed and resumed ends as it would have. After a row `0,inf,exempt` the run is to come
//! to its end whatever was decided: it was pruned, and is done again.

use std::path::Path;

use super::error::SweepError;
use crate::files;

const HEADER: &str = "epochs,value,verdict";

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    On,
    /// It is given up.
    Stop,
    /// It came to its end.
    End,
    /// Whatever was decided is not to count: it goes on to its end.
    Exempt,
}

/// What was seen of a run after some epochs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// Finished epochs of the last stage.
    pub epochs: u32,
    /// The best of the objective so far, as a cost: smaller is better.
    pub cost: f64,
    /// What was decided.
    pub verdict: Verdict,
}

/// Everything that was seen of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record(pub Vec<Mark>);

impl Record {
    /// Reads a record; an empty one where nothing was seen, and where a line makes no sense up to that line.
    pub fn read(path: &Path) -> Result<Self, SweepError> {
        let bytes = files::read_if_there(path)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        Ok(Self(text.lines().skip(1).map_while(parse).collect()))
    }

    /// Writes it, whole.
    pub fn write(&self, path: &Path) -> Result<(), SweepError> {
        let rows = self.0.iter().map(|mark| format!("{},{},{}\n", mark.epochs, mark.cost, mark.verdict.word()));
        let text = format!("{HEADER}\n{}", rows.collect::<String>());
        files::create_folder(path.parent().unwrap_or(Path::new(".")))?;
        Ok(files::write_atomic(path, text.as_bytes())?)
    }

    /// Notes, where it lasts, that a run is to come to its end whatever was decided.
    pub fn exempt(path: &Path) -> Result<(), SweepError> {
        let mut record = Self::read(path)?;
        if !record.is_exempt() {
            record.0.push(Mark { epochs: 0, cost: f64::INFINITY, verdict: Verdict::Exempt });
            record.write(path)?;
        }
        Ok(())
    }

    /// Whether the run is to come to its end whatever was decided.
    pub fn is_exempt(&self) -> bool {
        self.0.iter().any(|mark| mark.verdict == Verdict::Exempt)
    }

    /// The mark after so many epochs.
    pub fn at(&self, epochs: u32) -> Option<&Mark> {
        self.0.iter().find(|mark| mark.epochs == epochs)
    }

    /// Whether the run came to its end.
    pub fn has_ended(&self) -> bool {
        self.0.last().is_some_and(|mark| mark.verdict == Verdict::End)
    }

    /// The cost after so many epochs; a run that ended before them keeps what it had.
    pub fn cost_at(&self, epochs: u32) -> Option<f64> {
        let ended = self.0.last().filter(|last| last.verdict == Verdict::End && last.epochs <= epochs);
        self.at(epochs).or(ended).map(|mark| mark.cost)
    }
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Stop => "stop",
            Self::End => "end",
            Self::Exempt => "exempt",
        }
    }
}

fn parse(line: &str) -> Option<Mark> {
    let mut fields = line.split(',');
    let (epochs, cost) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let verdict = match fields.next()? {
        "on" => Verdict::On,
        "stop" => Verdict::Stop,
        "end" => Verdict::End,
        "exempt" => Verdict::Exempt,
        _ => return None,
    };
    Some(Mark { epochs, cost, verdict })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exempt_run_stays_one_and_keeps_what_was_seen_of_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("reached/0001-seed0.csv");
        let stopped = Record(vec![Mark { epochs: 2, cost: -0.5, verdict: Verdict::Stop }]);
        stopped.write(&path).expect("it can be written");
        assert!(!stopped.is_exempt());
        for _ in 0..2 {
            Record::exempt(&path).expect("it can be written");
            let record = Record::read(&path).expect("it can be read");
            assert!(record.is_exempt() && !record.has_ended() && record.0.len() == 2, "{record:?}");
            assert_eq!((record.cost_at(2), record.cost_at(4)), (Some(-0.5), None));
        }
    }
}
