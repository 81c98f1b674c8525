//! Optimiser updates, with the semantics of Keras 3, in one pass over weights, gradient and moments.
//!
//! With g the gradient plus its penalties, every rule is a few multiplications and additions, a square root and a
//! division per weight, each rounded by itself (no fused multiply-add): the same bits on every instruction set.

use super::isa::Isa;
use super::lanes::{self, LANES, Lanes, Task};
use rayon::prelude::*;

/// How a gradient becomes an update. The fields are Keras 3's, by the same names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// m = momentum m - lr g; w += m, or with Nesterov's look-ahead w += momentum m - lr g.
    Sgd {
        /// In [0, 1); 0 keeps no moments.
        momentum: f32,
        /// Look ahead along the momentum.
        nesterov: bool,
    },
    /// v = rho v + (1 - rho) g^2; w -= lr g / sqrt(v + eps), through a momentum if that is above 0.
    RmsProp {
        /// Decay of the running mean square, in [0, 1).
        rho: f32,
        /// Added under the root (PyTorch adds it outside).
        eps: f32,
        /// In [0, 1); 0 keeps no second moment.
        momentum: f32,
    },
    /// Adam (Kingma and Ba 2015) as Keras writes it, eps added outside the root of the uncorrected v; with
    /// `weight_decay` above 0 it is AdamW (Loshchilov and Hutter 2019): w -= lr weight_decay w first.
    Adam {
        /// Decay of the mean, in [0, 1).
        beta1: f32,
        /// Decay of the mean square, in [0, 1).
        beta2: f32,
        /// Added to the root.
        eps: f32,
        /// Decoupled weight decay.
        weight_decay: f32,
    },
}

impl Rule {
    /// How many moments the rule keeps, each as long as the weights and zero at the start.
    pub fn moments(&self) -> usize {
        match *self {
            Rule::Sgd { momentum, .. } => usize::from(momentum != 0.0),
            Rule::RmsProp { momentum, .. } => 1 + usize::from(momentum != 0.0),
            Rule::Adam { .. } => 2,
        }
    }
}

/// One step of a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The rule.
    pub rule: Rule,
    /// Learning rate.
    pub lr: f32,
    /// Adds l1 sign(w) to the gradient: Keras' `L1`.
    pub l1: f32,
    /// Adds 2 l2 w to the gradient: Keras' `L2`, whose penalty is l2 times the sum of squares.
    pub l2: f32,
    /// Which step this is, from 1 (Adam corrects its bias by it).
    pub number: u64,
}

impl Step {
    /// The same step for parameters that are not penalised: Keras regularises kernels, not biases.
    pub fn without_penalty(self) -> Self {
        Self { l1: 0.0, l2: 0.0, ..self }
    }
}

/// Weights with the moments that the rule keeps for them; a moment that it does not keep is an empty slice.
#[derive(Debug)]
pub struct Parameter<'a> {
    /// The weights, changed in place.
    pub weights: &'a mut [f32],
    /// SGD: momentum. RMSprop: mean square. Adam: mean.
    pub first: &'a mut [f32],
    /// RMSprop: momentum. Adam: mean square.
    pub second: &'a mut [f32],
}

impl Parameter<'_> {
    /// Asserts that the moments are there which `rule` keeps.
    fn check(&self, rule: &Rule) {
        let kept = |moment: usize| if rule.moments() >= moment { self.weights.len() } else { 0 };
        assert_eq!(self.first.len(), kept(1), "the first moment has another length than the rule keeps");
        assert_eq!(self.second.len(), kept(2), "the second moment has another length than the rule keeps");
    }
}

/// The penalty l1 sum|w| + l2 sum w^2, which Keras adds to the loss. Summed in order, in f64.
pub fn penalty(weights: &[f32], l1: f32, l2: f32) -> f64 {
    let (mut absolute, mut squared) = (0.0, 0.0);
    for &w in weights {
        absolute += f64::from(w.abs());
        squared += f64::from(w) * f64::from(w);
    }
    f64::from(l1) * absolute + f64::from(l2) * squared
}

/// One step over all weights of a parameter.
pub fn update(isa: Isa, step: &Step, gradient: &[f32], parameter: Parameter<'_>) {
    assert_eq!(gradient.len(), parameter.weights.len(), "a parameter has one gradient per weight");
    let len = gradient.len();
    let target = Target::update(step, parameter);
    let part = |index: usize| {
        let offset = index * PART;
        let task = Part { target: &target, gradient: &gradient[offset..len.min(offset + PART)], offset };
        // SAFETY: the parts are disjoint and lie within the parameter, whose lengths were checked.
        unsafe { lanes::run(isa, task) };
    };
    match len.div_ceil(PART) {
        0 | 1 => part(0),
        parts => (0..parts).into_par_iter().for_each(part),
    }
}

/// Weights to a thread's task: 64 KiB of each array, which a core's own cache holds.
const PART: usize = 16_384;

struct Part<'a> {
    target: &'a Target,
    gradient: &'a [f32],
    offset: usize,
}

impl Task for Part<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        // SAFETY: the caller's promise.
        unsafe { self.target.take::<L>(self.gradient.as_ptr(), self.offset, self.gradient.len()) }
    }
}

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
    /// Adam's learning rate with both bias corrections: lr sqrt(1 - beta2^t) / (1 - beta1^t).
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
        let alpha = match step.rule {
            Rule::Adam { beta1, beta2, .. } => {
                let remaining = |beta: f32| 1.0 - libm::pow(f64::from(beta), step.number as f64);
                (f64::from(step.lr) * remaining(beta2).sqrt() / remaining(beta1)) as f32
            }
            Rule::Sgd { .. } | Rule::RmsProp { .. } => step.lr,
        };
        let Parameter { weights, first, second } = parameter;
        Target::Update(Update {
            step: *step,
            alpha,
            weights: weights.as_mut_ptr(),
            first: first.as_mut_ptr(),
            second: second.as_mut_ptr(),
        })
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

/// The state of sixteen weights: themselves, their first and their second moment.
type State<L> = [L; 3];

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
                state = F::apply(constants, g, state);
                for index in 0..=F::MOMENTS {
                    store(state[index], arrays[index].add(start), lanes);
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

/// A rule on sixteen weights. (Not a closure: those are compiled without the lanes' instructions.)
trait Formula {
    const MOMENTS: usize;

    /// The new state, from the constants that [`Update::take`] lists, the gradient and the state.
    ///
    /// # Safety
    ///
    /// The contract of [`Lanes`].
    unsafe fn apply<L: Lanes>(constants: [L; 5], g: L, state: State<L>) -> State<L>;
}

struct Sgd;
struct Momentum;
struct Nesterov;
struct RmsProp;
struct RmsPropMomentum;
struct Adam;

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
