//! A pointer that threads share because they write to different places behind it.

/// The pointer. Whoever dereferences it says why nobody else touches the place.
#[derive(Clone, Copy)]
pub struct Shared<T>(pub *mut T);

// SAFETY: a pointer alone does nothing; every dereference states its own reason.
unsafe impl<T> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// The pointer, through a method so that a closure captures the whole wrapper.
    pub fn get(&self) -> *mut T {
        self.0
    }
}
