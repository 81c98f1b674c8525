//! A tensor as a file holds it: named, shaped, and not yet decoded, so that unused ones cost nothing.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

use super::element::Element;
use super::error::{Fault, Problem};
use super::hdf5;

/// Where a tensor's values are.
#[derive(Clone)]
pub(super) enum Values<'a> {
    /// Row-major, contiguous, exactly as many bytes as the shape asks for.
    Bytes(&'a [u8]),
    /// The same, decoded already.
    Floats(Vec<f32>),
    /// Elements of a larger buffer, at strides counted in elements. Its reader has checked that all lie inside.
    Strided { storage: &'a [u8], offset: usize, strides: Vec<usize> },
    /// In another file, which has been held to these bounds.
    InFile { file: Arc<File>, range: Range<u64> },
    /// In an HDF5 file.
    Dataset(hdf5_pure::Dataset),
}

/// A tensor in a file.
#[derive(Clone)]
pub(super) struct Found<'a> {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    /// The type, or the name of one that is not a floating-point type.
    pub(super) element: Result<Element, String>,
    pub(super) values: Values<'a>,
}

impl Found<'_> {
    /// All values, row-major, as f32.
    pub(super) fn floats(&self) -> Result<Vec<f32>, Problem> {
        let element = match &self.element {
            Ok(element) => *element,
            Err(found) => {
                let fault = Fault::NotFloat { name: self.name.clone(), found: found.clone() };
                return Err(Problem::Tensors(vec![fault]));
            }
        };
        match &self.values {
            Values::Bytes(bytes) => Ok(element.decode(bytes)),
            Values::Floats(values) => Ok(values.clone()),
            Values::Strided { storage, offset, strides } => Ok(gather(element, storage, *offset, &self.shape, strides)),
            Values::InFile { file, range } => Ok(element.decode(&piece(file, range)?)),
            Values::Dataset(dataset) => Ok(element.decode(&hdf5::read(dataset)?)),
        }
    }

    /// Number of values, or none where it overflows.
    pub(super) fn len(&self) -> Option<usize> {
        self.shape.iter().try_fold(1usize, |product, &dim| product.checked_mul(dim))
    }
}

fn piece(file: &File, range: &Range<u64>) -> std::io::Result<Vec<u8>> {
    let (mut file, mut bytes) = (file, Vec::new());
    file.seek(SeekFrom::Start(range.start))?;
    file.take(range.end - range.start).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Copies a strided tensor into row-major order.
fn gather(element: Element, storage: &[u8], offset: usize, shape: &[usize], strides: &[usize]) -> Vec<f32> {
    let mut values = Vec::new();
    let mut position = vec![0usize; shape.len()];
    let total: usize = shape.iter().product();
    for _ in 0..total {
        let at = offset + position.iter().zip(strides).map(|(index, stride)| index * stride).sum::<usize>();
        let bytes = &storage[at * element.size()..(at + 1) * element.size()];
        values.extend(element.decode(bytes));
        for axis in (0..shape.len()).rev() {
            position[axis] += 1;
            if position[axis] < shape[axis] {
                break;
            }
            position[axis] = 0;
        }
    }
    values
}
