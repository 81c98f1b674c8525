//! What the micro-kernel reaches when all that it reads lies in the first cache: the floor for everything that it is
//! used for, and so what the layers' times are held against.

use super::product::{Block, Paired, Single};
use crate::kernels::isa::Isa;
use crate::kernels::lanes::{self, LANES, Lanes, Task};
use crate::kernels::layout::{Buffer, Element};

/// Groups of in-channels: two panels of them are 8 KiB.
const GROUPS: usize = 4;

/// Runs the largest micro-kernel so many times on one thread; the multiplications that it did.
///
/// # Panics
/// If this machine lacks `isa`.
pub fn multiply(isa: Isa, element: Element, times: usize) -> u64 {
    assert!(isa.available(), "this machine lacks `{}`", isa.name());
    let row = LANES * element.bytes();
    let (left, right) = (Buffer::new(GROUPS * MOST_ROWS * row, 1), Buffer::new(2 * GROUPS * LANES * row, 1));
    let mut out = Buffer::new(2 * MOST_ROWS * LANES, size_of::<f32>());
    let mut done = 0;
    let block = Block {
        left: left.pointer(),
        left_group: MOST_ROWS * row,
        groups: GROUPS,
        right: right.pointer(),
        panel: GROUPS * LANES * row,
        out: out.pointer_mut().cast(),
        out_group: MOST_ROWS * LANES,
    };
    let task = Repeat { block, times, element, done: &mut done };
    // SAFETY: the instruction set is there; the buffers hold the largest block that any has.
    unsafe {
        match element {
            Element::F32 => lanes::run(isa, task),
            Element::Bf16 => lanes::run_bf16(isa, task),
        }
    }
    done
}

/// Rows of the largest micro-kernel of any instruction set.
const MOST_ROWS: usize = 14;

struct Repeat<'a> {
    block: Block,
    times: usize,
    element: Element,
    done: &'a mut u64,
}

impl Task for Repeat<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        for _ in 0..self.times {
            // SAFETY: the block holds so many rows and panels.
            unsafe {
                match (self.element, L::PANELS) {
                    (Element::F32, 2) => self.block.by_rows::<L, Single, 2>(L::ROWS),
                    (Element::F32, _) => self.block.by_rows::<L, Single, 1>(L::ROWS),
                    (Element::Bf16, 2) => self.block.by_rows::<L, Paired, 2>(L::ROWS),
                    (Element::Bf16, _) => self.block.by_rows::<L, Paired, 1>(L::ROWS),
                }
            }
        }
        *self.done = (self.times * L::ROWS * L::PANELS * GROUPS * LANES * LANES) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::isa;

    #[test]
    fn the_multiplications_are_counted_for_every_instruction_set() {
        for isa in isa::ALL.into_iter().filter(|isa| isa.available()) {
            for element in [Element::F32, Element::Bf16] {
                let once = multiply(isa, element, 1);
                assert!(once > 0 && multiply(isa, element, 3) == 3 * once, "{isa:?} {element:?}");
            }
        }
    }
}
