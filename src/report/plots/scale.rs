//! Axes: round limits, round ticks, and where a value stands between the limits.

/// A linear axis whose limits are multiples of its step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    low: f64,
    step: f64,
    steps: u32,
}

impl Scale {
    /// The axis with about `ticks` round steps that covers all the values; `0..=1` where there is none.
    pub fn covering(values: impl IntoIterator<Item = f64>, ticks: u32) -> Self {
        let empty = (f64::INFINITY, f64::NEG_INFINITY);
        let (low, high) = values.into_iter().fold(empty, |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            return Self { low: 0.0, step: 0.25, steps: 4 };
        }
        let spread = if high > low { high - low } else { (low.abs() * 0.1).max(0.01) };
        let step = round_step(spread / f64::from(ticks));
        let first = (low / step + 1e-9).floor();
        let last = (high / step - 1e-9).ceil().max(first + 1.0);
        Self { low: first * step, step, steps: (last - first) as u32 }
    }

    /// The lower limit.
    pub fn low(&self) -> f64 {
        self.low
    }

    /// The upper limit.
    pub fn high(&self) -> f64 {
        self.low + self.step * f64::from(self.steps)
    }

    /// Where a value stands: 0 at the lower limit, 1 at the upper one; values outside stand at the limits.
    pub fn place(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high() - self.low)).clamp(0.0, 1.0)
    }

    /// The ticks from low to high, with their texts.
    pub fn ticks(&self) -> impl Iterator<Item = (f64, String)> {
        let decimals = self.decimals();
        (0..=self.steps).map(move |at| {
            let value = self.low + self.step * f64::from(at);
            (self.place(value), format!("{:.decimals$}", value + 0.0))
        })
    }

    /// As many decimals as tell the ticks apart.
    fn decimals(&self) -> usize {
        let needed = -(self.step.log10() + 1e-9).floor() + f64::from(u8::from(is_quarter(self.step)));
        needed.clamp(0.0, 9.0) as usize
    }
}

/// The round number (1, 2, 2.5 or 5 times a power of ten) that is next above.
fn round_step(raw: f64) -> f64 {
    let power = 10f64.powf(raw.log10().floor());
    let factor = [1.0, 2.0, 2.5, 5.0].into_iter().find(|factor| raw <= factor * power * (1.0 + 1e-9));
    factor.unwrap_or(10.0) * power
}

fn is_quarter(step: f64) -> bool {
    let mantissa = step / 10f64.powf((step.log10() + 1e-9).floor());
    (mantissa - 2.5).abs() < 1e-6
}

/// Round places for ticks on a count from 0 to `count - 1`: about `ticks` of them.
pub fn count_ticks(count: usize, ticks: usize) -> Vec<usize> {
    let raw = count.saturating_sub(1) as f64 / ticks.max(1) as f64;
    let step = if raw <= 1.0 { 1 } else { round_step(raw).ceil() as usize };
    (0..count).step_by(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(scale: Scale) -> Vec<String> {
        scale.ticks().map(|(_, text)| text).collect()
    }

    #[test]
    fn limits_and_ticks_are_round_and_cover_the_values() {
        assert_eq!(texts(Scale::covering([0.613, 0.957], 4)), ["0.6", "0.7", "0.8", "0.9", "1.0"]);
        assert_eq!(texts(Scale::covering([0.0, 1.0], 4)), ["0.00", "0.25", "0.50", "0.75", "1.00"]);
        assert_eq!(texts(Scale::covering([12.0, 48.0], 4)), ["10", "20", "30", "40", "50"]);
    }

    #[test]
    fn a_single_value_still_has_an_axis() {
        let scale = Scale::covering([0.5], 4);
        assert!(scale.low() <= 0.5 && scale.high() >= 0.5 && scale.high() > scale.low());
        assert_eq!(Scale::covering([0.0, 0.0], 4).low(), 0.0);
    }

    #[test]
    fn no_value_gives_the_unit_axis() {
        assert_eq!(texts(Scale::covering([], 4)).len(), 5);
    }

    #[test]
    fn values_outside_stand_at_the_limits() {
        let scale = Scale::covering([0.0, 1.0], 4);
        assert_eq!((scale.place(-3.0), scale.place(9.0)), (0.0, 1.0));
    }

    #[test]
    fn counts_are_ticked_in_whole_steps() {
        assert_eq!(count_ticks(100, 5), [0, 20, 40, 60, 80]);
        assert_eq!(count_ticks(3, 5), [0, 1, 2]);
        assert_eq!(count_ticks(1, 5), [0]);
        assert!(count_ticks(0, 5).is_empty());
    }
}
