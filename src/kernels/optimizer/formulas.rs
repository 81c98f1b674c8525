//! The rules as arithmetic on sixteen weights.

use crate::kernels::lanes::Lanes;

/// The state of sixteen weights: themselves, their first and their second moment.
pub(super) type State<L> = [L; 3];

/// A rule on sixteen weights. (Not a closure: those are compiled without the lanes' instructions.)
pub(super) trait Formula {
    const MOMENTS: usize;

    /// The new state, from the constants that [`Target::take`](super::Target::take) lists, the gradient and the state.
    ///
    /// # Safety
    ///
    /// The contract of [`Lanes`].
    unsafe fn apply<L: Lanes>(constants: [L; 5], g: L, state: State<L>) -> State<L>;
}

pub(super) struct Sgd;
pub(super) struct Momentum;
pub(super) struct Nesterov;
pub(super) struct RmsProp;
pub(super) struct RmsPropMomentum;
pub(super) struct Adam;

// SAFETY of the arithmetic below: the trait's contract, which is that of `Lanes`.

impl Formula for Sgd {
    const MOMENTS: usize = 0;

    #[inline(always)]
    unsafe fn apply<L: Lanes>([lr, ..]: [L; 5], g: L, [w, m, v]: State<L>) -> State<L> {
        unsafe { [w.sub(g.mul(lr)), m, v] }
    }
}

impl Formula for Momentum {
    const MOMENTS: usize = 1;

    #[inline(always)]
    unsafe fn apply<L: Lanes>([lr, momentum, ..]: [L; 5], g: L, [w, m, v]: State<L>) -> State<L> {
        unsafe {
            let m = m.mul(momentum).sub(g.mul(lr));
            [w.add(m), m, v]
        }
    }
}

impl Formula for Nesterov {
    const MOMENTS: usize = 1;

    #[inline(always)]
    unsafe fn apply<L: Lanes>([lr, momentum, ..]: [L; 5], g: L, [w, m, v]: State<L>) -> State<L> {
        unsafe {
            let pull = g.mul(lr);
            let m = m.mul(momentum).sub(pull);
            [w.add(m.mul(momentum).sub(pull)), m, v]
        }
    }
}

impl Formula for RmsProp {
    const MOMENTS: usize = 1;

    #[inline(always)]
    unsafe fn apply<L: Lanes>([lr, rho, rest, eps, _]: [L; 5], g: L, [w, v, unused]: State<L>) -> State<L> {
        unsafe {
            let v = g.mul(rest).fma(g, v.mul(rho));
            [g.mul(negative(lr)).fma(reciprocal_root(v.add(eps)), w), v, unused]
        }
    }
}

impl Formula for RmsPropMomentum {
    const MOMENTS: usize = 2;

    #[inline(always)]
    unsafe fn apply<L: Lanes>([lr, rho, rest, eps, momentum]: [L; 5], g: L, [w, v, m]: State<L>) -> State<L> {
        unsafe {
            let v = g.mul(rest).fma(g, v.mul(rho));
            let m = g.mul(lr).fma(reciprocal_root(v.add(eps)), m.mul(momentum));
            [w.sub(m), v, m]
        }
    }
}

impl Formula for Adam {
    const MOMENTS: usize = 2;

    #[inline(always)]
    unsafe fn apply<L: Lanes>([alpha, rest1, rest2, eps, decay]: [L; 5], g: L, [w, m, v]: State<L>) -> State<L> {
        unsafe {
            let w = w.sub(w.mul(decay));
            let m = g.sub(m).fma(rest1, m);
            let v = g.mul(g).sub(v).fma(rest2, v);
            let root = v.mul(reciprocal_root(v));
            [m.mul(negative(alpha)).fma(reciprocal(root.add(eps)), w), m, v]
        }
    }
}

/// `-x`.
///
/// # Safety
///
/// The contract of [`Lanes`].
#[inline(always)]
unsafe fn negative<L: Lanes>(x: L) -> L {
    unsafe { L::splat(0.0).sub(x) }
}

