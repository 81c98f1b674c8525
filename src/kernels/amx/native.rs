//! The products by the tile unit.

use super::product::{PIXEL, Step, Sums};

/// Loads a tile from `$offset` bytes behind the register `$from`.
macro_rules! load {
    ($tile:literal, $from:literal, $offset:expr) => {
        concat!("tileloadd ", $tile, ", [{", $from, "} + 1*{stride} + ", $offset, "]\n")
    };
}

/// Fetches 256 bytes from `$offset` bytes behind the register `$from` into the first cache.
macro_rules! fetch {
    ($from:literal, $offset:expr) => {
        concat!(".irp line,0,64,128,192\nprefetcht0 [{", $from, "} + ", $offset, " + \\line]\n.endr\n")
    };
}

/// Bytes behind the weights of a tap.
macro_rules! weights {
    ($tap:literal, $offset:literal) => {
        concat!("2048*", $tap, " + ", $offset)
    };
}

/// One tap: `$row` is the register of its row, `$tap` its index, `$right` its column times 64 bytes. On the way it fetches the
/// weights of the next tap, and a ninth of the lower pixels that the next block will read: few tiles can be on their way at once, so
/// they should not wait for the second cache.
macro_rules! tap {
    (whole $row:literal $tap:literal $right:literal) => {
        concat!(
            load!("tmm4", $row, $right),
            load!("tmm6", "weights", weights!($tap, "0")),
            load!("tmm7", "weights", weights!($tap, "1024")),
            fetch!("weights", weights!($tap, "2048")),
            fetch!("weights", weights!($tap, "2304")),
            "tdpbf16ps tmm0, tmm4, tmm6\n",
            fetch!("weights", weights!($tap, "2560")),
            fetch!("weights", weights!($tap, "2816")),
            load!("tmm5", $row, concat!($right, " + 1024")),
            fetch!("below", concat!("2176 + 256*", $tap)),
            "tdpbf16ps tmm1, tmm4, tmm7\n",
            fetch!("weights", weights!($tap, "3072")),
            fetch!("weights", weights!($tap, "3328")),
            "tdpbf16ps tmm2, tmm5, tmm6\n",
            fetch!("weights", weights!($tap, "3584")),
            fetch!("weights", weights!($tap, "3840")),
            "tdpbf16ps tmm3, tmm5, tmm7\n",
        )
    };
    (short $row:literal $tap:literal $right:literal) => {
        concat!(
            load!("tmm4", $row, $right),
            load!("tmm6", "weights", weights!($tap, "0")),
            load!("tmm7", "weights", weights!($tap, "1024")),
            "tdpbf16ps tmm0, tmm4, tmm6\n",
            "tdpbf16ps tmm1, tmm4, tmm7\n",
        )
    };
}

/// All taps into tiles 0 to 3. It is one piece of assembly, since nothing else promises that tiles outlive one.
macro_rules! nine_taps {
    ($name:ident, $load:literal, $store:literal) => {
        /// Adds a step to sums.
        ///
        /// # Safety
        /// As the step says; the tiles are configured.
        pub(super) unsafe fn $name(step: &Step, sums: &mut Sums) {
            // SAFETY: reads what the step's conditions allow (what is only fetched may lie anywhere), reads and writes the sums.
            unsafe {
                std::arch::asm!(
                    "tileloadd tmm0, [{sums} + 1*{stride}]",
                    "tileloadd tmm1, [{sums} + 1*{stride} + 1024]",
                    $load,
                    tap!($name "above" 0 "0"),
                    tap!($name "above" 1 "64"),
                    tap!($name "above" 2 "128"),
                    tap!($name "here" 3 "0"),
                    tap!($name "here" 4 "64"),
                    tap!($name "here" 5 "128"),
                    tap!($name "below" 6 "0"),
                    tap!($name "below" 7 "64"),
                    tap!($name "below" 8 "128"),
                    "tilestored [{sums} + 1*{stride}], tmm0",
                    "tilestored [{sums} + 1*{stride} + 1024], tmm1",
                    $store,
                    above = in(reg) step.source,
                    here = in(reg) step.source.add(step.row),
                    below = in(reg) step.source.add(2 * step.row),
                    weights = in(reg) step.weights,
                    stride = in(reg) PIXEL,
                    sums = in(reg) sums.0.as_mut_ptr(),
                    out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                    out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                    options(nostack, preserves_flags),
                )
            }
        }
    };
}

nine_taps!(
    whole,
    "tileloadd tmm2, [{sums} + 1*{stride} + 2048]\ntileloadd tmm3, [{sums} + 1*{stride} + 3072]",
    "tilestored [{sums} + 1*{stride} + 2048], tmm2\ntilestored [{sums} + 1*{stride} + 3072], tmm3"
);
nine_taps!(short, "", "");
