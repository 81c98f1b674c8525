//! Which device a run computes on, and what follows for results that were begun on another.

use super::error::StageError;
use super::keys;
use super::prepare::Prepared;
use crate::net::{CudaProblem, Engine, NetError};
use crate::runs::ActiveRun;
use crate::spec::knobs::Device;

/// The engine that the experiment asks for, and what is odd about it.
///
/// # Errors
///
/// Where it asks for a GPU that this build or this machine does not have.
pub(super) fn engine(device: Device) -> Result<(Engine, Option<String>), StageError> {
    match device {
        Device::Cpu => Ok((Engine::cpu(), None)),
        Device::Auto => {
            let gpu = Engine::cuda(0).map(|engine| (engine, None));
            Ok(gpu.unwrap_or_else(|problem| (Engine::cpu(), fallback(&problem))))
        }
        Device::Cuda(number) => {
            let gpu = Engine::cuda(number).map(|engine| (engine, None));
            gpu.map_err(|source| StageError::NoCuda { device: device.to_string(), source })
        }
    }
}

/// What to tell where `auto` does without a GPU: nothing where there is none, but a GPU that is there is not left out silently.
fn fallback(problem: &CudaProblem) -> Option<String> {
    match problem {
        CudaProblem::NotBuiltIn | CudaProblem::NoGpu { .. } | CudaProblem::TooFew { .. } => None,
        CudaProblem::Refused { .. } | CudaProblem::NoKernels { .. } => {
            Some(format!("`device = \"auto\"` computes on the CPU: {problem}; {}", hint(problem)))
        }
    }
}

/// What helps against a GPU that cannot be used.
pub(super) fn hint(problem: &CudaProblem) -> &'static str {
    match problem {
        CudaProblem::NotBuiltIn => {
            "set `device = \"auto\"`, or build with `cargo build --release --features cuda` on a machine with a CUDA toolkit"
        }
        CudaProblem::NoGpu { .. } => {
            "set `device = \"auto\"` to compute on the CPU where there is no GPU; `nvidia-smi` lists the GPUs that are there"
        }
        CudaProblem::NoKernels { .. } => {
            "a CUDA build runs only where it was built: its `target` folder and the CUDA toolkit must be where they were; build it again here"
        }
        CudaProblem::TooFew { .. } => "`nvidia-smi` lists the GPUs that are there; `cuda` is the first of them",
        CudaProblem::Refused { .. } => "`nvidia-smi` says who else uses it, and how much of its memory is free",
    }
}

/// What helps against a network that a device does not compute.
pub(super) fn hint_of_net(error: &NetError) -> Option<&'static str> {
    match error {
        NetError::OutOfMemory => Some(ONE_IMAGE),
        NetError::TooLarge { .. } => Some("set a smaller `data.target_size`, or `device = \"cpu\"`"),
        NetError::Tensor(_) => {
            Some("`nvidia-smi` says how the GPU is; run again to go on with what is stored, or set `device = \"cpu\"`")
        }
        NetError::Cuda(problem) => Some(hint(problem)),
        NetError::TooSmall { .. }
        | NetError::Depths { .. }
        | NetError::Shape { .. }
        | NetError::Type { .. }
        | NetError::Width { .. }
        | NetError::Frozen { .. } => None,
    }
}

/// What helps where a batch of one does not fit.
pub(super) const ONE_IMAGE: &str =
    "a single image is too much: free memory on the device, or set a smaller `data.target_size`";

/// Where the trained stages of a run are computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lineage {
    /// What their keys say.
    pub device: String,
    /// The engine that began them, if it was another.
    pub begun_on: Option<&'static str>,
}

impl Lineage {
    /// A run's from its start.
    pub fn of(engine: Engine) -> Self {
        Self { device: engine.name().to_owned(), begun_on: None }
    }

    /// A run's that may have been begun elsewhere: a run that is resumed goes on from the states that it has, whatever
    /// engine they are from. What comes of it is neither engine's own result, and has keys of its own.
    pub fn of_run(prepared: &Prepared, run: &ActiveRun) -> Self {
        let own = Self::of(prepared.engine);
        if !run.is_resumed() {
            return own;
        }
        let begun = |device: &&&str| **device != own.device && run.uses_key(&keys::top(prepared, device).key());
        match Engine::NAMES.iter().find(begun) {
            Some(other) => Self { device: format!("{other}, then {}", own.device), begun_on: Some(other) },
            None => own,
        }
    }

    /// What to tell whoever resumes on another device.
    pub fn notice(&self) -> Option<String> {
        let begun_on = self.begun_on?;
        let (_, now) = self.device.split_once(", then ")?;
        Some(format!(
            "this run was begun on `{begun_on}` and goes on on `{now}`: its results can differ in the last digits from those of either"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_says_so_where_it_leaves_out_a_gpu_that_is_there_and_nothing_where_there_is_none() {
        let driver = "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH".to_owned();
        assert_eq!(fallback(&CudaProblem::NotBuiltIn), None);
        assert_eq!(fallback(&CudaProblem::NoGpu { driver: driver.clone() }), None);
        let refused = fallback(&CudaProblem::Refused { number: 0, driver }).expect("a warning");
        assert!(refused.contains("on the CPU: GPU 0 cannot be used (CUDA_ERROR_SYSTEM_DRIVER_MISMATCH)"), "{refused}");
        let problem = CudaProblem::NoKernels { number: 0, why: "no header".to_owned() };
        let moved = fallback(&problem).expect("a warning");
        assert!(moved.contains("cannot be compiled here (no header)") && moved.contains("build it again"), "{moved}");
    }
}
