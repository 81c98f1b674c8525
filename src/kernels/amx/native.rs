//! The products by the tile unit.

use super::pixels;
use super::step::{BlockSums, LINE, PIXEL, Patches, Step};

/// Loads a tile from `$offset` bytes behind the register `$from`.
macro_rules! load {
    ($tile:literal, $from:literal, $offset:expr) => {
        concat!("tileloadd ", $tile, ", [{", $from, "} + 1*{stride} + ", $offset, "]\n")
    };
}

/// Fetches so many lines from `$offset` bytes behind an address into the first cache.
macro_rules! fetch {
    ($lines:literal, $from:literal, $offset:expr) => {
        concat!(".irp line,", $lines, "\nprefetcht0 [", $from, " + ", $offset, " + 64*\\line]\n.endr\n")
    };
}

/// Half of what a step fetches during a tap, `$half` 0 or 1: pixels of the next step, two lines of each of its three rows; and
/// weights. If its own are `fresh`, the next tap's, else the first ones of the next step. Few tiles can be on their way at once, so
/// they should not wait for the second cache.
macro_rules! ahead {
    (fresh $tap:literal $half:literal) => {
        concat!(
            fetch!(
                "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15",
                "{weights}",
                concat!("2048 + 2048*", $tap, " + 1024*", $half)
            ),
            ahead!(pixels $tap $half)
        )
    };
    (again $tap:literal $half:literal) => {
        concat!(fetch!("0,1", "{next_weights}", concat!("256*", $tap, " + 128*", $half)), ahead!(pixels $tap $half))
    };
    (pixels $tap:literal $half:literal) => {
        concat!(
            fetch!("0,1", "{next}", concat!("256*", $tap, " + 128*", $half)),
            fetch!("0,1", "{next} + {row}", concat!("256*", $tap, " + 128*", $half)),
            fetch!("0,1", "{next} + 2*{row}", concat!("256*", $tap, " + 128*", $half))
        )
    };
}

/// One tap: `$row` is the register of its row, `$tap` its index, `$right` its column times 64 bytes; of 32 pixels, or of a `short`
/// block's sixteen.
macro_rules! tap {
    (short $row:literal $tap:literal $right:literal) => {
        concat!(
            load!("tmm4", $row, $right),
            load!("tmm6", "weights", concat!("2048*", $tap)),
            load!("tmm7", "weights", concat!("2048*", $tap, " + 1024")),
            "tdpbf16ps tmm0, tmm4, tmm6\n",
            ahead!(again $tap 0),
            ahead!(again $tap 1),
            "tdpbf16ps tmm1, tmm4, tmm7\n",
        )
    };
    ($name:ident $row:literal $tap:literal $right:literal) => {
        concat!(
            load!("tmm4", $row, $right),
            load!("tmm6", "weights", concat!("2048*", $tap)),
            load!("tmm7", "weights", concat!("2048*", $tap, " + 1024")),
            "tdpbf16ps tmm0, tmm4, tmm6\n",
            ahead!($name $tap 0),
            load!("tmm5", $row, concat!($right, " + 1024")),
            "tdpbf16ps tmm1, tmm4, tmm7\n",
            ahead!($name $tap 1),
            "tdpbf16ps tmm2, tmm5, tmm6\n",
            "tdpbf16ps tmm3, tmm5, tmm7\n",
        )
    };
}

/// Loads the sums of sixteen pixels into two tiles, or makes them zero; stores them.
macro_rules! sums {
    (load $left:literal $right:literal $offset:literal) => {
        concat!(load!($left, "sums", $offset), load!($right, "sums", concat!($offset, " + 1024")))
    };
    (zero $left:literal $right:literal) => {
        concat!("tilezero ", $left, "\ntilezero ", $right, "\n")
    };
    (store $left:literal $right:literal $offset:literal) => {
        concat!(
            "tilestored [{sums} + 1*{stride} + ",
            $offset,
            "], ",
            $left,
            "\n",
            "tilestored [{sums} + 1*{stride} + ",
            $offset,
            " + 1024], ",
            $right,
            "\n"
        )
    };
}

