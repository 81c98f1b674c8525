//! Inverted dropout (Srivastava et al. 2014): kept values are scaled up in training, so that evaluation does nothing.
//!
//! Where the random bits come from is the caller's affair: a mask is drawn from a closure and then only applied.

/// Draws a mask: an element is kept when its 32 random bits, as a fraction in [0, 1), are at least `rate`.
///
/// `rate` is the fraction dropped, in [0, 1).
pub fn draw(kept: &mut [bool], rate: f32, mut bits: impl FnMut() -> u32) {
    let threshold = (f64::from(rate) * 4_294_967_296.0) as u64;
    kept.iter_mut().for_each(|k| *k = u64::from(bits()) >= threshold);
}

/// Divides what is kept by 1 - `rate` and sets the rest to zero. The gradient goes through the same function.
pub fn apply(values: &mut [f32], kept: &[bool], rate: f32) {
    assert_eq!(values.len(), kept.len(), "a dropout mask has one entry per value");
    let scale = 1.0 / (1.0 - rate);
    values.iter_mut().zip(kept).for_each(|(v, &k)| *v = if k { *v * scale } else { 0.0 });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Stream};

    #[test]
    fn the_fraction_dropped_is_the_rate() {
        let mut stream = Stream::new(7, Purpose::Dropout, 0, 0);
        let mut kept = vec![false; 100_000];
        draw(&mut kept, 0.3, || stream.next_u32());
        let dropped = kept.iter().filter(|k| !**k).count();
        assert!((29_000..31_000).contains(&dropped), "{dropped}");
    }

    #[test]
    fn a_rate_of_zero_keeps_everything_as_it_is() {
        let mut kept = [false; 3];
        draw(&mut kept, 0.0, || 0);
        let mut values = [1.0, -2.0, 3.5];
        apply(&mut values, &kept, 0.0);
        assert_eq!(values, [1.0, -2.0, 3.5]);
    }

    #[test]
    fn kept_values_are_scaled_so_that_the_mean_stays() {
        let mut values = [1.0, 2.0, 3.0, 4.0];
        apply(&mut values, &[true, false, true, false], 0.5);
        assert_eq!(values, [2.0, 0.0, 6.0, 0.0]);
    }
}
