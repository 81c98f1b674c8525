//! Batches that a device's memory does not hold, computed in parts that it does.

use super::NetError;

/// Computes the outputs of so many inputs.
pub type Compute<'a> = dyn FnMut(&[f32], usize, &mut [f32]) -> Result<(), NetError> + 'a;

/// Computes a batch, and where memory runs out its halves, and theirs: for what is an item's own, whatever it is computed with.
///
/// `input` is `count` inputs, `out` is `count` outputs, and so are those that `compute` is given.
///
/// # Errors
///
/// As `compute`, and [`NetError::OutOfMemory`] where a single item is too much.
pub fn in_halves(input: &[f32], count: usize, out: &mut [f32], compute: &mut Compute<'_>) -> Result<(), NetError> {
    match compute(input, count, out) {
        Err(NetError::OutOfMemory) if count > 1 => {
            let left = count / 2;
            let (first, second) = input.split_at(input.len() / count * left);
            let (first_out, second_out) = out.split_at_mut(out.len() / count * left);
            in_halves(first, left, first_out, compute)?;
            in_halves(second, count - left, second_out, compute)
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Items of two numbers, of which the output is the sum, on a device whose memory holds so many.
    fn sums(count: usize, memory: usize) -> (Result<(), NetError>, Vec<f32>, Vec<usize>) {
        let input: Vec<f32> = (0..2 * count).map(|number| number as f32).collect();
        let (mut out, mut counts) = (vec![0.0; count], Vec::new());
        let result = in_halves(&input, count, &mut out, &mut |input, count, out| {
            assert_eq!((input.len(), out.len()), (2 * count, count));
            if count > memory {
                return Err(NetError::OutOfMemory);
            }
            counts.push(count);
            input.chunks_exact(2).zip(out).for_each(|(pair, out)| *out = pair[0] + pair[1]);
            Ok(())
        });
        (result, out, counts)
    }

    #[test]
    fn what_memory_does_not_hold_is_computed_in_parts_to_the_same_results() {
        for (memory, parts) in [(7, vec![7]), (6, vec![3, 4]), (2, vec![1, 2, 2, 2]), (1, vec![1; 7])] {
            let (result, out, counts) = sums(7, memory);
            assert!(result.is_ok());
            assert_eq!(out, [1.0, 5.0, 9.0, 13.0, 17.0, 21.0, 25.0]);
            assert_eq!(counts, parts, "with room for {memory}");
        }
    }

    #[test]
    fn a_single_item_that_is_too_much_is_an_error_and_so_is_all_else() {
        assert!(matches!(sums(5, 0).0, Err(NetError::OutOfMemory)));
        let mut calls = 0;
        let broken = in_halves(&[0.0; 4], 4, &mut [0.0; 4], &mut |_, _, _| {
            calls += 1;
            Err(NetError::Tensor("broken".to_owned()))
        });
        assert!(matches!(broken, Err(NetError::Tensor(_))) && calls == 1);
    }
}
