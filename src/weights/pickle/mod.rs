//! A pickle reader of our own, as data only: it describes tensors and can do nothing else.

mod bytes;
mod machine;
mod opcode;
mod value;

pub(super) use machine::Pickle;
pub(super) use value::{Id, Storage, Tensor, Value};

#[cfg(test)]
mod tests;
