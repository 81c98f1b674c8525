//! Whether there is a tile unit, and its state.

#[cfg(target_arch = "x86_64")]
use std::sync::OnceLock;

/// Whether this machine multiplies tiles of bf16 numbers, and its system lets this process do so. The first call asks for that.
#[cfg(target_arch = "x86_64")]
pub fn available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| supported() && granted())
}

/// Whether this machine multiplies tiles of bf16 numbers.
#[cfg(not(target_arch = "x86_64"))]
pub fn available() -> bool {
    false
}

/// What the processor says: leaf 7 of CPUID, AMX-BF16 and AMX-TILE.
#[cfg(target_arch = "x86_64")]
fn supported() -> bool {
    use std::arch::x86_64::{__cpuid, __cpuid_count};
    const NEEDED: u32 = 1 << 22 | 1 << 24;
    !cfg!(miri) && __cpuid(0).eax >= 7 && __cpuid_count(7, 0).edx & NEEDED == NEEDED
}

/// Asks the system for the unit's large state, which threads only have on demand.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn granted() -> bool {
    const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
    const XFEATURE_XTILEDATA: libc::c_long = 18;
    // SAFETY: the call takes two numbers, and allows the process more state for its threads.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0 }
}

/// Other systems give the state in ways that nobody has tried here.
#[cfg(all(target_arch = "x86_64", not(target_os = "linux")))]
fn granted() -> bool {
    false
}

/// The shape of all eight tiles: sixteen rows of 64 bytes.
#[cfg(target_arch = "x86_64")]
#[repr(C, align(64))]
struct Configuration {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

#[cfg(target_arch = "x86_64")]
static CONFIGURATION: Configuration = Configuration {
    palette: 1,
    start_row: 0,
    reserved: [0; 14],
    row_bytes: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
    rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
};

/// A thread's tiles while it uses them. Dropped, it hands the state back, so that switching threads does not carry it.
#[cfg(target_arch = "x86_64")]
pub(super) struct Tiles(());

#[cfg(target_arch = "x86_64")]
impl Tiles {
    /// # Safety
    /// The unit must be [`available`].
    pub(super) unsafe fn configure() -> Self {
        // SAFETY: the unit is there, and the configuration is 64 bytes of the first palette.
        unsafe { std::arch::asm!("ldtilecfg [{}]", in(reg) &raw const CONFIGURATION, options(nostack, readonly)) };
        Self(())
    }
}

#[cfg(target_arch = "x86_64")]
impl Drop for Tiles {
    fn drop(&mut self) {
        // SAFETY: whoever configured the tiles has the unit.
        unsafe { std::arch::asm!("tilerelease", options(nostack, nomem)) };
    }
}
