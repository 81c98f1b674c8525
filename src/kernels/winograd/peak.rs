//! What the micro-kernel reaches when all that it reads lies in the first cache: the floor for everything that it is
//! used for, and so what the layers' times are held against.

use crate::kernels::isa::Isa;
use crate::kernels::lanes::{self, LANES, Lanes, Task};
use crate::kernels::layout::{Buffer, Element};
use crate::kernels::panels::{Paired, Panels, Single};

/// Groups of in-channels: two panels of them are 8 KiB.
const GROUPS: usize = 4;

/// Runs the largest micro-kernel so many times on one thread; the multiplications that it did.
///
/// # Panics
/// If this machine lacks `isa`.
pub fn multiply(isa: Isa, element: Element, times: usize) -> u64 {
    assert!(isa.available(), "this machine lacks `{}`", isa.name());
    let row = LANES * element.bytes();
    let (a, b) = (Buffer::new(GROUPS * MOST_ROWS * row, 1), Buffer::new(MOST_PANELS * GROUPS * LANES * row, 1));
    let mut c = Buffer::new(MOST_PANELS * MOST_ROWS * LANES, size_of::<f32>());
    let mut done = 0;
    let product = Panels {
        a: a.pointer(),
        a_group: MOST_ROWS * row,
        b: b.pointer(),
        b_panel: GROUPS * LANES * row,
        c: c.pointer_mut().cast(),
        c_panel: MOST_ROWS * LANES,
        rows: MOST_ROWS,
        panels: MOST_PANELS,
        groups: GROUPS,
    };
    let task = Repeat { product, times, element, done: &mut done };
    // SAFETY: the instruction set is there; the buffers hold the largest block that any has.
    unsafe {
        match element {
            Element::F32 => lanes::run(isa, task),
            Element::Bf16 => lanes::run_bf16(isa, task),
        }
    }
    done
}

/// Rows and panels of the largest micro-kernel of any instruction set.
const MOST_ROWS: usize = 14;
const MOST_PANELS: usize = 2;

struct Repeat<'a> {
    product: Panels,
    times: usize,
    element: Element,
    done: &'a mut u64,
}

impl Task for Repeat<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let product = Panels { rows: L::ROWS, panels: L::PANELS, ..self.product };
        for _ in 0..self.times {
            // SAFETY: the buffers hold so many rows and panels.
            unsafe {
                match self.element {
                    Element::F32 => product.multiply::<L, Single>(),
                    Element::Bf16 => product.multiply::<L, Paired>(),
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