/// All taps into tiles 0 to 3. It is one piece of assembly, since nothing else promises that tiles outlive one.
macro_rules! nine_taps {
    ($name:ident, $zero:expr, $load:expr, $store:expr) => {
        /// Adds a step to sums.
        ///
        /// # Safety
        /// As the step says; the tiles are configured.
        pub(super) unsafe fn $name(step: &Step, sums: &mut BlockSums) {
            // SAFETY: reads what the step's conditions allow (what is only fetched may lie anywhere), reads and writes the sums.
            unsafe {
                std::arch::asm!(
                    "test {begins:e}, {begins:e}",
                    "jz 2f",
                    $zero,
                    "jmp 3f",
                    "2:",
                    $load,
                    "3:",
                    tap!($name "above" 0 "0"),
                    tap!($name "above" 1 "64"),
                    tap!($name "above" 2 "128"),
                    tap!($name "here" 3 "0"),
                    tap!($name "here" 4 "64"),
                    tap!($name "here" 5 "128"),
                    tap!($name "below" 6 "0"),
                    tap!($name "below" 7 "64"),
                    tap!($name "below" 8 "128"),
                    $store,
                    // Weights that are fresh leave no room for the next ones.
                    "/* {next_weights} */",
                    begins = in(reg) u32::from(step.begins),
                    above = in(reg) step.source,
                    here = in(reg) step.source.wrapping_add(step.row),
                    below = in(reg) step.source.wrapping_add(2 * step.row),
                    weights = in(reg) step.weights,
                    next = in(reg) step.next.source,
                    next_weights = in(reg) step.next.weights,
                    row = in(reg) step.row,
                    stride = in(reg) PIXEL,
                    sums = in(reg) sums.as_mut_ptr(),
                    out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                    out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                    options(nostack),
                )
            }
        }
    };
}

macro_rules! whole_step {
    ($name:ident) => {
        nine_taps!(
            $name,
            concat!(sums!(zero "tmm0" "tmm1"), sums!(zero "tmm2" "tmm3")),
            concat!(sums!(load "tmm0" "tmm1" "0"), sums!(load "tmm2" "tmm3" "2048")),
            concat!(sums!(store "tmm0" "tmm1" "0"), sums!(store "tmm2" "tmm3" "2048"))
        );
    };
}

whole_step!(fresh);
whole_step!(again);
nine_taps!(short, sums!(zero "tmm0" "tmm1"), sums!(load "tmm0" "tmm1" "0"), sums!(store "tmm0" "tmm1" "0"));

/// One step of patches: the weights behind an offset, the first sixteen patches and the second ones.
macro_rules! patch_step {
    ($weights:literal $first:literal $second:literal) => {
        concat!(
            load!("tmm6", "weights", $weights),
            load!("tmm7", "weights", concat!($weights, " + 1024")),
            "tileloadd tmm4, [{",
            $first,
            "} + 1*{apart}]\n",
            "tdpbf16ps tmm0, tmm4, tmm6\n",
            "tileloadd tmm5, [{",
            $second,
            "} + 1*{apart}]\n",
            "tdpbf16ps tmm1, tmm4, tmm7\n",
            "tdpbf16ps tmm2, tmm5, tmm6\n",
            "tdpbf16ps tmm3, tmm5, tmm7\n",
        )
    };
}

/// Sums from patches.
///
/// # Safety
/// As the patches say; the tiles are configured.
pub(super) unsafe fn patches(patches: &Patches, sums: &mut BlockSums) {
    let second = if patches.short { 0 } else { super::EDGE * pixels::BYTES };
    let [nearest, rest] = patches.sources;
    // SAFETY: reads what the patches' conditions allow, the first ones again in place of such as can't be read; writes the sums.
    unsafe {
        std::arch::asm!(
            sums!(zero "tmm0" "tmm1"),
            sums!(zero "tmm2" "tmm3"),
            patch_step!("0" "nearest" "nearest_second"),
            patch_step!("0" "rest" "rest_second"),
            patch_step!("2048" "nearest" "nearest_second"),
            sums!(store "tmm0" "tmm1" "0"),
            sums!(store "tmm2" "tmm3" "2048"),
            nearest = in(reg) nearest,
            nearest_second = in(reg) nearest.wrapping_add(second),
            rest = in(reg) rest,
            rest_second = in(reg) rest.wrapping_add(second),
            apart = in(reg) pixels::BYTES,
            weights = in(reg) patches.weights,
            stride = in(reg) PIXEL,
            sums = in(reg) sums.as_mut_ptr(),
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack, preserves_flags),
        )
    }
}

/// Fetches so many lines to the second cache.
#[inline(always)]
pub(super) fn fetch(from: *const u8, lines: usize) {
    use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
    for line in 0..lines {
        // SAFETY: any address will do.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(from.wrapping_add(line * LINE).cast()) };
    }
}
