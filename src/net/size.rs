//! Spatial sizes as types: known at compile time for the usual target sizes, at run time for every other.
//!
//! Stable Rust cannot write `Const<{ N / 2 }>` for a generic `N`. [`Halved`] is the associated type that does its work:
//! each built-in size names its own half, down to zero, and `usize` halves at run time. One generic network then serves
//! both, and a map that went through three pools cannot be passed off as one that went through two.

use dfdx::shapes::{Const, Dim};

/// A height or a width that a 2x2 max-pool with stride 2 can halve (rounding down).
pub trait Halved: Dim {
    /// The size after one pool.
    type Half: Halved;

    /// This size after one pool.
    fn half(self) -> Self::Half;
}

impl Halved for usize {
    type Half = usize;

    fn half(self) -> usize {
        self / 2
    }
}

macro_rules! halved {
    ($($size:literal)*) => { $(
        impl Halved for Const<$size> {
            type Half = Const<{ $size / 2 }>;

            fn half(self) -> Self::Half {
                Const
            }
        }
    )* };
}

/// Halved once, as after block 1's pool.
pub type Half1<N> = <N as Halved>::Half;
/// Halved twice.
pub type Half2<N> = Half1<Half1<N>>;
/// Halved three times.
pub type Half3<N> = Half1<Half2<N>>;
/// Halved four times: the maps of block 5.
pub type Half4<N> = Half1<Half3<N>>;
/// Halved five times: the bottleneck features.
pub type Half5<N> = Half1<Half4<N>>;

// Every size that a built-in one passes through, and zero, where all of them end.
halved! { 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 18 }
halved! { 20 22 24 25 26 28 30 32 36 37 40 41 }
halved! { 45 48 50 52 56 60 64 72 74 75 80 82 }
halved! { 90 96 100 104 112 120 128 144 149 150 160 165 }
halved! { 180 192 200 208 224 240 256 288 299 300 320 331 }
halved! { 384 400 416 448 480 512 }

/// Does something that is generic over the size, at a size chosen at run time.
pub trait SizeVisitor {
    /// What comes of it.
    type Output;

    /// Called once, with the size as a type.
    fn visit<H: Halved, W: Halved>(self, height: H, width: W) -> Self::Output;
}

macro_rules! built_in {
    ($($size:literal)*) => {
        /// Sides of the square images whose spatial dims are compiled in, ascending.
        pub const BUILT_IN_SIZES: [usize; [$($size),*].len()] = [$($size),*];

        /// Calls the visitor with static dims where the size is built in, with run-time dims otherwise.
        pub(crate) fn at_size<V: SizeVisitor>(height: usize, width: usize, visitor: V) -> V::Output {
            match (height, width) {
                $(($size, $size) => visitor.visit(Const::<$size>, Const::<$size>),)*
                _ => visitor.visit(height, width),
            }
        }
    };
}

built_in! { 32 48 64 96 100 112 128 150 160 180 192 200 224 240 256 288 299 300 320 331 384 400 416 448 480 512 }

/// Whether images of this size run through a network whose every shape was checked by the compiler. Any other size,
/// square or not, runs through the same generic code with its height and width checked at run time.
pub fn is_compiled_in(height: usize, width: usize) -> bool {
    height == width && BUILT_IN_SIZES.contains(&height)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Describe;

    impl SizeVisitor for Describe {
        type Output = (String, usize);

        fn visit<H: Halved, W: Halved>(self, height: H, width: W) -> (String, usize) {
            (
                std::any::type_name::<(H, W)>().to_owned(),
                height.half().half().half().half().half().size() + width.size(),
            )
        }
    }

    #[test]
    fn built_in_sizes_become_types_and_others_stay_numbers() {
        let (static_name, sum) = at_size(150, 150, Describe);
        assert!(static_name.contains("Const<150>"), "{static_name}");
        assert_eq!(sum, 4 + 150);
        let (dynamic_name, sum) = at_size(150, 151, Describe);
        assert!(dynamic_name.contains("usize") && !dynamic_name.contains("Const"), "{dynamic_name}");
        assert_eq!(sum, 4 + 151);
    }

    #[test]
    fn compiled_in_is_square_and_listed() {
        assert!(BUILT_IN_SIZES.iter().all(|&size| is_compiled_in(size, size)));
        assert!(!is_compiled_in(150, 224) && !is_compiled_in(151, 151));
    }
}
