//! Where a gradient goes: into memory, or into the weights.

use super::formulas::{Adam, Formula, Momentum, Nesterov, RmsProp, RmsPropMomentum, Sgd};
use super::{Parameter, Rule, SMALLEST_GRADIENT, SMALLEST_STATE, Step};
use crate::kernels::lanes::{LANES, Lanes};

/// Where a gradient by weights goes as it is computed, piece by piece: into memory, or straight into the weights.
///
/// It stands for exclusive borrows that its maker holds for as long as it is used; threads must take disjoint pieces.
pub(crate) enum Target {
    /// Store it.
    Store(*mut f32),
    /// Update weights and moments by it.
    Update(Update),
}

/// A step with what is the same for all weights worked out, and the parameter that it changes.
pub(crate) struct Update {
    step: Step,
    /// [`Step::corrected_rate`].
    alpha: f32,
    weights: *mut f32,
    first: *mut f32,
    second: *mut f32,
}

// SAFETY: the pointers stand for exclusive borrows of plain numbers, and threads take disjoint pieces (see the type).
unsafe impl Send for Target {}
// SAFETY: as above.
unsafe impl Sync for Target {}

impl Target {
    pub(crate) fn store(gradient: &mut [f32]) -> Self {
        Target::Store(gradient.as_mut_ptr())
    }

    pub(crate) fn update(step: &Step, parameter: Parameter<'_>) -> Self {
        parameter.check(&step.rule);
        let Parameter { weights, first, second } = parameter;
        Target::Update(Update {
            step: *step,
            alpha: step.corrected_rate(),
            weights: weights.as_mut_ptr(),
            first: first.as_mut_ptr(),
            second: second.as_mut_ptr(),
        })
    }

    /// The weights that it updates.
    pub(crate) fn weights(&self) -> Option<*mut f32> {
        match self {
            Target::Store(_) => None,
            Target::Update(update) => Some(update.weights),
        }
    }

    /// Takes `count` gradients for the weights from `offset` on.
    ///
    /// # Safety
    ///
    /// The contract of [`Lanes`]; the piece lies within the arrays, and no other thread takes any of it meanwhile.
    #[inline(always)]
    pub(crate) unsafe fn take<L: Lanes>(&self, gradient: *const f32, offset: usize, count: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            match self {
                Target::Store(to) => std::ptr::copy_nonoverlapping(gradient, to.add(offset), count),
                Target::Update(update) => update.take::<L>(gradient, offset, count),
            }
        }
    }

    /// Asks for the cache lines of `count` weights from `offset` on, and of their moments.
    ///
    /// # Safety
    ///
    /// The contract of [`Lanes`].
    #[inline(always)]
    pub(crate) unsafe fn prefetch<L: Lanes>(&self, offset: usize, count: usize) {
        let Target::Update(update) = self else { return };
        let moments = update.step.rule.moments();
        let mut lane = 0;
        while lane < count {
            // SAFETY: prefetching has no effect but on speed, wherever it points.
            unsafe {
                L::prefetch(update.weights.wrapping_add(offset + lane));
                if moments > 0 {
                    L::prefetch(update.first.wrapping_add(offset + lane));
                }
                if moments > 1 {
                    L::prefetch(update.second.wrapping_add(offset + lane));
                }
            }
            lane += LANES;
        }
    }
}

impl Update {
    #[inline(always)]
    unsafe fn take<L: Lanes>(&self, gradient: *const f32, offset: usize, count: usize) {
        let lr = self.step.lr;
        // SAFETY: the caller's promise; every formula has as many moments as its rule keeps.
        unsafe {
            match self.step.rule {
                Rule::Sgd { momentum: 0.0, .. } => {
                    self.sweep::<L, Sgd>(gradient, offset, count, [lr, 0.0, 0.0, 0.0, 0.0])
                }
                Rule::Sgd { momentum, nesterov: false } => {
                    self.sweep::<L, Momentum>(gradient, offset, count, [lr, momentum, 0.0, 0.0, 0.0]);
                }
                Rule::Sgd { momentum, nesterov: true } => {
                    self.sweep::<L, Nesterov>(gradient, offset, count, [lr, momentum, 0.0, 0.0, 0.0]);
                }
                Rule::RmsProp { rho, eps, momentum: 0.0 } => {
                    self.sweep::<L, RmsProp>(gradient, offset, count, [lr, rho, 1.0 - rho, eps, 0.0]);
                }
                Rule::RmsProp { rho, eps, momentum } => {
                    self.sweep::<L, RmsPropMomentum>(gradient, offset, count, [lr, rho, 1.0 - rho, eps, momentum]);
                }
                Rule::Adam { beta1, beta2, eps, weight_decay } => {
                    let constants = [self.alpha, 1.0 - beta1, 1.0 - beta2, eps, weight_decay * lr];
                    self.sweep::<L, Adam>(gradient, offset, count, constants);
                }
            }
        }
    }

    /// Loads, penalises, applies the formula and stores, sixteen weights at a time.
    #[inline(always)]
    unsafe fn sweep<L: Lanes, F: Formula>(
        &self,
        gradient: *const f32,
        offset: usize,
        count: usize,
        constants: [f32; 5],
    ) {
        let arrays = [self.weights, self.first, self.second].map(|array| array.wrapping_add(offset));
        let penalised = self.step.l1 != 0.0 || self.step.l2 != 0.0;
        // SAFETY: `start + lanes <= count`, and the caller vouches for `count` values of each array that is kept.
        unsafe {
            let constants = [
                L::splat(constants[0]),
                L::splat(constants[1]),
                L::splat(constants[2]),
                L::splat(constants[3]),
                L::splat(constants[4]),
            ];
            let mut start = 0;
            while start < count {
                let lanes = LANES.min(count - start);
                let mut g = load::<L>(gradient.add(start), lanes);
                let mut state = [L::splat(0.0); 3];
                for index in 0..=F::MOMENTS {
                    state[index] = load::<L>(arrays[index].add(start), lanes);
                }
                if penalised {
                    let lasso = state[0].sign().mul(L::splat(self.step.l1));
                    g = g.add(lasso).add(state[0].mul(L::splat(2.0 * self.step.l2)));
                }
                state = F::apply(constants, g.zero_below(L::splat(SMALLEST_GRADIENT)), state);
                for index in 0..=F::MOMENTS {
                    store(state[index].zero_below(L::splat(SMALLEST_STATE)), arrays[index].add(start), lanes);
                }
                start += lanes;
            }
        }
    }
}

#[inline(always)]
unsafe fn load<L: Lanes>(from: *const f32, lanes: usize) -> L {
    // SAFETY: the caller vouches for `lanes` values.
    unsafe { if lanes == LANES { L::load(from) } else { L::load_part(from, lanes) } }
}

#[inline(always)]
unsafe fn store<L: Lanes>(values: L, to: *mut f32, lanes: usize) {
    // SAFETY: the caller vouches for `lanes` values.
    unsafe { if lanes == LANES { values.store(to) } else { values.store_part(to, lanes) } }
}
