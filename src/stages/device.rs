//! Which device a run computes on.

use super::error::StageError;
use crate::spec::knobs::Device;

/// Whether this build can compute on the device that the experiment asks for.
pub(super) fn require(device: Device) -> Result<(), StageError> {
    match device {
        Device::Auto | Device::Cpu => Ok(()),
        Device::Cuda(_) => Err(StageError::NoCuda { device: device.to_string() }),
    }
}
