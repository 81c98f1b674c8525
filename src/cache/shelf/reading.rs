//! A shelf, as its readers see it.

use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::index::Index;
use super::segment::{Form, MOST_RECORD_BYTES};
use crate::cache::checksum::checksum;
use crate::cache::error::CacheError;
use crate::cache::folder::EntryFolder;
use crate::cache::key::{Inputs, Key};
use crate::cache::root::Cache;
use crate::cache::warning::{Damage, Warning};
use crate::digest::Digest;
use crate::files::Lock;

// Records of numbers are stored as they lie in memory.
const _: () = assert!(cfg!(target_endian = "little"), "the cache stores little-endian numbers");

/// Per-image records of one size. Shared by threads; other processes may read and append at the same time.
#[derive(Debug)]
pub struct Shelf {
    pub(super) cache: Cache,
    pub(super) folder: EntryFolder,
    pub(super) form: Form,
    index: RwLock<Index>,
    _in_use: Option<Lock>,
}

/// What reading a record gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// The buffer holds the record.
    Found,
    /// There is none.
    Absent,
    /// There was one, and its bytes are wrong: the buffer is worthless, and the image is missing from now on.
    Damaged,
}

impl Cache {
    /// The shelf of a key whose records have `record_bytes` bytes each. Its folder is made if need be, and stays while it is open.
    pub fn shelf(&self, inputs: &Inputs, record_bytes: usize) -> Result<Shelf, CacheError> {
        assert!((1..=MOST_RECORD_BYTES).contains(&record_bytes), "records have between 1 byte and a gigabyte");
        let folder = self.folder(inputs);
        let in_use = folder.use_lock()?;
        if in_use.is_some() {
            folder.write_inputs()?;
        }
        folder.touch();
        Shelf::open(self.clone(), folder, record_bytes, in_use)
    }

    /// The shelf of a key, if there is one; changes nothing.
    pub fn look_shelf(&self, inputs: &Inputs, record_bytes: usize) -> Result<Option<Shelf>, CacheError> {
        let folder = self.folder(inputs);
        if !folder.path().is_dir() {
            return Ok(None);
        }
        Shelf::open(self.clone(), folder, record_bytes, None).map(Some)
    }
}

impl Shelf {
    pub(super) fn open(
        cache: Cache,
        folder: EntryFolder,
        record_bytes: usize,
        in_use: Option<Lock>,
    ) -> Result<Self, CacheError> {
        let form = Form { key: folder.key().digest(), record_bytes };
        let shelf = Self { cache, folder, form, index: RwLock::default(), _in_use: in_use };
        shelf.refresh()?;
        Ok(shelf)
    }

    /// Takes in what other processes have appended since.
    pub fn refresh(&self) -> Result<(), CacheError> {
        let warnings = self.index_mut().refresh(self.folder.path(), &self.form)?;
        warnings.into_iter().for_each(|warning| self.cache.warn(warning));
        Ok(())
    }

    /// As [`Shelf::refresh`], by whoever holds the write lock: also what was of no use.
    pub(super) fn review(&self) -> Result<(), CacheError> {
        let warnings = self.index_mut().review(self.folder.path(), &self.form)?;
        warnings.into_iter().for_each(|warning| self.cache.warn(warning));
        Ok(())
    }

    /// The shelf's key.
    pub fn key(&self) -> &Key {
        self.folder.key()
    }

    /// Bytes of one record.
    pub fn record_bytes(&self) -> usize {
        self.form.record_bytes
    }

    /// How many images have a record.
    pub fn len(&self) -> usize {
        self.index().len()
    }

    /// Whether no image has a record.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the image has a record.
    pub fn has(&self, image: &Digest) -> bool {
        self.index().get(image).is_some()
    }

    /// The positions in `images` of those without a record.
    pub fn missing(&self, images: &[Digest]) -> Vec<usize> {
        let index = self.index();
        (0..images.len()).filter(|&position| index.get(&images[position]).is_none()).collect()
    }

    /// Reads an image's record into `out`, which has the length of a record, and verifies its checksum.
    pub fn read(&self, image: &Digest, out: &mut [u8]) -> Read {
        assert_eq!(out.len(), self.form.record_bytes, "the buffer has the length of the shelf's records");
        let found = {
            let index = self.index();
            index.get(image).and_then(|place| Some((place, index.segments.get(&place.segment)?.file.clone())))
        };
        let Some((place, file)) = found else { return Read::Absent };
        let damage = match file.read_at(place.offset, out) {
            Ok(()) if checksum(out) == place.sum => return Read::Found,
            Ok(()) => Damage::Record { offset: place.offset },
            Err(error) => Damage::Unreadable(error.to_string()),
        };
        if self.index_mut().forget(image, &place) {
            self.cache.warn(Warning { path: file.path().to_owned(), damage });
        }
        Read::Damaged
    }

    /// As [`Shelf::read`], for records of little-endian `f32`.
    pub fn read_f32(&self, image: &Digest, out: &mut [f32]) -> Read {
        self.read(image, bytemuck::cast_slice_mut(out))
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }
}
