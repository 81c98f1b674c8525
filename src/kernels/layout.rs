//! The kernels' own layout of activations: `[image][group][row][column][16 channels]`, with a stored zero border.
//!
//! The border is one pixel above and to the left, and below and to the right as wide as the reading layer's tiles
//! reach. Nothing ever writes to it, so a tile is read without looking where it lies. The channels that fill up the
//! last group are zero too. The tile unit ([`super::amx`]) reads groups of 32 channels.

use super::isa::Isa;
use super::lanes::{self, LANES, Lanes, Task};

/// Bytes of a cache line.
const LINE: usize = 64;
/// Bytes of a huge page.
const HUGE_PAGE: usize = 2 << 20;
/// Bytes to which every system's small pages are aligned.
const SMALL_PAGE: usize = 64 << 10;

/// A buffer of zeros that begins at a cache line; its elements are f32 or bf16.
///
/// The memory comes zeroed from the system, so its pages are first touched by the threads that use them.
#[derive(Debug)]
pub struct Buffer {
    lines: Vec<[f32; LANES]>,
    /// Bytes before the first whole cache line.
    skipped: usize,
}

impl Buffer {
    /// For `count` numbers of `bytes` bytes each.
    pub fn new(count: usize, bytes: usize) -> Self {
        let lines = vec![[0.0f32; LANES]; (count * bytes).div_ceil(LINE) + 1];
        let skipped = lines.as_ptr().addr().wrapping_neg() % LINE;
        let mut buffer = Self { lines, skipped };
        if buffer.bytes() >= HUGE_PAGE {
            buffer.ask_for_huge_pages();
        }
        buffer
    }

