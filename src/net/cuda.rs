//! GPUs: found, and opened once.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use cudarc::driver::result;
use cudarc::driver::sys::CUresult;
use dfdx::shapes::{Axes2, Axis};
use dfdx::tensor::{Cuda, Tensor, ZerosTensor};
use dfdx::tensor_ops::{PermuteTo, ReshapeTo, TryConcatAlong};

use super::engine::CudaProblem;

thread_local! {
    /// The GPU that is open. dfdx's device belongs to one thread.
    static OPEN: RefCell<Option<(u32, Cuda)>> = const { RefCell::new(None) };
}

/// The GPU of that number: every call gives the same device, so that its kernels are loaded once.
pub(super) fn device(number: u32) -> Result<Cuda, CudaProblem> {
    OPEN.with_borrow_mut(|open| {
        if let Some((_, device)) = open.as_ref().filter(|(known, _)| *known == number) {
            return Ok(device.clone());
        }
        let device = opened(number)?;
        *open = Some((number, device.clone()));
        Ok(device)
    })
}

fn opened(number: u32) -> Result<Cuda, CudaProblem> {
    let refused = |driver: String| CudaProblem::Refused { number, driver };
    // dfdx takes it for granted that there is a GPU.
    result::init().map_err(|error| match error.0 {
        CUresult::CUDA_ERROR_NO_DEVICE | CUresult::CUDA_ERROR_STUB_LIBRARY => {
            CudaProblem::NoGpu { driver: format!("{:?}", error.0) }
        }
        _ => refused(format!("{:?}", error.0)),
    })?;
    let found = result::device::get_count().map_err(|error| refused(format!("{:?}", error.0)))? as u32;
    match found {
        0 => Err(CudaProblem::NoGpu { driver: "the driver counts none".to_owned() }),
        found if number >= found => Err(CudaProblem::TooFew { wanted: number, found }),
        _ => {
            let device = Cuda::try_build(number as usize, 0).map_err(|error| refused(error.to_string()))?;
            compile(&device).map_err(|why| CudaProblem::NoKernels { number, why })?;
            Ok(device)
        }
    }
}

/// Runs each kind of kernel that dfdx compiles at its first use. It reads headers of the toolkit, and of the `target` folder
/// of the build, by the paths that they had there, and panics where these are gone: better here than in the midst of a run.
fn compile(device: &Cuda) -> Result<(), String> {
    let compiled = catch_unwind(AssertUnwindSafe(|| -> Result<(), <Cuda as dfdx::tensor::HasErr>::Err> {
        let rows: Tensor<(usize, usize), f32, Cuda> = device.try_zeros_like(&(2, 3))?;
        let both: Tensor<(usize, usize), f32, Cuda> = (rows.clone(), rows).try_concat_along(Axis::<0>)?;
        both.try_permute::<(usize, usize), Axes2<1, 0>>()?.try_reshape_like(&(12,)).map(drop)
    }));
    match compiled {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(_) => Err("dfdx panicked, as told above".to_owned()),
    }
}
