//! Which instruction set the kernels use: detected once, or forced.
//!
//! Every path gives the same bits, so the choice is about speed alone and enters no key.

use std::str::FromStr;
use std::sync::OnceLock;

/// An instruction set that the kernels have a path for, from the widest to the plainest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Isa {
    /// AVX-512 (F, BW, DQ, VL); with AVX512_BF16 its products are used, without it they are emulated.
    Avx512,
    /// AVX2 with FMA and F16C.
    Avx2,
    /// Plain Rust, on any machine; the compiler may use the target's baseline vectors.
    Portable,
}

/// Every path, from the widest to the plainest.
pub const ALL: [Isa; 3] = [Isa::Avx512, Isa::Avx2, Isa::Portable];

/// Why an instruction set can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IsaError {
    /// The name is none of ours.
    #[error("unknown instruction set `{0}`, expected `avx512`, `avx2` or `portable`")]
    Unknown(String),
    /// This machine lacks it.
    #[error("this machine lacks `{}`; hint: `{}` is the widest it has", wanted.name(), Isa::detect().name())]
    Lacking {
        /// What was asked for.
        wanted: Isa,
    },
    /// Somebody was told another answer before.
    #[error("the instruction set is already `{}`, so it can't become `{}`", current.name(), wanted.name())]
    Settled {
        /// What is in use.
        current: Isa,
        /// What was asked for.
        wanted: Isa,
    },
}

impl Isa {
    /// The widest that this machine has.
    pub fn detect() -> Self {
        ALL.into_iter().find(|isa| isa.available()).unwrap_or(Isa::Portable)
    }

    /// Whether this machine has it.
    #[cfg(target_arch = "x86_64")]
    pub fn available(self) -> bool {
        use std::arch::is_x86_feature_detected as has;
        match self {
            Isa::Avx512 => {
                Isa::Avx2.available() && has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl")
            }
            Isa::Avx2 => has!("avx2") && has!("fma"),
            Isa::Portable => true,
        }
    }

    /// Whether this machine has it.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn available(self) -> bool {
        self == Isa::Portable
    }

    /// The name that [`FromStr`] reads.
    pub fn name(self) -> &'static str {
        match self {
            Isa::Avx512 => "avx512",
            Isa::Avx2 => "avx2",
            Isa::Portable => "portable",
        }
    }
}

impl FromStr for Isa {
    type Err = IsaError;

    fn from_str(name: &str) -> Result<Self, IsaError> {
        ALL.into_iter().find(|isa| isa.name() == name).ok_or_else(|| IsaError::Unknown(name.to_owned()))
    }
}

static CURRENT: OnceLock<Isa> = OnceLock::new();

/// The instruction set of this process: the forced one, else the detected one. The first call settles it.
pub fn current() -> Isa {
    *CURRENT.get_or_init(Isa::detect)
}

/// Settles the instruction set of this process.
///
/// # Errors
/// If this machine lacks it, or if [`current`] or an earlier call has settled on another one.
pub fn force(isa: Isa) -> Result<(), IsaError> {
    if !isa.available() {
        return Err(IsaError::Lacking { wanted: isa });
    }
    let current = *CURRENT.get_or_init(|| isa);
    if current == isa { Ok(()) } else { Err(IsaError::Settled { current, wanted: isa }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for isa in ALL {
            assert_eq!(isa.name().parse(), Ok(isa));
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = "sse9".parse::<Isa>().expect_err("no such path");
        assert_eq!(error.to_string(), "unknown instruction set `sse9`, expected `avx512`, `avx2` or `portable`");
    }

    #[test]
    fn the_portable_path_is_available_everywhere() {
        assert!(Isa::Portable.available());
        assert!(Isa::detect().available());
    }

    #[test]
    fn once_settled_the_instruction_set_stays() {
        let current = current();
        assert_eq!(force(current), Ok(()));
        for other in ALL.into_iter().filter(|&isa| isa != current && isa.available()) {
            assert_eq!(force(other), Err(IsaError::Settled { current, wanted: other }));
        }
    }
}