    /// Asks for pages of 2 MiB: kernels go through large buffers in strides, and meet a new page with nearly every line.
    #[cfg(target_os = "linux")]
    fn ask_for_huge_pages(&mut self) {
        let start = self.pointer_mut();
        let whole = start.align_offset(SMALL_PAGE);
        // SAFETY: the range lies inside the buffer, and what is asked for changes no byte of it. Where the system
        // refuses, pages are small.
        unsafe {
            libc::madvise(start.add(whole).cast(), (self.bytes() - whole) & !(SMALL_PAGE - 1), libc::MADV_HUGEPAGE);
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn ask_for_huge_pages(&mut self) {}

    /// Its beginning.
    pub fn pointer(&self) -> *const u8 {
        // SAFETY: there is one line more than asked for, and less than one is skipped.
        unsafe { self.lines.as_ptr().cast::<u8>().add(self.skipped) }
    }

    /// Its beginning.
    pub fn pointer_mut(&mut self) -> *mut u8 {
        // SAFETY: there is one line more than asked for, and less than one is skipped.
        unsafe { self.lines.as_mut_ptr().cast::<u8>().add(self.skipped) }
    }

    /// Its length in bytes.
    pub fn bytes(&self) -> usize {
        (self.lines.len() - 1) * LINE
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        let mut copy = Self::new(self.bytes(), 1);
        // SAFETY: both hold so many bytes, and the copy is its own.
        unsafe { copy.pointer_mut().copy_from_nonoverlapping(self.pointer(), self.bytes()) };
        copy
    }
}

/// How numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// Four bytes.
    F32,
    /// Two bytes: the nearest bf16.
    Bf16,
}

impl Element {
    /// Bytes of one number.
    pub fn bytes(self) -> usize {
        match self {
            Element::F32 => 4,
            Element::Bf16 => 2,
        }
    }
}

/// Reads sixteen numbers.
///
/// # Safety
/// `at` is a place of sixteen numbers behind the pointer, and the instruction set of `L` is available.
#[inline(always)]
pub unsafe fn load<L: Lanes>(from: *const u8, at: usize, element: Element) -> L {
    // SAFETY: the caller's promise.
    unsafe {
        match element {
            Element::F32 => L::load(from.cast::<f32>().add(at)),
            Element::Bf16 => L::load_bf16(from.cast::<u16>().add(at)),
        }
    }
}

/// Writes sixteen numbers.
///
/// # Safety
/// As for [`load`]; nobody else touches the place.
#[inline(always)]
pub unsafe fn store<L: Lanes>(value: L, to: *mut u8, at: usize, element: Element) {
    // SAFETY: the caller's promise.
    unsafe {
        match element {
            Element::F32 => value.store(to.cast::<f32>().add(at)),
            Element::Bf16 => value.store_bf16(to.cast::<u16>().add(at)),
        }
    }
}

/// Asks for sixteen numbers, which will soon be read.
///
/// # Safety
/// The instruction set of `L` is available.
#[inline(always)]
pub unsafe fn prefetch<L: Lanes>(from: *const u8, at: usize, element: Element) {
    // SAFETY: the caller's promise; any address will do.
    unsafe { L::prefetch(from.wrapping_add(at * element.bytes()).cast()) }
}

/// Asks for sixteen numbers, which will soon be written.
///
/// # Safety
/// As for [`prefetch`].
#[inline(always)]
pub unsafe fn prefetch_to_write<L: Lanes>(to: *const u8, at: usize, element: Element) {
    // SAFETY: the caller's promise; any address will do.
    unsafe { L::prefetch_to_write(to.wrapping_add(at * element.bytes()).cast()) }
}

/// Runs a task that stores numbers of a format.
///
/// # Safety
/// As for [`lanes::run`].
pub unsafe fn run_storing<T: Task>(isa: Isa, element: Element, task: T) {
    // SAFETY: the caller's promise.
    unsafe {
        match element {
            Element::F32 => lanes::run(isa, task),
            Element::Bf16 => lanes::run_bf16(isa, task),
        }
    }
}

/// f32 numbers, padded with zeros to a multiple of `multiple`.
pub fn padded(numbers: &[f32], multiple: usize) -> Buffer {
    let mut buffer = Buffer::new(numbers.len().next_multiple_of(multiple), size_of::<f32>());
    // SAFETY: the buffer is at least as long.
    unsafe { buffer.pointer_mut().cast::<f32>().copy_from_nonoverlapping(numbers.as_ptr(), numbers.len()) };
    buffer
}

/// Pixels behind the last one that a tile unit may read.
const OVER_THE_END: usize = 64;

/// The shape of a blocked activation. Strides and offsets are counted in numbers, not bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Groups of channels.
    pub groups: usize,
    /// Channels of a group: sixteen, or 32.
    pub lanes: usize,
    /// Rows and columns with the border.
    pub padded: (usize, usize),
    /// Rows and columns without it.
    pub size: (usize, usize),
    /// How its numbers are stored.
    pub element: Element,
}

impl Shape {
    /// Numbers from one row to the next.
    pub fn row(&self) -> usize {
        self.padded.1 * self.lanes
    }

    /// Numbers from one group to the next.
    pub fn group(&self) -> usize {
        self.padded.0 * self.row()
    }

    /// Numbers from one image to the next.
    pub fn image(&self) -> usize {
        self.groups * self.group()
    }

    /// Times sixteen channels.
    pub fn vectors(&self) -> usize {
        self.groups * self.lanes / LANES
    }

    /// The place of sixteen channels of a pixel, counted with the border.
    pub fn offset(&self, image: usize, vector: usize, (row, column): (usize, usize)) -> usize {
        let (group, within) = (vector * LANES / self.lanes, vector * LANES % self.lanes);
        image * self.image() + group * self.group() + row * self.row() + column * self.lanes + within
    }

    /// Room for so many images.
    pub fn buffer(&self, images: usize) -> Buffer {
        let more = if images == 0 { 0 } else { OVER_THE_END * self.lanes };
        Buffer::new(images * self.image() + more, self.element.bytes())
    }
}

/// The activations that a piece of work reads and writes.
#[derive(Clone, Copy)]
pub struct Ends {
    /// Read.
    pub source: *const u8,
    /// Its shape.
    pub source_shape: Shape,
    /// Written.
    pub target: *mut u8,
    /// Its shape.
    pub target_shape: Shape,
}
