//! The bottleneck features as the blog saves them: one array of all images, and a list of their paths and labels.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::activations::{self, Activations, Extraction};
use super::device::Lineage;
use super::error::StageError;
use super::run::{Images, Request, on_the_pool, open_cache};
use super::work::Work;
use crate::cache::Read;
use crate::data::Manifest;
use crate::event::Stage;
use crate::files::{self, AtomicFile, FileError};
use crate::net::CONVOLUTIONS;

/// Writes `bottleneck_features_train.npy`, `..._validation.npy` (float32, N x 512 x h x w) and, in the same order,
/// `..._train.csv`, `..._validation.csv` (path,label) into a folder. What is not stored yet is computed first.
///
/// # Errors
///
/// As [`run`](super::run()), or a folder that cannot be written.
pub fn write_features(request: &Request<'_>, folder: &Path) -> Result<(), StageError> {
    let cache = open_cache(request)?;
    let prepared = request.prepared;
    let lineage = Lineage::of(prepared.engine);
    let work = Work::new(request, &cache, &[], &lineage);
    let extraction = Extraction {
        stage: Stage::Bottleneck,
        depth: CONVOLUTIONS,
        precision: prepared.experiment.bottleneck.precision,
        manifests: &[&prepared.train, &prepared.validation],
    };
    let features = on_the_pool(|| activations::ensure(&work, &extraction))?;
    let images = Images::usable(prepared, &features)?;
    files::create_folder(folder)?;
    write_part(folder, "train", &features, &images.train)?;
    write_part(folder, "validation", &features, &images.validation)
}

fn write_part(folder: &Path, part: &str, features: &Activations, images: &Arc<Manifest>) -> Result<(), StageError> {
    let array = folder.join(format!("bottleneck_features_{part}.npy"));
    let mut file = AtomicFile::create(&array)?;
    file.put(&npy_header(images.images.len(), features.shape))?;
    let mut record = vec![0u8; features.shelf.record_bytes()];
    for image in &images.images {
        if features.shelf.read(&image.digest, &mut record) != Read::Found {
            return Err(StageError::DamagedWhileReading { stage: Stage::Bottleneck });
        }
        file.put(&record)?;
    }
    file.commit()?;
    Ok(write_listing(&folder.join(format!("bottleneck_features_{part}.csv")), images)?)
}

fn write_listing(path: &Path, images: &Manifest) -> Result<(), FileError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let rows = std::iter::once(("path", "label")).chain(images.listing());
    for (path, label) in rows {
        writer.write_record([path, label]).expect("a row of text goes into memory");
    }
    let bytes = writer.into_inner().expect("memory takes all that is written to it");
    files::write_atomic(path, &bytes)
}

/// The header of NumPy's format 1.0 (numpy.lib.format): magic, length, a Python literal padded to 64 bytes.
fn npy_header(images: usize, [channels, height, width]: [usize; 3]) -> Vec<u8> {
    const BEFORE: usize = 10;
    const ALIGNMENT: usize = 64;
    let literal =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({images}, {channels}, {height}, {width}), }}");
    let length = (BEFORE + literal.len() + 1).next_multiple_of(ALIGNMENT) - BEFORE;
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend_from_slice(&(length as u16).to_le_bytes());
    let padding = length - 1;
    writeln!(header, "{literal:padding$}").expect("memory takes all that is written to it");
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_padded_to_sixty_four_bytes_and_ends_with_a_line_break() {
        let header = npy_header(2800, [512, 4, 4]);
        assert_eq!(header.len() % 64, 0);
        assert_eq!(header.last(), Some(&b'\n'));
        assert!(String::from_utf8_lossy(&header).contains("'shape': (2800, 512, 4, 4)"));
    }
}
