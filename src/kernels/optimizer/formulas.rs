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
            let v = v.mul(rho).add(g.mul(g).mul(rest));
            [w.sub(g.mul(lr).div(v.add(eps).sqrt())), v, unused]
        }
    }
}

impl Formula for RmsPropMomentum {
    const MOMENTS: usize = 2;

    #[inline(always)]
    unsafe fn apply<L: Lanes>([lr, rho, rest, eps, momentum]: [L; 5], g: L, [w, v, m]: State<L>) -> State<L> {
        unsafe {
            let v = v.mul(rho).add(g.mul(g).mul(rest));
            let m = m.mul(momentum).add(g.mul(lr).div(v.add(eps).sqrt()));
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
            let m = m.add(g.sub(m).mul(rest1));
            let v = v.add(g.mul(g).sub(v).mul(rest2));
            [w.sub(m.mul(alpha).div(v.sqrt().add(eps))), m, v]
        }
    }
}
