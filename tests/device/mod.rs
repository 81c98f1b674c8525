//! Which device a test is about.

use frostline::net::Engine;

/// What `FROSTLINE_TEST_DEVICE` names, as `benches/cuda.sh` has it, or else the one given.
pub fn under_test(otherwise: Engine) -> Engine {
    match std::env::var("FROSTLINE_TEST_DEVICE").as_deref() {
        Err(_) => otherwise,
        Ok("generic") => Engine::Generic,
        Ok(device) => {
            let number = device.strip_prefix("cuda:").map_or(0, |number| number.parse().expect("a number"));
            Engine::cuda(number).expect("the GPU is there")
        }
    }
}
