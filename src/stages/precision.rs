//! What is to be said about a number format on this machine.

use crate::kernels::amx;
use crate::net::Engine;
use crate::spec::Experiment;
use crate::spec::knobs::Precision;

/// Whether this machine multiplies tiles of bf16 numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TileUnit {
    Here,
    Missing,
}

/// A warning where the formats that an experiment asks for are slow here. Engines that compute everything in f32 have none.
pub(super) fn warning(experiment: &Experiment, engine: Engine) -> Option<String> {
    let frozen = experiment.fine_tune.as_ref().map(|settings| settings.frozen_precision);
    let asked = [Some(experiment.bottleneck.precision), frozen];
    let unit = if amx::available() { TileUnit::Here } else { TileUnit::Missing };
    (engine == Engine::Fast).then(|| slow(&asked, unit)).flatten()
}

fn slow(asked: &[Option<Precision>], unit: TileUnit) -> Option<String> {
    let has = |precision| asked.contains(&Some(precision));
    match unit {
        TileUnit::Missing if has(Precision::Bf16Amx) => {
            let text = "this machine has no tile unit (AMX), so `bf16_amx` is emulated: the same results, but slower than `f32`";
            Some(text.to_owned())
        }
        TileUnit::Here if has(Precision::Bf16) => {
            let text = "this machine has a tile unit (AMX), which `bf16` does not use: `bf16_amx` is several times as fast here";
            Some(text.to_owned())
        }
        TileUnit::Here | TileUnit::Missing => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_format_that_is_slow_here_is_warned_of() {
        let said = |precision, unit| slow(&[Some(Precision::F32), Some(precision)], unit).is_some();
        assert!(said(Precision::Bf16Amx, TileUnit::Missing) && !said(Precision::Bf16Amx, TileUnit::Here));
        assert!(said(Precision::Bf16, TileUnit::Here) && !said(Precision::Bf16, TileUnit::Missing));
        assert!(!said(Precision::F32, TileUnit::Here) && !said(Precision::F32, TileUnit::Missing));
    }
}
