//! An update by a gradient that lies in memory.

use rayon::prelude::*;

use super::{Parameter, Step, Target};
use crate::kernels::isa::Isa;
use crate::kernels::lanes::{self, Lanes, Task};

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
