//! Optimiser steps on the device: the kernels' formulas ([`Rule`]), so that weights and moments stay where they are used.

use dfdx::tensor_ops::{ChooseFrom, Device, TryAdd, TryDiv, TryGt, TryLt, TryMul, TrySub};

use super::rows::Matrix;
use super::weights::Held;
use crate::net::{Rule, Step};

/// One step of a rule, whose moments must be there.
pub(super) fn step<D: Device<f32>>(step: &Step, gradient: Matrix<D>, held: Held<D>) -> Result<Held<D>, D::Err> {
    let g = penalised(step, gradient, &held.value)?;
    match step.rule {
        Rule::Sgd { momentum, nesterov } => descend(step.lr, momentum, nesterov, g, held),
        Rule::RmsProp { rho, eps, momentum } => rms_prop(step.lr, [rho, eps, momentum], g, held),
        Rule::Adam { beta1, beta2, eps, weight_decay } => {
            let constants = [step.corrected_rate(), 1.0 - beta1, 1.0 - beta2, eps, weight_decay * step.lr];
            adam(constants, g, held)
        }
    }
}

/// The gradient with its penalties: `g + l1 sign(w) + 2 l2 w`.
fn penalised<D: Device<f32>>(step: &Step, g: Matrix<D>, w: &Matrix<D>) -> Result<Matrix<D>, D::Err> {
    let mut g = g;
    if step.l1 != 0.0 {
        let zero: Matrix<D> = w.device().try_zeros_like(w)?;
        let above = zero.clone().try_add(step.l1)?;
        let below = zero.clone().try_sub(step.l1)?;
        let sign = w.try_lt(0.0)?.try_choose(below, zero)?;
        g = g.try_add(w.try_gt(0.0)?.try_choose(above, sign)?)?;
    }
    if step.l2 != 0.0 {
        g = g.try_add(w.clone().try_mul(2.0 * step.l2)?)?;
    }
    Ok(g)
}

fn descend<D: Device<f32>>(
    lr: f32,
    momentum: f32,
    nesterov: bool,
    g: Matrix<D>,
    held: Held<D>,
) -> Result<Held<D>, D::Err> {
    let Held { value, first, second } = held;
    let pull = g.try_mul(lr)?;
    let Some(m) = first.filter(|_| momentum != 0.0) else {
        return Ok(Held { value: value.try_sub(pull)?, first: None, second });
    };
    let m = m.try_mul(momentum)?.try_sub(pull.clone())?;
    let value = match nesterov {
        true => value.try_add(m.clone().try_mul(momentum)?.try_sub(pull)?)?,
        false => value.try_add(m.clone())?,
    };
    Ok(Held { value, first: Some(m), second })
}

fn rms_prop<D: Device<f32>>(
    lr: f32,
    [rho, eps, momentum]: [f32; 3],
    g: Matrix<D>,
    held: Held<D>,
) -> Result<Held<D>, D::Err> {
    let v = held.first.expect("RMSprop keeps a mean square");
    let v = v.try_mul(rho)?.try_add(g.clone().try_square()?.try_mul(1.0 - rho)?)?;
    let pull = g.try_mul(lr)?.try_div(v.clone().try_add(eps)?.try_sqrt()?)?;
    if momentum == 0.0 {
        return Ok(Held { value: held.value.try_sub(pull)?, first: Some(v), second: None });
    }
    let m = held.second.expect("RMSprop with momentum keeps one");
    let m = m.try_mul(momentum)?.try_add(pull)?;
    Ok(Held { value: held.value.try_sub(m.clone())?, first: Some(v), second: Some(m) })
}

fn adam<D: Device<f32>>(
    [alpha, rest1, rest2, eps, decay]: [f32; 5],
    g: Matrix<D>,
    held: Held<D>,
) -> Result<Held<D>, D::Err> {
    let (m, v) = (held.first.expect("Adam keeps a mean"), held.second.expect("Adam keeps a mean square"));
    let w = held.value.clone().try_sub(held.value.try_mul(decay)?)?;
    let m = m.clone().try_add(g.clone().try_sub(m)?.try_mul(rest1)?)?;
    let v = v.clone().try_add(g.try_square()?.try_sub(v)?.try_mul(rest2)?)?;
    let pull = m.clone().try_mul(alpha)?.try_div(v.clone().try_sqrt()?.try_add(eps)?)?;
    Ok(Held { value: w.try_sub(pull)?, first: Some(m), second: Some(v) })
}
