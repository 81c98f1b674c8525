//! Weights that make rare classes count as much as frequent ones.

/// How much each class's samples count in training. Validation never weighs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClassWeights {
    /// All the same.
    #[default]
    None,
    /// `samples / (classes * samples of the class)`, as scikit-learn's `balanced`.
    Balanced,
}

impl ClassWeights {
    /// One weight a class, or `None` where all are 1.
    pub fn of(self, labels: &[u32], classes: usize) -> Option<Vec<f32>> {
        match self {
            Self::None => None,
            Self::Balanced => {
                let count = |class: usize| labels.iter().filter(|&&label| label as usize == class).count().max(1);
                Some((0..classes).map(|class| (labels.len() as f64 / (classes * count(class)) as f64) as f32).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balanced_weights_are_scikit_learns() {
        assert_eq!(ClassWeights::Balanced.of(&[0, 0, 0, 1], 2), Some(vec![4.0 / 6.0, 2.0]));
        assert_eq!(ClassWeights::None.of(&[0, 1], 2), None);
    }
}