/// `1 / sqrt(x)` within two units in the last place, for a normal x above 0; a large number for 0.
///
/// Processors divide and take roots in one slow unit: by it, an epoch of the top took 5 % longer. Half of a number's bits is
/// about half of its logarithm, so that an integer subtraction comes within 3.5 % (Lomont, "Fast inverse square root",
/// 2003). With `e = 1 - x y^2`, a round of Halley's method, `y (1 + e/2 + 3 e^2 / 8)`, comes within 1e-4, and then one of
/// Newton's, `y (1 + e/2)`, within less than a rounding.
///
/// # Safety
///
/// The contract of [`Lanes`].
#[inline(always)]
unsafe fn reciprocal_root<L: Lanes>(x: L) -> L {
    unsafe {
        let (one, half, x) = (L::splat(1.0), L::splat(0.5), negative(x));
        let y = x.bits_below::<1>(ROOT + SIGN_SHIFTED);
        let e = x.mul(y).fma(y, one);
        let y = y.mul(e).fma(e.fma(L::splat(0.375), half), y);
        let e = x.mul(y).fma(y, one);
        y.mul(half).fma(e, y)
    }
}

/// Lomont's constant.
const ROOT: u32 = 0x5f37_5a86;
/// The sign bit of a number whose bits were shifted down by one.
const SIGN_SHIFTED: u32 = 0x4000_0000;

/// `1 / x` within two units in the last place, for a normal x above 0 and below 2^125; likewise, with `e = 1 - x y` and
/// twice `y (1 + e + e^2)`.
///
/// # Safety
///
/// The contract of [`Lanes`].
#[inline(always)]
unsafe fn reciprocal<L: Lanes>(x: L) -> L {
    unsafe {
        let (one, negated) = (L::splat(1.0), negative(x));
        let mut y = x.bits_below::<0>(RECIPROCAL);
        for _ in 0..2 {
            let e = negated.fma(y, one);
            y = y.fma(e.fma(e, e), y);
        }
        y
    }
}

/// Its distance to the bits of x are the bits of about `1 / x`.
const RECIPROCAL: u32 = 0x7ef3_11c7;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::isa;
    use crate::kernels::lanes::{self, LANES, Task};

    /// Sixteen results of a function of one number.
    struct Sixteen<'a> {
        x: [f32; LANES],
        root: &'a mut [f32; LANES],
        reciprocal: &'a mut [f32; LANES],
    }

    impl Task for Sixteen<'_> {
        #[inline(always)]
        unsafe fn run<L: Lanes>(self) {
            unsafe {
                let x = L::load(self.x.as_ptr());
                reciprocal_root(x).store(self.root.as_mut_ptr());
                reciprocal(x).store(self.reciprocal.as_mut_ptr());
            }
        }
    }

    fn sixteen(isa: isa::Isa, x: [f32; LANES]) -> [[f32; LANES]; 2] {
        let [mut root, mut reciprocal] = [[0.0; LANES]; 2];
        // SAFETY: only instruction sets that are there are asked for; the arrays are as long as vectors.
        unsafe { lanes::run(isa, Sixteen { x, root: &mut root, reciprocal: &mut reciprocal }) };
        [root, reciprocal]
    }

    #[test]
    fn roots_and_reciprocals_are_within_two_units_in_the_last_place_and_the_same_everywhere() {
        let sets: Vec<_> = isa::ALL.into_iter().filter(|isa| isa.available()).collect();
        // From 2^-110 to 2^100, by steps that hit every part of the mantissa.
        for bits in (17 << 23..227 << 23).step_by(16 * 7919) {
            let x: [f32; LANES] = std::array::from_fn(|lane| f32::from_bits(bits + lane as u32 * 7919));
            let results = sets.iter().map(|&isa| sixteen(isa, x));
            let [root, reciprocal] = results.clone().next().expect("the portable path is always there");
            for lane in 0..LANES {
                let exact = f64::from(x[lane]);
                for (ours, exact) in [(root[lane], 1.0 / exact.sqrt()), (reciprocal[lane], 1.0 / exact)] {
                    let unit = f64::from(f32::from_bits((exact as f32).to_bits() & 0x7f80_0000)) * 2f64.powi(-23);
                    assert!((f64::from(ours) - exact).abs() <= 2.0 * unit, "{exact} of {} came as {ours}", x[lane]);
                }
            }
            results.for_each(|result| assert_eq!(result, [root, reciprocal]));
        }
    }

    #[test]
    fn the_root_of_nothing_is_nothing() {
        for isa in isa::ALL.into_iter().filter(|isa| isa.available()) {
            let [root, _] = sixteen(isa, [0.0; LANES]);
            assert!(root.iter().all(|root| root.is_finite() && 0.0 * root == 0.0), "{isa:?}");
        }
    }
}
