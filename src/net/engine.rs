//! Where the network is computed, and by which code: chosen once, at run time.

use std::str::FromStr;
use std::sync::OnceLock;

use dfdx::tensor::Cpu;

use super::{Backend, Fast, Generic, NetError};

/// A device, and the code that computes on it. Results of two engines agree, but not to the last bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// The CPU, by frostline's own kernels.
    Fast,
    /// The CPU, by the code that serves GPUs: slow, and there to test that code.
    Generic,
    /// A CUDA device, by its number. [`Engine::cuda`] gives those that are there.
    Cuda(u32),
}

/// Why a GPU cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CudaProblem {
    /// The program was built without CUDA.
    #[error("this build computes on the CPU only")]
    NotBuiltIn,
    /// The driver knows no GPU. (Where there is no driver at all, a CUDA build does not start: it is linked to it.)
    #[error("this machine has no GPU that CUDA can use ({driver})")]
    NoGpu {
        /// What the driver says.
        driver: String,
    },
    /// There are GPUs, but none of that number.
    #[error("this machine has {found} GPUs that CUDA can use, numbered from 0: there is no number {wanted}")]
    TooFew {
        /// The number asked for.
        wanted: u32,
        /// How many there are.
        found: u32,
    },
    /// It is there, and what dfdx compiles for it at run time does not compile here.
    #[error("the kernels of GPU {number} cannot be compiled here ({why})")]
    NoKernels {
        /// Its number.
        number: u32,
        /// What the compiler says.
        why: String,
    },
    /// It is there, and refuses.
    #[error("GPU {number} cannot be used ({driver})")]
    Refused {
        /// Its number.
        number: u32,
        /// What the driver says.
        driver: String,
    },
}

/// A name that is none of the CPU's engines.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown kernels `{0}`, expected `fast` or `generic`")]
pub struct UnknownKernels(String);

/// Which code computes on the CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CpuKernels {
    /// frostline's own.
    #[default]
    Fast,
    /// That which serves GPUs.
    Generic,
}

impl FromStr for CpuKernels {
    type Err = UnknownKernels;

    fn from_str(name: &str) -> Result<Self, UnknownKernels> {
        match name {
            "fast" => Ok(Self::Fast),
            "generic" => Ok(Self::Generic),
            other => Err(UnknownKernels(other.to_owned())),
        }
    }
}

static ON_CPU: OnceLock<CpuKernels> = OnceLock::new();

/// Does something that is generic over the backend.
pub(crate) trait EngineVisitor {
    /// What comes of it.
    type Output;

    /// Called once, with the backend as a type, and its device.
    fn visit<B: Backend>(self, device: B::Device) -> Self::Output;
}

impl Engine {
    /// Every name that [`Engine::name`] gives.
    pub const NAMES: [&'static str; 3] = ["cpu", "cpu (generic)", "cuda"];

    /// The engine of the CPU in this process, as settled by [`Engine::settle_cpu`], else [`Engine::Fast`].
    pub fn cpu() -> Self {
        match ON_CPU.get_or_init(CpuKernels::default) {
            CpuKernels::Fast => Self::Fast,
            CpuKernels::Generic => Self::Generic,
        }
    }

    /// Settles which code computes on the CPU in this process. The first call, of this or of [`Engine::cpu`], counts.
    pub fn settle_cpu(kernels: CpuKernels) {
        ON_CPU.get_or_init(|| kernels);
    }

    /// The GPU of that number.
    ///
    /// # Errors
    ///
    /// In a build without CUDA, on a machine without a GPU, and for a number that no GPU has.
    #[cfg(feature = "cuda")]
    pub fn cuda(number: u32) -> Result<Self, CudaProblem> {
        super::cuda::device(number).map(|_| Self::Cuda(number))
    }

    /// The GPU of that number.
    ///
    /// # Errors
    ///
    /// In a build without CUDA, as this one is.
    #[cfg(not(feature = "cuda"))]
    pub fn cuda(_number: u32) -> Result<Self, CudaProblem> {
        Err(CudaProblem::NotBuiltIn)
    }

    /// What a result's key says of where it was computed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fast => Self::NAMES[0],
            Self::Generic => Self::NAMES[1],
            Self::Cuda(_) => Self::NAMES[2],
        }
    }

    /// Calls back with the engine's backend and device.
    pub(crate) fn visit<V: EngineVisitor>(self, visitor: V) -> Result<V::Output, NetError> {
        match self {
            Self::Fast => Ok(visitor.visit::<Fast>(Cpu::default())),
            Self::Generic => Ok(visitor.visit::<Generic<Cpu>>(Cpu::default())),
            #[cfg(feature = "cuda")]
            Self::Cuda(number) => Ok(visitor.visit::<Generic<dfdx::tensor::Cuda>>(super::cuda::device(number)?)),
            #[cfg(not(feature = "cuda"))]
            Self::Cuda(_) => Err(CudaProblem::NotBuiltIn.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_chosen_by_name_and_unknown_ones_are_answered_with_the_known() {
        assert_eq!(("fast".parse(), "generic".parse()), (Ok(CpuKernels::Fast), Ok(CpuKernels::Generic)));
        let error = "slow".parse::<CpuKernels>().expect_err("no such kernels");
        assert_eq!(error.to_string(), "unknown kernels `slow`, expected `fast` or `generic`");
    }

    #[test]
    fn every_engine_has_a_name_of_its_own() {
        let names = [Engine::Fast, Engine::Generic, Engine::Cuda(1)].map(Engine::name);
        assert_eq!(names, Engine::NAMES);
    }
}
