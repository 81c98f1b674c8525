//! GPUs: found, and opened once.

use std::cell::RefCell;

use cudarc::driver::result;
use dfdx::tensor::Cuda;

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
    // dfdx takes it for granted that there is a driver and a GPU.
    let no_gpu = |error: result::DriverError| CudaProblem::NoGpu { driver: format!("{:?}", error.0) };
    result::init().map_err(no_gpu)?;
    let found = result::device::get_count().map_err(no_gpu)? as u32;
    match found {
        0 => Err(CudaProblem::NoGpu { driver: "the driver counts none".to_owned() }),
        found if number >= found => Err(CudaProblem::TooFew { wanted: number, found }),
        _ => Cuda::try_build(number as usize, 0)
            .map_err(|error| CudaProblem::Refused { number, driver: error.to_string() }),
    }
}
